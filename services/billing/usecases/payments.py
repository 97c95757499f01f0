"""Payments that merchants enter, and what they make of those that customers claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bill import Bill, require_payable, state_after
from services.billing.domain.errors import (
    BillNotFound,
    CurrencyMismatch,
    PaymentLegNotFound,
    PaymentNotFound,
    PaymentStateWrong,
    UtrExists,
)
from services.billing.domain.ids import BillId, EntryId, LegId, MerchantId, PaymentId
from services.billing.domain.ledger import Entry, EntryKind, payment_postings
from services.billing.domain.payment import (
    LEG_TRANSITIONS,
    LegState,
    LegTerms,
    Payment,
    PaymentLeg,
    Source,
    Upi,
    rejected,
    settle,
    total_of,
    verified,
)
from services.billing.store import payments as store
from services.billing.store.bills import load_bill, lock_bill
from services.billing.store.ledger import post
from services.billing.store.settling import settle_bill
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases import tasks
from services.billing.usecases.bills import found
from services.kit import audit
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

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

    `by`: who of the staff enters it, None for a client. Raises BillNotFound, BillNotIssued, BillVoid, CurrencyMismatch, UtrExists.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        amount = total_of(legs)
        settled = settle_bill(tx, merchant_id, bill_id, amount)
        if settled is None:
            raise _refusal(load_bill(tx, merchant_id, bill_id, deps.vault), legs)
        allocations = settle(settled.before, [leg.amount for leg in legs])
        payment = Payment(
            id=PaymentId(deps.ids.new()),
            merchant_id=merchant_id,
            bill_id=bill_id,
            customer_id=settled.customer_id,
            legs=tuple(
                PaymentLeg(id=LegId(deps.ids.new()), terms=terms, state=LegState.RECORDED, allocation=allocation)
                for terms, allocation in zip(legs, allocations, strict=True)
            ),
            note=note,
            source=Source.MERCHANT,
            recorder_id=by,
            bill_state=settled.state,
            bill_outstanding=allocations[-1].outstanding_after,
            create_time=deps.clock.now(),
        )
        keep(tx, payment, field="payment.legs[{}].upi.utr", tells_which=True)
        _post(tx, payment, payment.legs, deps)
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
        bill, payment = _lock(tx, merchant_id, payment_id, deps)
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
            _post(tx, payment, arrived, deps)
            tasks.tell_receipt(tx, merchant_id, payment.id)
            changed += arrived
        after = replace(_with(payment, changed), bill_state=state, bill_outstanding=outstanding)
        store.update_payment(tx, merchant_id, after, changed=changed)
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
    """Refuses legs that a customer claimed.

    Raises PaymentNotFound, PaymentLegNotFound, PaymentStateWrong.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill, payment = _lock(tx, merchant_id, payment_id, deps)
        answer = once.replay(tx)
        if answer is not None:
            return answer
        chosen = _choose(payment, leg_ids, LegState.REJECTED)
        changed = [rejected(leg, reason=reason) for leg in chosen]
        after = replace(_with(payment, changed), bill_state=bill.state, bill_outstanding=bill.outstanding)
        store.update_payment(tx, merchant_id, after, changed=changed)
        audit.note(tx, deps, Action.PAYMENT_REJECTED, merchant=merchant_id, target=to_text("pay", payment_id))
        return once.record(tx, after)


def keep(tx: Connection, payment: Payment, *, field: str, tells_which: bool) -> None:
    """Writes a new payment. `field`: path of a leg's UTR, "{}" for the leg's position.

    Raises UtrExists, naming the other payment if `tells_which`.
    """
    utrs = [leg.terms.method.utr if isinstance(leg.terms.method, Upi) else None for leg in payment.legs]
    for position_, utr in enumerate(utrs):
        if utr is not None and utr in utrs[:position_]:
            raise UtrExists(field.format(position_))
    if store.insert_payment(tx, payment.merchant_id, payment):
        return
    others = store.find_utrs(tx, payment.merchant_id, payment)
    taken = next(position_ for position_, utr in enumerate(utrs) if utr in others)
    other = others[utrs[taken] or ""]
    raise UtrExists(field.format(taken), to_text("pay", other) if tells_which else None)


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


def _lock(tx: Connection, merchant_id: MerchantId, payment_id: PaymentId, deps: Deps) -> tuple[Bill, Payment]:
    """The payment under the lock of its bill, which guards all payments of the bill."""
    bill_id = store.find_bill_of(tx, merchant_id, payment_id)
    if bill_id is None:
        raise PaymentNotFound
    bill = found(lock_bill(tx, merchant_id, bill_id, deps.vault))
    return bill, _found(store.load_payment(tx, merchant_id, payment_id))


def _choose(payment: Payment, leg_ids: Sequence[LegId], to: LegState) -> list[PaymentLeg]:
    """The legs named, or all that may go to the state."""
    if not leg_ids:
        chosen = [leg for leg in payment.legs if to in LEG_TRANSITIONS[leg.state]]
        if not chosen:
            raise PaymentStateWrong
        return chosen
    by_id = {leg.id: leg for leg in payment.legs}
    for number, leg_id in enumerate(leg_ids):
        if leg_id not in by_id:
            raise PaymentLegNotFound(f"leg_ids[{number}]")
        if to not in LEG_TRANSITIONS[by_id[leg_id].state]:
            raise PaymentStateWrong(to_text("leg", leg_id), by_id[leg_id].state.value)
    return [by_id[leg_id] for leg_id in leg_ids]


def _with(payment: Payment, changed: Sequence[PaymentLeg]) -> Payment:
    by_id = {leg.id: leg for leg in changed}
    return replace(payment, legs=tuple(by_id.get(leg.id, leg) for leg in payment.legs))


def _post(tx: Connection, payment: Payment, legs: Sequence[PaymentLeg], deps: Deps) -> None:
    now = deps.clock.now()
    settings = settings_usecases.settings_of(tx, payment.merchant_id)
    entry = Entry(
        id=EntryId(deps.ids.new()),
        kind=EntryKind.PAYMENT_RECEIVED,
        bill_id=payment.bill_id,
        payment_id=payment.id,
        on=settings.business_day(now),
        create_time=now,
        postings=payment_postings(payment.customer_id, legs),
    )
    post(tx, payment.merchant_id, entry)
