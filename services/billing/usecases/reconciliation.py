"""What becomes of a bank statement's line: it proves a leg, pays a bill, or is none of the customers'."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bank_statement import (
    LineState,
    StatementLineNotFound,
    StatementLineStateWrong,
    StatementMatchUnfit,
    require_may_become,
)
from services.billing.domain.errors import PaymentLegNotFound, PaymentNotFound, PaymentStateWrong, UtrExists
from services.billing.domain.matching import BANKED, terms_of
from services.billing.domain.payment import LegState, Payment
from services.billing.store import bank_statements as store
from services.billing.store.payments import load_payment
from services.billing.usecases import payments
from services.kit import audit
from services.kit.idempotency import M, Once
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.bank_statement import StatementLine
    from services.billing.domain.ids import AccountId, BillId, LegId, MerchantId, PaymentId, StatementLineId
    from services.billing.domain.payment import PaymentLeg
    from services.billing.usecases.deps import Deps


@dataclass(frozen=True, slots=True)
class Proves:
    """The line is of this leg, which is entered or claimed already."""

    payment_id: PaymentId
    leg_id: LegId


@dataclass(frozen=True, slots=True)
class Pays:
    """The line is for this bill, and no payment is entered yet."""

    bill_id: BillId


def accept(
    deps: Deps,
    merchant_id: MerchantId,
    line_id: StatementLineId,
    *,
    what: Proves | Pays,
    by: AccountId | None,
    once: Once[StatementLine, M],
) -> M:
    """Verifies the leg, or records the payment, and keeps what the line is, all in one transaction.

    Raises StatementLineNotFound, StatementLineStateWrong, StatementMatchUnfit, and whatever verifying and recording do.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.peek(tx)
        if answer is not None:
            return answer
        line = _found(store.load_line(tx, merchant_id, line_id, deps.vault))
        require_may_become(line, LineState.MATCHED)
        if not line.came_in:
            raise StatementMatchUnfit("WENT_OUT")
        leg = _leg(tx, merchant_id, line, what) if isinstance(what, Proves) else None
    # A line never changes but for what becomes of it, which is looked at again where it is written.
    settled = _Settled(deps, merchant_id, replace(line, settler_id=by), leg, once)
    if isinstance(what, Pays):
        try:
            return payments.record(deps, merchant_id, what.bill_id, legs=[terms_of(line)], note="", by=by, once=settled)
        except UtrExists as error:
            raise UtrExists("id", error.metadata.get("payment_id")) from error
    if leg is not None and leg.state is not LegState.VERIFIED:
        return payments.verify(deps, merchant_id, what.payment_id, leg_ids=[what.leg_id], once=settled)
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = settled.replay(tx)
        if answer is not None:
            return answer
        # The lock of its bill, for which other lines that want the leg wait as well.
        _, payment = payments.lock(tx, merchant_id, what.payment_id, deps)
        _require_verified(payment, what.leg_id)
        return settled.record(tx, payment)


def dismiss(
    deps: Deps,
    merchant_id: MerchantId,
    line_id: StatementLineId,
    *,
    reason: str,
    by: AccountId | None,
    once: Once[StatementLine, M],
) -> M:
    """Says that the line is no customer's payment. Raises StatementLineNotFound, StatementLineStateWrong."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        line = _found(store.load_line(tx, merchant_id, line_id, deps.vault))
        require_may_become(line, LineState.DISMISSED)
        after = replace(line, state=LineState.DISMISSED, dismiss_reason=reason, settler_id=by)
        if not store.mark_dismissed(tx, merchant_id, after):
            raise StatementLineStateWrong(_now(tx, merchant_id, line, deps))
        target = to_text("bsl", line.id)
        audit.note(tx, deps, Action.STATEMENT_LINE_DISMISSED, merchant=merchant_id, target=target)
        return once.record(tx, after)


class _Settled(Once[Payment, M]):
    """The claim of an accepted match, as the use cases of payments know one.

    What they do to the payment and what becomes of the line are one transaction: where they would keep their answer,
    the line is kept and its answer instead.
    """

    def __init__(
        self,
        deps: Deps,
        merchant_id: MerchantId,
        line: StatementLine,
        leg: PaymentLeg | None,
        once: Once[StatementLine, M],
    ) -> None:
        self._deps = deps
        self._merchant_id = merchant_id
        self._line = line
        self._leg = leg
        self._once = once
        self.request_id = once.request_id

    def replay(self, tx: Connection) -> M | None:
        """As the claim of the match says."""
        return self._once.replay(tx)

    def peek(self, tx: Connection) -> M | None:
        """As the claim of the match says."""
        return self._once.peek(tx)

    def record(self, tx: Connection, value: Payment) -> M:
        """Keeps what the line proves. Raises StatementLineStateWrong, StatementMatchUnfit."""
        leg = self._leg or value.legs[0]
        after = replace(
            self._line,
            state=LineState.MATCHED,
            bill_id=value.bill_id,
            payment_id=value.id,
            leg_id=leg.id,
            dismiss_reason="",
        )
        if not store.mark_matched(tx, self._merchant_id, after):
            state = _now(tx, self._merchant_id, after, self._deps)
            raise StatementLineStateWrong(state) if state is LineState.MATCHED else StatementMatchUnfit("LEG_TAKEN")
        audit.note(
            tx,
            self._deps,
            Action.STATEMENT_LINE_MATCHED,
            merchant=self._merchant_id,
            target=to_text("bsl", after.id),
            payment_id=to_text("pay", value.id),
        )
        return self._once.record(tx, after)


def _leg(tx: Connection, merchant_id: MerchantId, line: StatementLine, what: Proves) -> PaymentLeg:
    """The leg, if the line can prove it."""
    payment = load_payment(tx, merchant_id, what.payment_id)
    if payment is None:
        raise PaymentNotFound
    leg = next((each for each in payment.legs if each.id == what.leg_id), None)
    if leg is None:
        raise PaymentLegNotFound("leg.leg_id")
    if leg.terms.method.kind not in BANKED:
        raise StatementMatchUnfit("METHOD")
    if leg.terms.amount != line.amount:
        raise StatementMatchUnfit("AMOUNT")
    if store.is_proved(tx, merchant_id, leg.id):
        raise StatementMatchUnfit("LEG_TAKEN")
    return leg


def _require_verified(payment: Payment, leg_id: LegId) -> None:
    state = next(leg.state for leg in payment.legs if leg.id == leg_id)
    if state is not LegState.VERIFIED:
        raise PaymentStateWrong(to_text("leg", leg_id), state.value)


def _found(line: StatementLine | None) -> StatementLine:
    if line is None:
        raise StatementLineNotFound
    return line


def _now(tx: Connection, merchant_id: MerchantId, line: StatementLine, deps: Deps) -> LineState:
    """In which state the line is by now."""
    return _found(store.load_line(tx, merchant_id, line.id, deps.vault)).state
