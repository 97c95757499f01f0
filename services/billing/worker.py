"""The worker process: tells customers, gives back stock of broken issues, makes partitions ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from services.billing.composition import NAME, dependencies
from services.billing.config import BillingSettings
from services.billing.documents.printing import PressPrinter
from services.billing.domain.document import DocumentKey, DocumentKind, Layout
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
from services.billing.usecases import (
    answers,
    balances,
    claims,
    credit_notes,
    documents,
    invariants,
    issuing,
    notices,
    partitions,
    reminders,
    schedules,
    summaries,
    tasks,
)
from services.kit import audit
from services.kit.logging import configure
from services.kit.mesh import Mesh
from services.kit.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.billing.usecases.deps import Deps
    from services.billing.usecases.documents import Printer


def functions(deps: Deps) -> Mapping[str, Callable[..., None]]:
    """The jobs by name but for those that print; their arguments are JSON."""

    def run_schedule(*, merchant_id: str, schedule_id: str, occurrence: int) -> None:
        schedules.run(deps, MerchantId(UUID(merchant_id)), ScheduleId(UUID(schedule_id)), occurrence)

    def issue_copy(*, merchant_id: str, bill_id: str) -> None:
        schedules.issue_copy(deps, MerchantId(UUID(merchant_id)), BillId(UUID(bill_id)))

    def release_stock(*, merchant_id: str, bill_id: str, attempt_id: str) -> None:
        merchant, attempt = MerchantId(UUID(merchant_id)), AttemptId(UUID(attempt_id))
        issuing.release_stock(deps, merchant, BillId(UUID(bill_id)), attempt)

    def restock(*, merchant_id: str, credit_note_id: str) -> None:
        credit_notes.restock(deps, MerchantId(UUID(merchant_id)), CreditNoteId(UUID(credit_note_id)))

    return {
        **telling(deps),
        tasks.RUN_SCHEDULE: run_schedule,
        tasks.ISSUE_COPY: issue_copy,
        tasks.RELEASE_STOCK: release_stock,
        tasks.RESTOCK: restock,
    }


def telling(deps: Deps) -> Mapping[str, Callable[..., None]]:
    """The jobs that tell customers and merchants."""

    def tell_bill(*, merchant_id: str, bill_id: str) -> None:
        notices.tell_bill(deps, MerchantId(UUID(merchant_id)), BillId(UUID(bill_id)))

    def tell_receipt(*, merchant_id: str, payment_id: str) -> None:
        notices.tell_receipt(deps, MerchantId(UUID(merchant_id)), PaymentId(UUID(payment_id)))

    def tell_balance(*, merchant_id: str, confirmation_id: str) -> None:
        balances.tell(deps, MerchantId(UUID(merchant_id)), ConfirmationId(UUID(confirmation_id)))

    def tell_reminder(*, merchant_id: str, bill_id: str, reminder_id: str) -> None:
        reminders.tell(deps, MerchantId(UUID(merchant_id)), BillId(UUID(bill_id)), UUID(reminder_id))

    def tell_refund(*, merchant_id: str, refund_id: str) -> None:
        notices.tell_refund(deps, MerchantId(UUID(merchant_id)), RefundId(UUID(refund_id)))

    def tell_credit_note(*, merchant_id: str, credit_note_id: str) -> None:
        notices.tell_credit_note(deps, MerchantId(UUID(merchant_id)), CreditNoteId(UUID(credit_note_id)))

    def tell_rejection(*, merchant_id: str, payment_id: str, leg_ids: list[str], event_id: str) -> None:
        legs = [LegId(UUID(leg_id)) for leg_id in leg_ids]
        merchant, payment = MerchantId(UUID(merchant_id)), PaymentId(UUID(payment_id))
        notices.tell_rejection(deps, merchant, payment, leg_ids=legs, event_id=UUID(event_id))

    def tell_void(*, merchant_id: str, bill_id: str) -> None:
        notices.tell_void(deps, MerchantId(UUID(merchant_id)), BillId(UUID(bill_id)))

    def tell_claims(*, merchant_id: str, digest_id: str) -> None:
        claims.tell(deps, MerchantId(UUID(merchant_id)), UUID(digest_id))

    return {
        tasks.TELL_BILL: tell_bill,
        tasks.TELL_RECEIPT: tell_receipt,
        tasks.TELL_REMINDER: tell_reminder,
        tasks.TELL_BALANCE: tell_balance,
        tasks.TELL_REFUND: tell_refund,
        tasks.TELL_CREDIT_NOTE: tell_credit_note,
        tasks.TELL_REJECTION: tell_rejection,
        tasks.TELL_VOID: tell_void,
        tasks.TELL_CLAIMS: tell_claims,
    }


def printing(deps: Deps, printer: Printer) -> Mapping[str, Callable[..., None]]:
    """The jobs that make documents."""

    def print_document(*, merchant_id: str, kind: str, subject_id: str, layout: str, locale: str) -> None:
        key = DocumentKey(DocumentKind(kind), UUID(subject_id), Layout(layout), locale)
        documents.print_document(deps, MerchantId(UUID(merchant_id)), key, printer=printer)

    return {tasks.PRINT_DOCUMENT: print_document}


def main() -> None:
    """Works until it is told to stop."""
    settings = BillingSettings()  # type: ignore[call-arg] # its fields come from the environment
    configure(f"{NAME}-worker", settings.log_level)
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh, name=f"{NAME}-worker")
    printer = PressPrinter()
    daily = {
        "billing.sweep_documents": lambda: documents.sweep(deps),
        "billing.make_partitions": lambda: partitions.make_ahead(deps),
        "billing.sweep_answers": lambda: answers.sweep(deps),
        "billing.pause_given_up": lambda: schedules.pause_given_up(deps),
        "billing.check_books": lambda: invariants.check_all(deps),
    }
    try:
        jobs = {**functions(deps), **printing(deps, printer), **audit.tasks(mesh.channel)}
        queues = {tasks.DOCUMENTS: 1, tasks.DOCUMENTS_AHEAD: 1}
        often = {"billing.refresh_summaries": lambda: summaries.refresh(deps)}
        Worker(settings, name=NAME, tasks=jobs, daily=daily, often=often, queues=queues).run()
    finally:
        printer.close()
        mesh.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
