"""What payment gateways tell: payments and refunds, each entered once, in whatever order and however often told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from services.billing.domain.gateway import GatewaySignatureInvalid, Paid
from services.billing.domain.ids import PaymentLinkId
from services.billing.domain.payment import BankTransfer, LegTerms, Payment
from services.billing.domain.refund import Refund, Refunder, RefundTerms
from services.billing.store import gateways as store
from services.billing.store.books import raise_alarm
from services.billing.usecases import payments, refunds, stray_money
from services.kit.failure import Failure, Kind
from services.kit.idempotency import M, Once
from services.kit.ids import InvalidId, from_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from services.billing.domain.gateway import Gateway, GivenBack, PaymentLink
    from services.billing.domain.ids import GatewayId
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# What a repeat cannot change.
_FINAL = frozenset((Kind.NOT_FOUND, Kind.PRECONDITION, Kind.INVALID, Kind.EXISTS))


def receive(deps: Deps, gateway_id: GatewayId, *, body: bytes, headers: Mapping[str, str], answer: M) -> M:
    """Enters what an event tells; `answer` once that is done, or was, or is no concern of ours.

    Raises GatewaySignatureInvalid; anything else that is raised has the gateway send the event again.
    """
    with deps.db.transaction() as tx:
        merchant_id = store.find_owner(tx, gateway_id)
    if merchant_id is None:
        raise GatewaySignatureInvalid
    with deps.db.transaction(merchant=merchant_id) as tx:
        gateway = store.load_gateway(tx, merchant_id, gateway_id, deps.vault)
    if gateway is None:
        raise GatewaySignatureInvalid
    event = deps.gateways[gateway.provider].read_event(body, headers, gateway.keys, deps.clock.now())
    if isinstance(event, Paid):
        _enter_payment(deps, gateway, event, answer)
        _enter_refunds(deps, gateway, event.payment, answer)
    elif event is not None:
        with deps.db.transaction(merchant=merchant_id) as tx:
            store.keep_refund(tx, merchant_id, gateway.id, event, now=deps.clock.now())
        _enter_refunds(deps, gateway, event.payment, answer)
    return answer


def _enter_payment(deps: Deps, gateway: Gateway, paid: Paid, answer: M) -> None:
    merchant_id = gateway.merchant_id
    with deps.db.transaction(merchant=merchant_id) as tx:
        link = _link(tx, gateway, paid.reference)
    if link is None:
        _LOG.info("a gateway told of a payment that is not by a link of ours")
        return
    terms = LegTerms(paid.amount, BankTransfer(paid.payment))
    once = _PaymentOnce(deps, gateway, paid, link, answer)
    try:
        payments.record(deps, merchant_id, link.bill_id, legs=[terms], note=gateway.display_name, by=None, once=once)
    except Failure as failure:
        if failure.kind not in _FINAL:
            raise
        # The money is at the gateway, whatever the bill says.
        once = _PaymentOnce(deps, gateway, paid, link, answer, problem=failure.reason)
        stray_money.credit(deps, merchant_id, link.bill_id, terms=terms, note=gateway.display_name, once=once)


def _enter_refunds(deps: Deps, gateway: Gateway, payment: str, answer: M) -> None:
    """Enters refunds that wait, if the payment is there; if it is not, it does so itself when it comes."""
    merchant_id = gateway.merchant_id
    with deps.db.transaction(merchant=merchant_id) as tx:
        # Whoever enters the payment at this moment either sees the refunds, or is seen here.
        store.lock(tx, merchant_id, gateway.id, payment)
        entered = store.find_payment(tx, merchant_id, gateway.id, payment)
        waiting = store.waiting_refunds(tx, merchant_id, gateway.id, payment) if entered else ()
    if entered is None:
        return
    payment_id, leg_id = entered
    for refund in waiting:
        terms = RefundTerms(refund.amount, BankTransfer(refund.refund), gateway.display_name)
        once, by = _RefundOnce(gateway, refund, answer), Refunder(None, None)
        try:
            refunds.refund_payment(deps, merchant_id, payment_id, leg_id=leg_id, terms=terms, by=by, once=once)
        except Failure as failure:
            if failure.kind not in _FINAL:
                raise
            _LOG.warning("a refund at a gateway has no place", extra={"why": failure.reason})
            with deps.db.transaction(merchant=merchant_id) as tx:
                store.settle_refund(tx, merchant_id, gateway.id, refund.refund, problem=failure.reason)
                for breach in store.find_missing_refunds(tx, merchant_id):
                    raise_alarm(tx, merchant_id, breach, new_id=deps.ids.new(), now=deps.clock.now())


class _PaymentOnce(Once[Payment, M]):
    """The claim on a gateway's payment, in place of a request id, as the use case that records payments knows one."""

    def __init__(
        self, deps: Deps, gateway: Gateway, paid: Paid, link: PaymentLink, answer: M, *, problem: str = ""
    ) -> None:
        """`problem`: why the bill does not take it."""
        self._deps = deps
        self._gateway = gateway
        self._paid = paid
        self._link = link
        self._answer = answer
        self._problem = problem
        self.request_id = link.id

    def replay(self, tx: Connection) -> M | None:
        """The answer if the payment was entered before."""
        now, gateway = self._deps.clock.now(), self._gateway
        claimed = store.claim_payment(tx, gateway.merchant_id, gateway.id, self._paid, self._link.id, now=now)
        return None if claimed else self._answer

    def record(self, tx: Connection, value: Payment) -> M:
        """Keeps which payment it became."""
        gateway, leg = self._gateway, value.legs[0]
        store.enter_payment(tx, gateway.merchant_id, gateway.id, self._paid.payment, payment_id=value.id, leg_id=leg.id)
        store.settle_link(tx, gateway.merchant_id, self._link.id, payment_id=value.id, problem=self._problem)
        return self._answer


class _RefundOnce(Once[Refund, M]):
    """The claim on a gateway's refund, likewise."""

    def __init__(self, gateway: Gateway, refund: GivenBack, answer: M) -> None:
        self._gateway = gateway
        self._refund = refund
        self._answer = answer
        self.request_id = gateway.id

    def replay(self, tx: Connection) -> M | None:
        """The answer if the refund was entered before, or has no place."""
        gateway = self._gateway
        claimed = store.settle_refund(tx, gateway.merchant_id, gateway.id, self._refund.refund)
        return None if claimed else self._answer

    def record(self, tx: Connection, value: Refund) -> M:
        """Nothing more is kept."""
        del tx, value
        return self._answer


def _link(tx: Connection, gateway: Gateway, reference: str) -> PaymentLink | None:
    try:
        link_id = PaymentLinkId(from_text("pln", reference))
    except InvalidId:
        return None
    link = store.load_link(tx, gateway.merchant_id, link_id)
    return link if link is not None and link.gateway_id == gateway.id else None
