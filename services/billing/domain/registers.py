"""What accountants are given as files: documents and money, one row each, in the order of days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from services.billing.domain.ids import BillId, CreditNoteId, PaymentId, RefundId
    from services.kit.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxedRow:
    """What one rate comes to on one paper. Of voidings and credit notes all amounts are negative."""

    on: date
    # Of the ledger's entry: BILL_ISSUED, BILL_VOIDED or CREDIT_NOTE_ISSUED.
    kind: str
    number: str
    # The bill that a credit note takes back, else empty.
    bill_number: str
    customer_name: str
    tax_number: str
    place_of_supply: str
    # Percent, all taxes of the lines together.
    rate: Decimal
    net: Money
    igst: Money
    cgst: Money
    # Of the state or the union territory.
    sgst: Money
    # Whatever else there is: VAT, cess.
    other: Money
    document_total: Money

    @property
    def total(self) -> Money:
        """With all taxes, without the paper's rounding."""
        return self.net + self.igst + self.cgst + self.sgst + self.other


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """An issued bill as it stands."""

    bill_id: BillId
    on: date
    number: str
    state: str
    document: str
    customer_name: str
    due_date: date | None
    net: Money
    tax: Money
    rounding: Money
    total: Money
    settled: Money
    credited: Money
    outstanding: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow:
    """A leg of a payment."""

    payment_id: PaymentId
    create_time: datetime
    bill_number: str
    customer_name: str
    source: str
    method: str
    state: str
    # UTR, bank reference, cheque number, or the card's last four digits and approval code.
    reference: str
    amount: Money
    settled: Money
    credited: Money
    refunded: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteRow:
    """A credit note."""

    credit_note_id: CreditNoteId
    on: date
    number: str
    bill_number: str
    customer_name: str
    reason: str
    net: Money
    tax: Money
    rounding: Money
    total: Money
    # What it took off the bill, and what became the customer's credit.
    applied: Money
    to_credit: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRow:
    """Money that went back, of a payment or of a customer's credit."""

    refund_id: RefundId
    on: date
    # Empty where credit was paid out.
    bill_number: str
    customer_name: str
    method: str
    reference: str
    reason: str
    amount: Money
    reopened: Money
    from_credit: Money
