"""What it costs to be on the way."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from services.geo.domain.errors import CurrencyMismatch, TravelCostUnknown
from services.geo.domain.roads import TravelMode
from services.kit.failure import InvalidRequest
from services.kit.money import Money, round_half_up

if TYPE_CHECKING:
    from services.geo.domain.roads import Way

_METRES = 1000
_SECONDS = 60

# Minor units a kilometre or a minute beyond which a cost is a slip of the keyboard.
_HIGHEST = 10_000_000

# A kilometre by car, fuel and wear, and a minute of a person's time; major units. Rough on purpose: they set what a
# detour must save, and a person who cares sends their own.
_USUAL: dict[str, tuple[str, str]] = {
    "AED": ("0.60", "0.50"),
    "AUD": ("0.45", "0.35"),
    "BDT": ("14", "1.50"),
    "BRL": ("1.10", "0.40"),
    "CAD": ("0.40", "0.30"),
    "CHF": ("0.50", "0.45"),
    "CZK": ("5", "4"),
    "DKK": ("2", "1.80"),
    "EUR": ("0.25", "0.20"),
    "GBP": ("0.28", "0.20"),
    "IDR": ("2500", "300"),
    "INR": ("12", "2"),
    "JPY": ("25", "25"),
    "KES": ("25", "3"),
    "LKR": ("60", "6"),
    "NGN": ("120", "15"),
    "NOK": ("3", "2.50"),
    "NPR": ("18", "2.50"),
    "PKR": ("35", "4"),
    "PLN": ("1", "0.70"),
    "SEK": ("2.50", "2"),
    "SGD": ("0.50", "0.35"),
    "USD": ("0.35", "0.25"),
    "ZAR": ("4.50", "1.50"),
}
# Shares of what a car costs a kilometre.
_MODE_SHARE = {
    TravelMode.DRIVE: Decimal(1),
    TravelMode.TWO_WHEELER: Decimal("0.35"),
    TravelMode.BICYCLE: Decimal("0.05"),
    TravelMode.WALK: Decimal(0),
}


@dataclass(frozen=True, slots=True)
class TravelCost:
    """Costs of a kilometre and of a minute, in one currency."""

    per_kilometre: Money
    per_minute: Money

    def of(self, way: Way, *, stop_seconds: int = 0) -> int:
        """Minor units of a way and of the time in the shop at its end, rounded half up once."""
        seconds = way.seconds + stop_seconds
        exact = (
            Decimal(self.per_kilometre.minor * way.metres) / _METRES
            + Decimal(self.per_minute.minor * seconds) / _SECONDS
        )
        return round_half_up(exact)

    def at_least(self, way: Way, *, stop_seconds: int = 0) -> int:
        """As `of`, rounded down: for bounds."""
        seconds = way.seconds + stop_seconds
        exact = self.per_kilometre.minor * way.metres * _SECONDS + self.per_minute.minor * seconds * _METRES
        return exact // (_METRES * _SECONDS)


def travel_cost(
    currency: str, mode: TravelMode, *, per_kilometre: Money | None = None, per_minute: Money | None = None
) -> TravelCost:
    """The costs given, and what is usual for those that are not.

    Raises CurrencyMismatch, InvalidRequest for a negative or absurd cost, TravelCostUnknown.
    """
    for name, given in (("per_kilometre", per_kilometre), ("per_minute", per_minute)):
        field = f"travel_cost.{name}"
        if given is not None and given.currency != currency:
            raise CurrencyMismatch(field, currency)
        if given is not None and not 0 <= given.minor <= _HIGHEST:
            raise InvalidRequest.of(field, f"must be 0 to {Money(_HIGHEST, currency)}")
    if per_kilometre is not None and per_minute is not None:
        return TravelCost(per_kilometre, per_minute)
    if currency not in _USUAL:
        raise TravelCostUnknown(currency)
    kilometre, minute = (Decimal(amount) for amount in _USUAL[currency])
    return TravelCost(
        per_kilometre if per_kilometre is not None else Money.of(kilometre * _MODE_SHARE[mode], currency),
        per_minute if per_minute is not None else Money.of(minute, currency),
    )
