"""A bill: its lines, sums, states, and who may move it where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.domain.errors import (
    BillChanged,
    BillLocked,
    BillNotIssued,
    BillVoid,
    IssueInProgress,
)
from services.billing.domain.instalments import Instalment, left_of
from services.billing.domain.taxes import TaxTreatment, treatment_of
from services.kit.money import Money

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from services.billing.domain.ids import (
        AccountId,
        AttemptId,
        BillId,
        CustomerId,
        ItemId,
        MerchantId,
        PersonId,
        StoreId,
    )


class BillState(StrEnum):
    """How far a bill has come."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PARTLY_PAID = "PARTLY_PAID"
    PAID = "PAID"
    VOID = "VOID"


class BillDocument(StrEnum):
    """What the paper is by tax law."""

    INVOICE = "INVOICE"
    TAX_INVOICE = "TAX_INVOICE"
    BILL_OF_SUPPLY = "BILL_OF_SUPPLY"
    INVOICE_AND_BILL_OF_SUPPLY = "INVOICE_AND_BILL_OF_SUPPLY"
    # A bill of supply of a merchant who may not collect tax; it has to say so.
    COMPOSITION_BILL = "COMPOSITION_BILL"


# From where to where a bill may go. Payments and credit notes settle it; refunds and cheques that bounce open it again.
TRANSITIONS: dict[BillState, frozenset[BillState]] = {
    BillState.DRAFT: frozenset((BillState.ISSUED, BillState.PAID)),
    BillState.ISSUED: frozenset((BillState.PARTLY_PAID, BillState.PAID, BillState.VOID)),
    BillState.PARTLY_PAID: frozenset((BillState.ISSUED, BillState.PARTLY_PAID, BillState.PAID)),
    BillState.PAID: frozenset((BillState.ISSUED, BillState.PARTLY_PAID, BillState.PAID)),
    BillState.VOID: frozenset(),
}

# The states in which a bill takes payments; on a paid one they become the customer's credit.
PAYABLE = frozenset((BillState.ISSUED, BillState.PARTLY_PAID, BillState.PAID))


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """What one tax at one rate comes to. `base` is the net amount that bears it."""

    code: str
    display_name: str
    rate: Decimal
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """What a line charges, with nothing left open, before it is computed."""

    item_id: ItemId | None
    description: str
    # Above 0, at most three decimals.
    quantity: Decimal
    unit_code: str
    unit_price: Money
    price_includes_tax: bool
    discount: Money
    tax_code: str
    hsn_code: str


@dataclass(frozen=True, slots=True)
class BillLine:
    """A computed line: `net` is without tax, after its discount and its share of the bill's."""

    terms: LineTerms
    net: Money
    taxes: tuple[TaxAmount, ...]

    @property
    def treatment(self) -> TaxTreatment:
        """Why it bears the tax that it bears."""
        return treatment_of(self.terms.tax_code, (tax.rate for tax in self.taxes))

    @property
    def total(self) -> Money:
        """What the customer pays for the line."""
        return Money(self.net.minor + sum(tax.amount.minor for tax in self.taxes), self.net.currency)


@dataclass(frozen=True, slots=True)
class Totals:
    """A bill's sums: total = net + taxes + rounding."""

    net: Money
    taxes: tuple[TaxAmount, ...]
    rounding: Money
    total: Money


@dataclass(frozen=True, slots=True)
class IssueAttempt:
    """An issue under way: stock is being taken under `id` for the call `request_id`."""

    id: AttemptId
    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill as it is stored. Every amount is in `currency`."""

    id: BillId
    merchant_id: MerchantId
    customer_id: CustomerId
    customer_name: str
    customer_tax_id: str
    store_id: StoreId | None
    state: BillState
    # Empty on a draft.
    number: str
    lines: tuple[BillLine, ...]
    discount: Money
    # GST state; empty under other regimes.
    place_of_supply: str
    document: BillDocument
    # Whether the writer named the place of supply; otherwise it follows the customer.
    supply_named: bool
    due_date: date | None
    note: str
    totals: Totals
    # By payments, and by credit notes.
    settled: Money
    credited: Money
    create_time: datetime
    issue_time: datetime | None = None
    issue_date: date | None = None
    void_time: datetime | None = None
    void_reason: str = ""
    # Who issued it; None for a client, and on a draft.
    issuer_id: AccountId | None = None
    # On a draft: the issue under way. On an issued bill: the one that took its stock.
    attempt: IssueAttempt | None = None
    # Set on issue if the customer has a telephone number.
    person_id: PersonId | None = None
    version: int = 1
    # Due one after the other; none: the bill is due as a whole.
    instalments: tuple[Instalment, ...] = ()
    # The merchant's, as they were on issue; lines end with "\n".
    terms: str = ""

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.totals.total.currency

    @property
    def outstanding(self) -> Money:
        """What is still to be paid; nothing on a void bill and on a draft everything."""
        if self.state is BillState.VOID:
            return Money.zero(self.currency)
        return self.totals.total - self.settled - self.credited

    @property
    def instalments_left(self) -> tuple[Money, ...]:
        """What is left of each instalment; nothing on a void bill."""
        return left_of(self.instalments, self.totals.total - self.outstanding)

    @property
    def next_due(self) -> tuple[date, Money] | None:
        """What is to be paid next, and by when; None if nothing is, or no day is set."""
        for instalment, left in zip(self.instalments, self.instalments_left, strict=True):
            if left.minor:
                return instalment.due_date, left
        if self.instalments or self.due_date is None or not self.outstanding.minor:
            return None
        return self.due_date, self.outstanding

    @property
    def etag(self) -> str:
        """Names this version."""
        return f"v{self.version}"

    @property
    def stock_lines(self) -> tuple[LineTerms, ...]:
        """The lines that issuing takes from stock."""
        return tuple(line.terms for line in self.lines if line.terms.item_id is not None)


def state_after(total: Money, settled: Money) -> BillState:
    """The state of an issued bill of which this much is settled, by payments and credit notes together."""
    if settled.minor >= total.minor:
        return BillState.PAID
    return BillState.PARTLY_PAID if settled.minor else BillState.ISSUED


def with_sums(bill: Bill, *, settled: Money, credited: Money) -> Bill:
    """An issued bill of which payments have settled this much, and credit notes that much; a new version."""
    state = state_after(bill.totals.total, settled + credited)
    return replace(bill, settled=settled, credited=credited, state=state, version=bill.version + 1)


def require_draft(bill: Bill, etag: str) -> None:
    """The bill may be edited, deleted or issued. Raises BillLocked or BillChanged."""
    if bill.state is not BillState.DRAFT:
        raise BillLocked(bill.state.value)
    if etag and etag != bill.etag:
        raise BillChanged


def require_editable(bill: Bill, etag: str) -> None:
    """As `require_draft`, and nobody is issuing it. Raises IssueInProgress too."""
    require_draft(bill, etag)
    if bill.attempt is not None:
        raise IssueInProgress


def require_payable(state: BillState) -> None:
    """The bill takes payments. Raises BillNotIssued or BillVoid."""
    if state is BillState.DRAFT:
        raise BillNotIssued
    if state is BillState.VOID:
        raise BillVoid
