"""Payments that merchants enter, and what they make of those that customers claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bill import Bill, require_payable, state_after, with_sums
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import (
    BillNotFound,
    CurrencyMismatch,
    CustomerNotFound,
    PaymentLegNotFound,
    PaymentNotFound,
    PaymentStateWrong,
    UtrExists,
)
from services.billing.domain.ids import BillId, EntryId, LegId, MerchantId, PaymentId
from services.billing.domain.ledger import Entry, EntryKind, Posting, bounce_postings, payment_postings
from services.billing.domain.money_errors import ChequeExists, CreditAboveOutstanding, CustomerCreditTooLow
from services.billing.domain.payment import (
    ARRIVED,
    LEG_TRANSITIONS,
    Allocation,
    Cheque,
    CustomerCredit,
    LegState,
    LegTerms,
    Payment,
    PaymentLeg,
    Source,
    Upi,
    allocate,
    first_leg,
    may_become,
    rejected,
    settle,
    total_of,
    verified,
    with_legs,
)
from services.billing.store import payments as store
from services.billing.store.bills import load_bill, lock_bill
from services.billing.store.ledger import lock_credit, post
from services.billing.store.settling import settle_bill, write_sums
from services.billing.usecases import bill_events, tasks
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.bills import found
from services.kit import audit
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.billing.domain.bill_event import BillEvent
    from services.billing.domain.ids import AccountId, CustomerId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def get(deps: Deps, merchant_id: MerchantId, payment_id: PaymentId) -> Payment:
    """A payment with its legs. Raises PaymentNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        return _found(store.load_payment(tx, merchant_id, payment_id))


def list_page(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    bill_id: BillId | None,
    customer_id: CustomerId | None,
    pending: bool,
    page: Page,
) -> Listed[Payment]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_payments(
            tx,
            merchant_id,
            bill_id=bill_id,
            customer_id=customer_id,
            pending=pending,
            before=row_after(page),
            limit=page.size + 1,
        )
    return cut(rows, page, key=lambda payment: (payment.id,))


def record(
    deps: Deps,
    merchant_id: MerchantId,
    bill_id: BillId,
    *,
    legs: Sequence[LegTerms],
    note: str,
    by: AccountId | None,
    once: Once[Payment, M],
) -> M:
    """Enters what the merchant received: all legs or none. What is above the outstanding amount becomes credit.

    `by`: who of the staff enters it, None for a client. Raises BillNotFound, BillNotIssued, BillVoid, CurrencyMismatch,
    UtrExists, ChequeExists, CustomerCreditTooLow, CreditAboveOutstanding.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        settled = settle_bill(tx, merchant_id, bill_id, _arriving(legs))
        if settled is None:
            raise _refusal(load_bill(tx, merchant_id, bill_id, deps.vault), legs)
        allocations = allocate(settled.before, legs)
        _use_credit(tx, merchant_id, settled.customer_id, legs, allocations)
        payment = Payment(
            id=PaymentId(deps.ids.new()),
            merchant_id=merchant_id,
            bill_id=bill_id,
            customer_id=settled.customer_id,
            legs=tuple(
                first_leg(LegId(deps.ids.new()), terms, allocation)
                for terms, allocation in zip(legs, allocations, strict=True)
            ),
            note=note,
            source=Source.MERCHANT,
            recorder_id=by,
            bill_state=settled.state,
            bill_outstanding=allocations[-1].outstanding_after,
            create_time=deps.clock.now(),
        )
        keep(tx, payment, field="payment.legs[{}]", tells_which=True)
        note_legs(tx, payment, EventKind.PAYMENT_RECORDED, payment.legs, deps)
        arrived = [leg for leg in payment.legs if leg.state in ARRIVED]
        if arrived:
            post_payment(tx, payment, EntryKind.PAYMENT_RECEIVED, payment_postings(payment.customer_id, arrived), deps)
            tasks.tell_receipt(tx, merchant_id, payment.id)
        return once.record(tx, payment)


def verify(
    deps: Deps, merchant_id: MerchantId, payment_id: PaymentId, *, leg_ids: Sequence[LegId], once: Once[Payment, M]
) -> M:
    """Confirms legs; those that waited settle the bill now.

    Raises PaymentNotFound, PaymentLegNotFound, PaymentStateWrong, BillVoid.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill, payment = lock(tx, merchant_id, payment_id, deps)
        answer = once.replay(tx)
        if answer is not None:
            return answer
        chosen = _choose(payment, leg_ids, LegState.VERIFIED)
        waiting = [leg for leg in chosen if leg.state is LegState.PENDING_VERIFICATION]
        changed = [verified(leg, leg.allocation) for leg in chosen if leg.state is LegState.RECORDED]
        outstanding, state = bill.outstanding, bill.state
        if waiting:
            require_payable(bill.state)
            allocations = settle(bill.outstanding, [leg.terms.amount for leg in waiting])
            arrived = [verified(leg, allocation) for leg, allocation in zip(waiting, allocations, strict=True)]
            settle_bill(tx, merchant_id, bill.id, total_of([leg.terms for leg in waiting]))
            outstanding = allocations[-1].outstanding_after
            state = state_after(bill.totals.total, bill.totals.total - outstanding)
            post_payment(tx, payment, EntryKind.PAYMENT_RECEIVED, payment_postings(payment.customer_id, arrived), deps)
            tasks.tell_receipt(tx, merchant_id, payment.id)
            changed += arrived
        after = replace(with_legs(payment, changed), bill_state=state, bill_outstanding=outstanding)
        store.update_payment(tx, merchant_id, after, changed=changed)
        note_legs(tx, after, EventKind.PAYMENT_VERIFIED, changed, deps)
        audit.note(tx, deps, Action.PAYMENT_VERIFIED, merchant=merchant_id, target=to_text("pay", payment_id))
        return once.record(tx, after)


def reject(
    deps: Deps,
    merchant_id: MerchantId,
    payment_id: PaymentId,
    *,
    leg_ids: Sequence[LegId],
    reason: str,
    once: Once[Payment, M],
) -> M:
    """Refuses legs that a customer claimed, or cheques that bounced. What those had settled is asked for again.

    Raises PaymentNotFound, PaymentLegNotFound, PaymentStateWrong, CustomerCreditTooLow.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill, payment = lock(tx, merchant_id, payment_id, deps)
        answer = once.replay(tx)
        if answer is not None:
            return answer
        chosen = _choose(payment, leg_ids, LegState.REJECTED)
        bounced = [leg for leg in chosen if leg.state in ARRIVED]
        if bounced:
            bill = _bounce(tx, bill, payment, bounced, deps)
        changed = [rejected(leg, reason=reason, outstanding=bill.outstanding) for leg in chosen]
        after = replace(with_legs(payment, changed), bill_state=bill.state, bill_outstanding=bill.outstanding)
        store.update_payment(tx, merchant_id, after, changed=changed)
        event = note_legs(tx, after, EventKind.PAYMENT_REJECTED, changed, deps)
        tasks.tell_rejection(tx, merchant_id, payment_id, [leg.id for leg in changed], event.id)
        audit.note(tx, deps, Action.PAYMENT_REJECTED, merchant=merchant_id, target=to_text("pay", payment_id))
        return once.record(tx, after)


def keep(tx: Connection, payment: Payment, *, field: str, tells_which: bool) -> None:
    """Writes a new payment. `field`: path of a leg, "{}" for its position.

    Raises UtrExists, naming the other payment if `tells_which`, and ChequeExists.
    """
    methods = [leg.terms.method for leg in payment.legs]
    for position, method in enumerate(methods):
        if method in methods[:position]:
            if isinstance(method, Upi):
                raise UtrExists(f"{field.format(position)}.upi.utr")
            if isinstance(method, Cheque):
                raise ChequeExists(f"{field.format(position)}.cheque")
    if store.insert_payment(tx, payment.merchant_id, payment):
        return
    utrs = store.find_utrs(tx, payment.merchant_id, payment)
    cheques = store.find_cheques(tx, payment.merchant_id, payment)
    for position, method in enumerate(methods):
        if isinstance(method, Upi) and method.utr in utrs:
            other = to_text("pay", utrs[method.utr]) if tells_which else None
            raise UtrExists(f"{field.format(position)}.upi.utr", other)
        if isinstance(method, Cheque) and method in cheques:
            raise ChequeExists(f"{field.format(position)}.cheque")
    raise LookupError("what made the insert fail was committed before, and legs are never deleted")


def note_legs(tx: Connection, payment: Payment, kind: EventKind, legs: Sequence[PaymentLeg], deps: Deps) -> BillEvent:
    """What happened to these legs is a part of what happened to the bill."""
    return bill_events.note(
        tx,
        deps,
        payment.merchant_id,
        payment.bill_id,
        kind,
        amount=total_of([leg.terms for leg in legs]),
        reference=to_text("pay", payment.id),
    )


def take_credit(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, amount: Money) -> None:
    """Makes sure that the customer has as much credit, and holds it. Raises CustomerNotFound, CustomerCreditTooLow."""
    credit = lock_credit(tx, merchant_id, customer_id, amount.currency)
    if credit is None:
        raise CustomerNotFound
    if credit < amount:
        raise CustomerCreditTooLow(credit)


def _found(payment: Payment | None) -> Payment:
    if payment is None:
        raise PaymentNotFound
    return payment


def _refusal(bill: Bill | None, legs: Sequence[LegTerms]) -> Exception:
    """Why a bill took no payment."""
    if bill is None:
        return BillNotFound()
    require_payable(bill.state)
    wrong = next(number for number, leg in enumerate(legs) if leg.amount.currency != bill.currency)
    return CurrencyMismatch(f"payment.legs[{wrong}].amount", bill.currency)


def lock(tx: Connection, merchant_id: MerchantId, payment_id: PaymentId, deps: Deps) -> tuple[Bill, Payment]:
    """The payment under the lock of its bill, which guards all payments of the bill."""
    bill_id = store.find_bill_of(tx, merchant_id, payment_id)
    if bill_id is None:
        raise PaymentNotFound
    bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
    return bill, _found(store.load_payment(tx, merchant_id, payment_id))


def _arriving(legs: Sequence[LegTerms]) -> Money:
    """What comes at once, without what has to be verified first."""
    return Money(sum(leg.amount.minor for leg in legs if not leg.waits), legs[0].amount.currency)


def _use_credit(
    tx: Connection,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    legs: Sequence[LegTerms],
    allocations: Sequence[Allocation],
) -> None:
    """Takes what legs pay out of credit, none of which may be too much for the bill."""
    used = 0
    for number, (leg, allocation) in enumerate(zip(legs, allocations, strict=True)):
        if isinstance(leg.method, CustomerCredit):
            if allocation.credited.minor:
                raise CreditAboveOutstanding(f"payment.legs[{number}].amount", allocation.settled)
            used += leg.amount.minor
    if used:
        take_credit(tx, merchant_id, customer_id, Money(used, legs[0].amount.currency))


def _bounce(tx: Connection, bill: Bill, payment: Payment, legs: Sequence[PaymentLeg], deps: Deps) -> Bill:
    """The bill once cheques that had settled it did not. Credit that they made is taken back."""
    credited = Money(sum(leg.allocation.credited.minor for leg in legs), bill.currency)
    if credited.minor:
        take_credit(tx, bill.merchant_id, payment.customer_id, credited)
    settled = sum(leg.allocation.settled.minor for leg in legs)
    after = bill
    if settled:
        after = with_sums(bill, settled=bill.settled - Money(settled, bill.currency), credited=bill.credited)
        write_sums(tx, bill.merchant_id, after)
    post_payment(tx, payment, EntryKind.PAYMENT_BOUNCED, bounce_postings(payment.customer_id, legs), deps)
    return after


def _choose(payment: Payment, leg_ids: Sequence[LegId], to: LegState) -> list[PaymentLeg]:
    """The legs named, or all that may go to the state without being named."""
    if not leg_ids:
        chosen = [leg for leg in payment.legs if to in LEG_TRANSITIONS[leg.state]]
        if not chosen:
            raise PaymentStateWrong
        return chosen
    by_id = {leg.id: leg for leg in payment.legs}
    for number, leg_id in enumerate(leg_ids):
        if leg_id not in by_id:
            raise PaymentLegNotFound(f"leg_ids[{number}]")
        if not may_become(by_id[leg_id], to):
            raise PaymentStateWrong(to_text("leg", leg_id), by_id[leg_id].state.value)
    return [by_id[leg_id] for leg_id in leg_ids]


def post_payment(tx: Connection, payment: Payment, kind: EntryKind, postings: tuple[Posting, ...], deps: Deps) -> None:
    """Posts what happened to the payment, on the merchant's business day."""
    now = deps.clock.now()
    settings = settings_usecases.settings_of(tx, payment.merchant_id)
    entry = Entry(
        id=EntryId(deps.ids.new()),
        kind=kind,
        bill_id=payment.bill_id,
        payment_id=payment.id,
        on=settings.business_day(now),
        create_time=now,
        postings=postings,
    )
    post(tx, payment.merchant_id, entry)
