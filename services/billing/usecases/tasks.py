"""Names and arguments of this service's jobs; worker.py says which function does which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit import jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.document import DocumentKey
    from services.billing.domain.ids import (
        AttemptId,
        BillId,
        ConfirmationId,
        CreditNoteId,
        LegId,
        MerchantId,
        PaymentId,
        RefundId,
        ScheduleId,
    )

TELL_BILL = "billing.tell_bill"
TELL_RECEIPT = "billing.tell_receipt"
TELL_REMINDER = "billing.tell_reminder"
TELL_REFUND = "billing.tell_refund"
TELL_CREDIT_NOTE = "billing.tell_credit_note"
TELL_REJECTION = "billing.tell_rejection"
TELL_VOID = "billing.tell_void"
TELL_CLAIMS = "billing.tell_claims"
RUN_SCHEDULE = "billing.run_schedule"
ISSUE_COPY = "billing.issue_copy"
RELEASE_STOCK = "billing.release_stock"
TELL_BALANCE = "billing.tell_balance"
PRINT_DOCUMENT = "billing.print_document"
# Printing has queues of its own, so that it delays no message: for whom somebody waits, and for later.
DOCUMENTS = "documents"
DOCUMENTS_AHEAD = "documents_ahead"
RESTOCK = "billing.restock"


def tell_bill(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> None:
    """The customer is to be told of a bill."""
    jobs.enqueue(tx, TELL_BILL, {"merchant_id": str(merchant_id), "bill_id": str(bill_id)})


def tell_reminder(tx: Connection, merchant_id: MerchantId, bill_id: BillId, reminder_id: UUID) -> None:
    """The customer is to be reminded of a bill."""
    arguments = {"merchant_id": str(merchant_id), "bill_id": str(bill_id), "reminder_id": str(reminder_id)}
    jobs.enqueue(tx, TELL_REMINDER, arguments)


def tell_receipt(tx: Connection, merchant_id: MerchantId, payment_id: PaymentId) -> None:
    """The customer is to be told of a payment."""
    jobs.enqueue(tx, TELL_RECEIPT, {"merchant_id": str(merchant_id), "payment_id": str(payment_id)})


def tell_refund(tx: Connection, merchant_id: MerchantId, refund_id: RefundId) -> None:
    """The customer is to be told of money that is given back."""
    jobs.enqueue(tx, TELL_REFUND, {"merchant_id": str(merchant_id), "refund_id": str(refund_id)})


def tell_credit_note(tx: Connection, merchant_id: MerchantId, note_id: CreditNoteId) -> None:
    """The customer is to be told of a credit note."""
    jobs.enqueue(tx, TELL_CREDIT_NOTE, {"merchant_id": str(merchant_id), "credit_note_id": str(note_id)})


def tell_rejection(
    tx: Connection, merchant_id: MerchantId, payment_id: PaymentId, leg_ids: Sequence[LegId], event_id: UUID
) -> None:
    """The customer is to be told of legs that did not come. `event_id` tells one rejection from another."""
    arguments = {
        "merchant_id": str(merchant_id),
        "payment_id": str(payment_id),
        "leg_ids": [str(leg_id) for leg_id in leg_ids],
        "event_id": str(event_id),
    }
    jobs.enqueue(tx, TELL_REJECTION, arguments)


def tell_void(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> None:
    """The customer, if they were told of the bill, is to be told that it is withdrawn."""
    jobs.enqueue(tx, TELL_VOID, {"merchant_id": str(merchant_id), "bill_id": str(bill_id)})


def tell_claims(tx: Connection, merchant_id: MerchantId, digest_id: UUID, *, at: datetime) -> None:
    """The merchant is to be told at `at` what customers say to have paid."""
    jobs.enqueue(tx, TELL_CLAIMS, {"merchant_id": str(merchant_id), "digest_id": str(digest_id)}, at=at)


def restock(tx: Connection, merchant_id: MerchantId, note_id: CreditNoteId) -> None:
    """What a credit note takes back is to go into stock again."""
    jobs.enqueue(tx, RESTOCK, {"merchant_id": str(merchant_id), "credit_note_id": str(note_id)})


def run_schedule(
    tx: Connection, merchant_id: MerchantId, schedule_id: ScheduleId, occurrence: int, *, at: datetime
) -> None:
    """A schedule's copy is to be made at `at`."""
    arguments = {"merchant_id": str(merchant_id), "schedule_id": str(schedule_id), "occurrence": occurrence}
    jobs.enqueue(tx, RUN_SCHEDULE, arguments, at=at)


def issue_copy(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> None:
    """A copy that a schedule made is to be issued."""
    jobs.enqueue(tx, ISSUE_COPY, {"merchant_id": str(merchant_id), "bill_id": str(bill_id)})


def release_stock(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, attempt: AttemptId, *, at: datetime | None = None
) -> None:
    """Stock that was taken for a bill is to go back, unless by then the bill was issued with it."""
    arguments = {"merchant_id": str(merchant_id), "bill_id": str(bill_id), "attempt_id": str(attempt)}
    jobs.enqueue(tx, RELEASE_STOCK, arguments, at=at)


def print_document(tx: Connection, merchant_id: MerchantId, key: DocumentKey, *, ahead: bool) -> None:
    """An order for a document waits. `ahead`: nobody waits for the document yet."""
    arguments = {
        "merchant_id": str(merchant_id),
        "kind": key.kind.value,
        "subject_id": str(key.subject_id),
        "layout": key.layout.value,
        "locale": key.locale,
    }
    jobs.enqueue(tx, PRINT_DOCUMENT, arguments, queue=DOCUMENTS_AHEAD if ahead else DOCUMENTS)


def tell_balance(tx: Connection, merchant_id: MerchantId, confirmation_id: ConfirmationId) -> None:
    """The customer is to be asked about their balance."""
    arguments = {"merchant_id": str(merchant_id), "confirmation_id": str(confirmation_id)}
    jobs.enqueue(tx, TELL_BALANCE, arguments)
