"""Taking back a part of a bill, or all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bill import require_payable, with_sums
from services.billing.domain.bill_event import EventKind
from services.billing.domain.credit_note import CreditInput, CreditNote, credit
from services.billing.domain.ids import CreditNoteId, EntryId
from services.billing.domain.ledger import Entry, EntryKind, credit_note_postings
from services.billing.domain.money_errors import CreditNoteNotFound
from services.billing.domain.numbering import credit_note_series
from services.billing.store import credit_notes as store
from services.billing.store.bills import load_bill, lock_bill
from services.billing.store.ledger import post
from services.billing.store.settling import write_sums
from services.billing.usecases import bill_events, tasks
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.bills import found
from services.kit import audit
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from services.billing.domain.ids import AccountId, BillId, CustomerId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def get(deps: Deps, merchant_id: MerchantId, note_id: CreditNoteId) -> CreditNote:
    """A credit note with its lines. Raises CreditNoteNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        note = store.load_credit_note(tx, merchant_id, note_id)
    if note is None:
        raise CreditNoteNotFound
    return note


def list_page(
    deps: Deps, merchant_id: MerchantId, *, bill_id: BillId | None, customer_id: CustomerId | None, page: Page
) -> Listed[CreditNote]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_credit_notes(
            tx, merchant_id, bill_id=bill_id, customer_id=customer_id, before=row_after(page), limit=page.size + 1
        )
    return cut(rows, page, key=lambda note: (note.id,))


def create(
    deps: Deps,
    merchant_id: MerchantId,
    bill_id: BillId,
    *,
    asked: CreditInput,
    by: AccountId | None,
    once: Once[CreditNote, M],
) -> M:
    """Takes back what is asked for. It settles what the bill still asks for; the rest becomes the customer's credit.

    `by`: who of the staff asks for it, None for a client. Raises BillNotFound, BillNotIssued, BillVoid,
    NothingToCredit, CreditQuantityTooHigh, InvalidRequest, NumberSeriesFull.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        require_payable(bill.state)
        credited = credit(bill, asked, before=store.credited_quantities(tx, merchant_id, bill_id))
        total = credited.totals.total
        applied = Money(min(total.minor, bill.outstanding.minor), bill.currency)
        if applied.minor:
            bill = with_sums(bill, settled=bill.settled, credited=bill.credited + applied)
            write_sums(tx, merchant_id, bill)
        settings = settings_usecases.settings_of(tx, merchant_id)
        now = deps.clock.now()
        today = settings.business_day(now)
        number = store.take_number(tx, merchant_id, credit_note_series(settings.series(today, store=bill.store_id)))
        note = CreditNote(
            id=CreditNoteId(deps.ids.new()),
            merchant_id=merchant_id,
            bill_id=bill_id,
            customer_id=bill.customer_id,
            number=number.text,
            reason=asked.reason,
            restock=asked.restock,
            lines=credited.lines,
            totals=credited.totals,
            applied=applied,
            to_credit=total - applied,
            issue_date=today,
            create_time=now,
            account_id=by,
        )
        store.insert_credit_note(tx, merchant_id, note, number)
        entry = Entry(
            id=EntryId(deps.ids.new()),
            kind=EntryKind.CREDIT_NOTE_ISSUED,
            bill_id=bill_id,
            payment_id=None,
            on=today,
            create_time=now,
            postings=credit_note_postings(note),
            credit_note_id=note.id,
        )
        post(tx, merchant_id, entry)
        if note.goods:
            tasks.restock(tx, merchant_id, note.id)
        tasks.tell_credit_note(tx, merchant_id, note.id)
        about = {"bill_id": to_text("bill", bill_id), "amount": str(total)}
        told, reference = EventKind.CREDITED, to_text("crn", note.id)
        bill_events.note(tx, deps, merchant_id, bill_id, told, amount=total, reference=reference)
        audit.note(tx, deps, Action.CREDIT_NOTE_ISSUED, merchant=merchant_id, target=to_text("crn", note.id), **about)
        return once.record(tx, note)


def restock(deps: Deps, merchant_id: MerchantId, note_id: CreditNoteId) -> None:
    """Gives the stock back that a credit note brings. Idempotent. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        note = store.load_credit_note(tx, merchant_id, note_id)
        bill = load_bill(tx, merchant_id, note.bill_id, deps.vault) if note else None
    if note is None or bill is None or bill.store_id is None:
        raise LookupError("credit notes are never deleted, and a bill with stock items has a store")
    deps.stock.restock(merchant_id, bill.store_id, note_id=note_id, lines=note.goods)
