"""Giving money back: of a payment's leg, or out of a customer's credit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bill import with_sums
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import CurrencyMismatch, PaymentLegNotFound, UtrExists
from services.billing.domain.ids import EntryId, RefundId
from services.billing.domain.ledger import Entry, EntryKind, refund_postings
from services.billing.domain.money_errors import RefundNotFound
from services.billing.domain.payment import with_legs
from services.billing.domain.refund import (
    Refund,
    RefundedLeg,
    Refunder,
    RefundTerms,
    refunded,
    require_allowed,
    require_fit,
    require_refundable,
    split,
)
from services.billing.store import refunds as store
from services.billing.store.ledger import lock_credit, post
from services.billing.store.payments import update_payment
from services.billing.store.settling import write_sums
from services.billing.usecases import bill_events, tasks
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.payments import lock, take_credit
from services.kit import audit
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import BillId, CustomerId, LegId, MerchantId, PaymentId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def get(deps: Deps, merchant_id: MerchantId, refund_id: RefundId) -> Refund:
    """One refund. Raises RefundNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        refund = store.load_refund(tx, merchant_id, refund_id)
    if refund is None:
        raise RefundNotFound
    return refund


def list_page(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    bill_id: BillId | None,
    payment_id: PaymentId | None,
    customer_id: CustomerId | None,
    page: Page,
) -> Listed[Refund]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_refunds(
            tx,
            merchant_id,
            bill_id=bill_id,
            payment_id=payment_id,
            customer_id=customer_id,
            before=row_after(page),
            limit=page.size + 1,
        )
    return cut(rows, page, key=lambda refund: (refund.id,))


def refund_payment(
    deps: Deps,
    merchant_id: MerchantId,
    payment_id: PaymentId,
    *,
    leg_id: LegId,
    terms: RefundTerms,
    by: Refunder,
    once: Once[Refund, M],
) -> M:
    """Gives back money of a leg: what became credit first, then what settled the bill, which asks for it again.

    Raises PaymentNotFound, PaymentLegNotFound, PaymentStateWrong, CurrencyMismatch, RefundCeilingExceeded,
    RefundMethodUnfit, RefundTooHigh, UtrExists.
    """
    require_allowed(terms.amount, by.ceiling)
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        bill, payment = lock(tx, merchant_id, payment_id, deps)
        answer = once.replay(tx)
        if answer is not None:
            return answer
        leg = next((leg for leg in payment.legs if leg.id == leg_id), None)
        if leg is None:
            raise PaymentLegNotFound("leg_id")
        require_refundable(leg, to_text("leg", leg_id))
        if terms.amount.currency != bill.currency:
            raise CurrencyMismatch("amount", bill.currency)
        require_fit(terms.method, leg.terms.method.kind)
        credit = Money.zero(bill.currency)
        if leg.allocation.credited.minor:
            credit = lock_credit(tx, merchant_id, payment.customer_id, bill.currency) or credit
        parts = split(leg, terms.amount, credit=credit)
        if parts.reopened.minor:
            bill = with_sums(bill, settled=bill.settled - parts.reopened, credited=bill.credited)
            write_sums(tx, merchant_id, bill)
        after = refunded(leg, parts, outstanding=bill.outstanding)
        changed = replace(with_legs(payment, [after]), bill_state=bill.state, bill_outstanding=bill.outstanding)
        update_payment(tx, merchant_id, changed, changed=[after])
        now = deps.clock.now()
        refund = Refund(
            id=RefundId(deps.ids.new()),
            merchant_id=merchant_id,
            customer_id=payment.customer_id,
            of=RefundedLeg(bill.id, payment_id, leg_id),
            terms=terms,
            reopened=parts.reopened,
            from_credit=parts.from_credit,
            on=settings_usecases.settings_of(tx, merchant_id).business_day(now),
            create_time=now,
            account_id=by.account_id,
        )
        _keep(tx, refund, EntryKind.PAYMENT_REFUNDED, deps)
        about = {"payment_id": to_text("pay", payment_id), "amount": str(terms.amount)}
        given, reference = EventKind.REFUNDED, to_text("rfd", refund.id)
        bill_events.note(tx, deps, merchant_id, bill.id, given, amount=terms.amount, reference=reference)
        audit.note(tx, deps, Action.PAYMENT_REFUNDED, merchant=merchant_id, target=to_text("rfd", refund.id), **about)
        return once.record(tx, refund)


def refund_credit(
    deps: Deps,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    terms: RefundTerms,
    by: Refunder,
    once: Once[Refund, M],
) -> M:
    """Pays out credit. Raises CustomerNotFound, CustomerCreditTooLow, RefundCeilingExceeded, UtrExists."""
    require_allowed(terms.amount, by.ceiling)
    require_fit(terms.method, None)
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        take_credit(tx, merchant_id, customer_id, terms.amount)
        now = deps.clock.now()
        refund = Refund(
            id=RefundId(deps.ids.new()),
            merchant_id=merchant_id,
            customer_id=customer_id,
            of=None,
            terms=terms,
            reopened=Money.zero(terms.amount.currency),
            from_credit=terms.amount,
            on=settings_usecases.settings_of(tx, merchant_id).business_day(now),
            create_time=now,
            account_id=by.account_id,
        )
        _keep(tx, refund, EntryKind.CREDIT_REFUNDED, deps)
        about = {"customer_id": to_text("cus", customer_id), "amount": str(terms.amount)}
        audit.note(tx, deps, Action.CREDIT_REFUNDED, merchant=merchant_id, target=to_text("rfd", refund.id), **about)
        return once.record(tx, refund)


def _keep(tx: Connection, refund: Refund, kind: EntryKind, deps: Deps) -> None:
    """Writes and posts it, and has the customer told. Raises UtrExists."""
    if not store.insert_refund(tx, refund.merchant_id, refund):
        raise UtrExists("upi.utr")
    entry = Entry(
        id=EntryId(deps.ids.new()),
        kind=kind,
        bill_id=refund.of.bill_id if refund.of else None,
        payment_id=refund.of.payment_id if refund.of else None,
        on=refund.on,
        create_time=refund.create_time,
        postings=refund_postings(refund),
        refund_id=refund.id,
    )
    post(tx, refund.merchant_id, entry)
    tasks.tell_refund(tx, refund.merchant_id, refund.id)
