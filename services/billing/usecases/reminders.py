"""Reminding customers of bills that wait to be paid."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.billing.domain.bill import Bill, BillState, require_payable
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import BillPaid, CustomerWithoutPhone, RemindedRecently
from services.billing.domain.notices import BillReminder
from services.billing.store.bill_events import last_event_time
from services.billing.store.bills import lock_bill
from services.billing.store.customers import load_customer
from services.billing.usecases import bill_events, tasks
from services.billing.usecases.bills import found
from services.billing.usecases.consents import places_of
from services.billing.usecases.notices import about, send
from services.kit.ids import to_text

if TYPE_CHECKING:
    from uuid import UUID

    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once

# Whoever presses the button ten times still sends one message a day.
_BETWEEN: Final = timedelta(hours=24)


def remind(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, once: Once[Bill, M]) -> M:
    """Has the customer reminded of what is to be paid next.

    Raises BillNotFound, BillNotIssued, BillVoid, BillPaid, CustomerWithoutPhone, RemindedRecently.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        require_payable(bill.state)
        if bill.state is BillState.PAID:
            raise BillPaid
        customer = load_customer(tx, merchant_id, bill.customer_id, deps.vault)
        if customer is None or not places_of(tx, customer):
            raise CustomerWithoutPhone
        last = last_event_time(tx, merchant_id, bill_id, EventKind.REMINDED)
        if last is not None and deps.clock.now() < last + _BETWEEN:
            raise RemindedRecently(last + _BETWEEN - deps.clock.now())
        event = bill_events.note(tx, deps, merchant_id, bill_id, EventKind.REMINDED, amount=bill.outstanding)
        tasks.tell_reminder(tx, merchant_id, bill_id, event.id)
        return once.record(tx, bill)


def tell(deps: Deps, merchant_id: MerchantId, bill_id: BillId, reminder_id: UUID) -> None:
    """Sends a reminder, unless there is nothing to pay any more. Raises PeerUnavailable to be tried again."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        told = about(tx, merchant_id, bill_id, deps)
    if told.bill.next_due is None:
        return
    due_date, amount = told.bill.next_due
    says = BillReminder(
        merchant_name=told.merchant_name,
        bill_number=told.bill.number,
        amount=amount,
        due_date=due_date,
        link=deps.links.url(bill_id),
    )
    send(deps, told.notice(f"bill-reminder/{to_text('evt', reminder_id)}", says), told.places)
