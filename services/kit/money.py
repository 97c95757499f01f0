"""Money: an integer count of minor units and an ISO 4217 code, always together. Pure; no float comes near it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

# ISO 4217, list one: the currencies whose minor unit is not a hundredth. Every other current one has two decimals.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    "CLF": 4,
    "UYW": 4,
}
_CENTS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR
IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN
NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_TWO_DECIMALS = frozenset(_CENTS.split())


class UnknownCurrency(ValueError):
    """Not an active ISO 4217 currency."""


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum."""


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit, by ISO 4217. Raises UnknownCurrency."""
    known = _EXPONENTS.get(currency)
    if known is not None:
        return known
    if currency in _TWO_DECIMALS:
        return 2
    raise UnknownCurrency(currency)


def round_half_up(value: Decimal) -> int:
    """To the nearest whole number, halves away from zero: the one rounding rule of money."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (paise, cents) of `currency`. May be negative: credits are."""

    minor: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in `currency`."""
        return cls(0, currency)

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        """`amount` in major units, rounded half up to the currency's minor unit."""
        return cls(round_half_up(amount.scaleb(exponent(currency))), currency)

    @property
    def amount(self) -> Decimal:
        """The exact amount in major units."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        """Sum of two amounts of one currency; raises CurrencyMismatch."""
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Difference of two amounts of one currency; raises CurrencyMismatch."""
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        """The same amount the other way round."""
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Whether less; raises CurrencyMismatch."""
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        """Whether at most; raises CurrencyMismatch."""
        return self.minor <= self._same(other).minor

    def __str__(self) -> str:
        """Amount and code, for example "118.50 INR"; for people's eyes use Babel."""
        return f"{self.amount:f} {self.currency}"

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other
