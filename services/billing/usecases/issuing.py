"""Issuing a bill, and withdrawing it.

The stock is another service's, so issuing is a saga. First transaction: the draft notes an attempt, and a job is left
that undoes it. Then the stock is taken under the attempt's name. Second transaction: everything else, if the attempt is
still the draft's. If the process dies in between, the job finds the draft not issued, frees it, and gives the stock
back; stock that was given back can never be taken under that name again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from services.billing.domain import ledger
from services.billing.domain.audit import Action
from services.billing.domain.bill import Bill, BillState, IssueAttempt, require_draft, state_after
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import BillHasPayments, BillNotIssued, BillVoid, CustomerNotFound, IssueInProgress
from services.billing.domain.ids import AttemptId, BillId, EntryId, MerchantId, PersonId
from services.billing.domain.ledger import Entry, EntryKind
from services.billing.links import token_hash
from services.billing.store import bills as store
from services.billing.store import persons
from services.billing.store.credit_notes import has_credit_notes
from services.billing.store.customers import load_customer
from services.billing.store.ledger import post
from services.billing.store.payments import pending_amount
from services.billing.store.settings import take_number
from services.billing.usecases import bill_events, credit_limits, tasks
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.bills import found, recomputed
from services.billing.usecases.customers import require_open
from services.kit import audit
from services.kit.errors import PeerUnavailable
from services.kit.failure import Failure, InvalidRequest
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import AccountId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once

# Longer than any call may take, so that the job finds only attempts whose call is over.
_ATTEMPT_LIFE = timedelta(seconds=60)


def issue(
    deps: Deps,
    merchant_id: MerchantId,
    bill_id: BillId,
    *,
    etag: str,
    by: AccountId | None,
    ignoring: frozenset[str] | None = None,
    once: Once[Bill, M],
) -> M:
    """Issues a draft. `by`: who of the staff asks for it, None for a client; `ignoring`: see credit_limits.

    Raises BillNotFound, BillLocked, BillChanged, IssueInProgress, OutOfStock, ItemNotFound, StoreNotFound,
    NumberSeriesFull, CreditLimitReached, CreditLimitDenied, PeerUnavailable.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(store.lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx) if not bill.stock_lines else once.peek(tx)
        if answer is not None:
            return answer
        require_draft(bill, etag)
        if not bill.stock_lines:
            return once.record(tx, _finish(tx, bill, deps, by=by, ignoring=ignoring))
        # Refused before any stock is taken, as a rule; what counts is asked again at the end.
        credit_limits.hold(tx, bill, _customer(tx, bill, deps), ignoring=ignoring)
        attempt = _attempt(tx, bill, deps, once)
    _take_stock(deps, bill, attempt)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(store.lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        if bill.attempt != attempt or bill.state is not BillState.DRAFT:
            raise IssueInProgress
        return once.record(tx, _finish(tx, bill, deps, by=by, ignoring=ignoring))


def release_stock(deps: Deps, merchant_id: MerchantId, bill_id: BillId, attempt: AttemptId) -> None:
    """Gives back what an attempt took, unless the bill was issued with it and still stands. Idempotent.

    Raises PeerUnavailable.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = store.lock_bill(tx, merchant_id, bill_id, deps.vault)
        own = bill is not None and bill.attempt is not None and bill.attempt.id == attempt
        if bill is not None and own:
            if bill.state is BillState.DRAFT:
                store.set_attempt(tx, merchant_id, bill_id, None)
            elif bill.state is not BillState.VOID:
                return
    deps.stock.give_back(merchant_id, attempt=attempt)


def void(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, reason: str, once: Once[Bill, M]) -> M:
    """Withdraws an issued bill that nobody has paid on.

    Raises BillNotFound, BillNotIssued, BillVoid, BillHasPayments.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill = found(store.lock_bill(tx, merchant_id, bill_id, deps.vault))
        answer = once.replay(tx)
        if answer is not None:
            return answer
        _require_voidable(tx, bill)
        if not reason.strip():
            raise InvalidRequest.of("reason", "is needed")
        settings = settings_usecases.settings_of(tx, merchant_id)
        now = deps.clock.now()
        voided = replace(bill, state=BillState.VOID, void_time=now, void_reason=reason, version=bill.version + 1)
        store.mark_void(tx, merchant_id, voided)
        bill_events.note(tx, deps, merchant_id, bill_id, EventKind.VOIDED)
        audit.note(tx, deps, Action.BILL_VOIDED, merchant=merchant_id, target=to_text("bill", bill_id))
        post(tx, merchant_id, _entry(EntryKind.BILL_VOIDED, bill, settings, deps, ledger.void_postings, now=now))
        if bill.person_id is not None:
            persons.update_person_bill_state(tx, merchant_id, voided)
        if bill.attempt is not None:
            tasks.release_stock(tx, merchant_id, bill_id, bill.attempt.id)
        tasks.tell_void(tx, merchant_id, bill_id)
        return once.record(tx, voided)


def _attempt(tx: Connection, bill: Bill, deps: Deps, once: Once[Bill, M]) -> IssueAttempt:
    """The attempt under which this request takes the stock. A repeat joins the one that is under way."""
    if bill.attempt is not None:
        if bill.attempt.request_id != once.request_id:
            raise IssueInProgress
        return bill.attempt
    attempt = IssueAttempt(AttemptId(deps.ids.new()), once.request_id)
    store.set_attempt(tx, bill.merchant_id, bill.id, attempt)
    tasks.release_stock(tx, bill.merchant_id, bill.id, attempt.id, at=deps.clock.now() + _ATTEMPT_LIFE)
    return attempt


def _take_stock(deps: Deps, bill: Bill, attempt: IssueAttempt) -> None:
    if bill.store_id is None:
        raise LookupError("a draft with stock items has a store")
    try:
        deps.stock.take(bill.merchant_id, bill.store_id, attempt=attempt.id, bill_id=bill.id, lines=bill.stock_lines)
    except Failure as failure:
        with deps.db.transaction(merchant=bill.merchant_id) as tx:
            current = store.lock_bill(tx, bill.merchant_id, bill.id, deps.vault)
            if current is not None and current.state is BillState.DRAFT and current.attempt == attempt:
                store.set_attempt(tx, bill.merchant_id, bill.id, None)
                if isinstance(failure, PeerUnavailable):
                    # It may have been taken and only the answer was lost.
                    tasks.release_stock(tx, bill.merchant_id, bill.id, attempt.id)
        raise


def _finish(tx: Connection, bill: Bill, deps: Deps, *, by: AccountId | None, ignoring: frozenset[str] | None) -> Bill:
    """Everything about an issue but the stock, in one transaction on a locked draft."""
    merchant_id = bill.merchant_id
    settings = settings_usecases.settings_of(tx, merchant_id)
    customer = _customer(tx, bill, deps)
    draft = recomputed(bill, settings, customer, deps)
    if credit_limits.hold(tx, draft, customer, ignoring=ignoring):
        audit.note(tx, deps, Action.CREDIT_LIMIT_IGNORED, merchant=merchant_id, target=to_text("bill", bill.id))
    if draft != bill:
        store.update_draft(tx, merchant_id, draft, deps.vault)
    now = deps.clock.now()
    today = settings.business_day(now)
    issued = replace(
        draft,
        state=state_after(draft.totals.total, draft.settled),
        number=take_number(tx, merchant_id, settings.series(today, store=draft.store_id), bill.id),
        issue_time=now,
        issue_date=today,
        due_date=draft.due_date or today + timedelta(days=settings.fields.payment_terms_days),
        person_id=None if settings.is_test else _person(tx, customer, deps),
        issuer_id=by,
        terms=settings.fields.terms,
        version=bill.version + 1,
    )
    store.mark_issued(tx, merchant_id, issued)
    bill_events.note(tx, deps, merchant_id, bill.id, EventKind.ISSUED, amount=issued.totals.total)
    entry = _entry(EntryKind.BILL_ISSUED, issued, settings, deps, ledger.issue_postings, now=now)
    post(tx, merchant_id, entry)
    persons.insert_public_link(tx, merchant_id, bill.id, token_hash(deps.links.token(bill.id)))
    if issued.person_id is not None:
        persons.insert_person_bill(tx, merchant_id, issued, merchant_name=settings.fields.business_name)
    if customer.fields.phone or customer.fields.email:
        tasks.tell_bill(tx, merchant_id, bill.id)
    return issued


def _customer(tx: Connection, bill: Bill, deps: Deps) -> Customer:
    customer = load_customer(tx, bill.merchant_id, bill.customer_id, deps.vault)
    if customer is None:
        raise CustomerNotFound
    return require_open(customer)


def _person(tx: Connection, customer: Customer, deps: Deps) -> PersonId | None:
    phone = customer.fields.phone
    if not phone:
        return None
    return persons.person_of_phone(tx, deps.vault.index("phone", phone), new_id=deps.ids.new())


def _entry(
    kind: EntryKind,
    bill: Bill,
    settings: MerchantSettings,
    deps: Deps,
    postings: Callable[[Bill], tuple[ledger.Posting, ...]],
    *,
    now: datetime,
) -> Entry:
    """`now` is the moment that the bill itself tells: at midnight both are of one day."""
    return Entry(
        id=EntryId(deps.ids.new()),
        kind=kind,
        bill_id=bill.id,
        payment_id=None,
        on=settings.business_day(now),
        create_time=now,
        postings=postings(bill),
    )


def _require_voidable(tx: Connection, bill: Bill) -> None:
    if bill.state is BillState.DRAFT:
        raise BillNotIssued
    if bill.state is BillState.VOID:
        raise BillVoid
    if bill.state is not BillState.ISSUED or pending_amount(tx, bill.merchant_id, bill.id):
        raise BillHasPayments
    # Refunds may have opened it again after all of it was credited.
    if has_credit_notes(tx, bill.merchant_id, bill.id):
        raise BillHasPayments
