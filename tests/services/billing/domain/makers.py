"""Short ways to make domain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.domain.bill import Bill, BillDocument, BillLine, BillState, LineTerms, Totals
from services.billing.domain.customer import Customer, CustomerFields
from services.billing.domain.ids import BillId, CustomerId, ItemId, LegId, MerchantId, PaymentId, RefundId
from services.billing.domain.refund import Refund, RefundedLeg, RefundTerms
from services.billing.domain.settings import MerchantProfile, MerchantSettings, first_settings
from services.kit.money import Money, round_half_up

if TYPE_CHECKING:
    from services.billing.domain.payment import Method

MERCHANT_ID = MerchantId(UUID(int=1))
CUSTOMER_ID = CustomerId(UUID(int=2))
BILL_ID = BillId(UUID("0199a000-0000-7000-8000-000000000003"))
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)


def settings(country: str = "IN", *, currency: str = "INR", **fields: Any) -> MerchantSettings:
    """Settings of a merchant of the country."""
    profile = MerchantProfile(
        display_name="Asha Stores", country_code=country, time_zone="Asia/Kolkata", address="12 MG Road"
    )
    first = first_settings(MERCHANT_ID, profile, currency=currency, locale="en-IN")
    return replace(first, fields=replace(first.fields, **fields))


def customer(**fields: Any) -> Customer:
    """A customer."""
    return Customer(
        id=CUSTOMER_ID,
        merchant_id=MERCHANT_ID,
        fields=CustomerFields(**({"display_name": "Ravi Kumar"} | fields)),
        create_time=NOW,
    )


def terms(
    *,
    quantity: Decimal = Decimal(1),
    price: int = 10_000,
    discount: int = 0,
    inclusive: bool = False,
    tax_code: str = "GST18",
    item_id: ItemId | None = None,
) -> LineTerms:
    """A line in INR."""
    return LineTerms(
        item_id=item_id,
        description="Rice",
        quantity=quantity,
        unit_code="EA",
        unit_price=Money(price, "INR"),
        price_includes_tax=inclusive,
        discount=Money(discount, "INR"),
        tax_code=tax_code,
        hsn_code="",
    )


def gross(quantity: Decimal, price: int) -> int:
    """Quantity times price in minor units, rounded."""
    return round_half_up(quantity * price)


def refund(reopened: int, from_credit: int, *, method: Method) -> Refund:
    """A refund of a leg, in INR."""
    return Refund(
        id=RefundId(UUID(int=5)),
        merchant_id=MERCHANT_ID,
        customer_id=CUSTOMER_ID,
        of=RefundedLeg(BILL_ID, PaymentId(UUID(int=6)), LegId(UUID(int=7))),
        terms=RefundTerms(Money(reopened + from_credit, "INR"), method, "Came back"),
        reopened=Money(reopened, "INR"),
        from_credit=Money(from_credit, "INR"),
        on=NOW.date(),
        create_time=NOW,
        account_id=None,
    )


def bill(total: int = 10_000, *, state: BillState = BillState.ISSUED, settled: int = 0, **fields: Any) -> Bill:
    """A bill over one exempt line in INR."""
    amount = Money(total, "INR")
    zero = Money.zero("INR")
    values: dict[str, Any] = {
        "id": BILL_ID,
        "merchant_id": MERCHANT_ID,
        "customer_id": CUSTOMER_ID,
        "customer_name": "Ravi Kumar",
        "customer_tax_id": "",
        "store_id": None,
        "state": state,
        "number": "" if state is BillState.DRAFT else "INV/26-27/000001",
        "lines": (BillLine(terms(price=total, tax_code="GST_EXEMPT"), amount, ()),),
        "discount": zero,
        "place_of_supply": "29",
        "document": BillDocument.INVOICE,
        "supply_named": False,
        "due_date": date(2026, 6, 15),
        "note": "",
        "totals": Totals(amount, (), zero, amount),
        "settled": Money(settled, "INR"),
        "credited": zero,
        "create_time": NOW,
        "issue_time": None if state is BillState.DRAFT else NOW,
        "issue_date": None if state is BillState.DRAFT else NOW.date(),
    }
    return Bill(**(values | fields))
