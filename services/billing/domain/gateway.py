"""Payment gateways: accounts with them, links that they make, and what they tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.kit.failure import Failure, FieldViolation, InvalidRequest, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.ids import BillId, GatewayId, MerchantId, PaymentId, PaymentLinkId
    from services.kit.money import Money


class Provider(StrEnum):
    """Which gateway."""

    RAZORPAY = "RAZORPAY"
    STRIPE = "STRIPE"


class LinkState(StrEnum):
    """Whether a link is paid; UNPLACED: the bill takes no payment, and the money is the customer's credit."""

    OPEN = "OPEN"
    PAID = "PAID"
    UNPLACED = "UNPLACED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a merchant calls its gateway with, and what that signs events with. Never shown, nor written anywhere."""

    key_id: str
    key_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An account with a gateway."""

    id: GatewayId
    merchant_id: MerchantId
    provider: Provider
    display_name: str
    enabled: bool
    keys: Keys
    create_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTerms:
    """What a link is to ask for. `reference` is ours; for the same one a gateway makes one page."""

    reference: str
    amount: Money
    description: str
    # Where the payer is sent afterwards: the bill's public page.
    return_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """A page on which a bill can be paid once. `problem`: the reason why its money is not for the bill."""

    id: PaymentLinkId
    merchant_id: MerchantId
    gateway_id: GatewayId
    bill_id: BillId
    amount: Money
    url: str
    create_time: datetime
    state: LinkState = LinkState.OPEN
    payment_id: PaymentId | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A link was paid. `reference` is ours, `payment` the gateway's id of the payment."""

    reference: str
    payment: str
    amount: Money


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Money of a payment went back. `refund` and `payment` are the gateway's ids."""

    refund: str
    payment: str
    amount: Money


GatewayEvent = Paid | GivenBack


class GatewayNotFound(Failure):
    """No such gateway of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "GATEWAY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such payment gateway.")


class GatewayDisabled(Failure):
    """It is turned off."""

    kind = Kind.PRECONDITION
    reason = "GATEWAY_DISABLED"

    def __init__(self) -> None:
        super().__init__("The payment gateway is turned off.")


class GatewayRefused(Failure):
    """The gateway did not make the link."""

    kind = Kind.PRECONDITION
    reason = "GATEWAY_REFUSED"

    def __init__(self, status: int) -> None:
        super().__init__("The payment gateway refused; see that its keys and currency are right.", status=str(status))


class GatewayUnavailable(Failure):
    """The gateway was not reached, or answered nothing of use."""

    kind = Kind.UNAVAILABLE
    reason = "GATEWAY_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The payment gateway cannot be reached.", retry_after=timedelta(seconds=5))


class GatewaySignatureInvalid(Failure):
    """The event is not the gateway's, or too old; the same for a gateway that does not exist."""

    kind = Kind.DENIED
    reason = "GATEWAY_SIGNATURE_INVALID"

    def __init__(self) -> None:
        super().__init__("The event is not signed as it has to be.")


_TEST_KEYS = {Provider.RAZORPAY: ("rzp_test_",), Provider.STRIPE: ("sk_test_", "rk_test_")}
_LIVE_KEYS = {Provider.RAZORPAY: ("rzp_live_",), Provider.STRIPE: ("sk_live_", "rk_live_")}


def require_keys_fit(provider: Provider, keys: Keys, *, is_test: bool) -> None:
    """Test keys for a test tenant, live ones for others: no made-up money in real books. Raises InvalidRequest."""
    fields = {Provider.RAZORPAY: ("key_id", keys.key_id), Provider.STRIPE: ("key_secret", keys.key_secret)}
    name, key = fields[provider]
    allowed = (_TEST_KEYS if is_test else _LIVE_KEYS)[provider]
    if not key.startswith(allowed):
        raise InvalidRequest(FieldViolation(f"gateway.{name}", f"must begin with {' or '.join(allowed)}"))
