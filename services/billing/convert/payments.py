"""Payments between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import payment_pb2, payment_service_pb2

from services.billing.convert.bills import state_to_proto
from services.billing.convert.methods import method_from_proto, write_method
from services.billing.convert.money import timestamp
from services.billing.domain.ids import LegId
from services.billing.domain.payment import (
    Cheque,
    LegState,
    LegTerms,
    Payment,
    PaymentLeg,
    Source,
)
from services.kit.failure import InvalidRequest
from services.kit.ids import from_text, to_text
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.kit.paging import Listed

_LEG_STATES = {
    LegState.RECORDED: payment_pb2.PAYMENT_LEG_STATE_RECORDED,
    LegState.PENDING_VERIFICATION: payment_pb2.PAYMENT_LEG_STATE_PENDING_VERIFICATION,
    LegState.VERIFIED: payment_pb2.PAYMENT_LEG_STATE_VERIFIED,
    LegState.REJECTED: payment_pb2.PAYMENT_LEG_STATE_REJECTED,
    LegState.REFUNDED: payment_pb2.PAYMENT_LEG_STATE_REFUNDED,
}
_SOURCES = {
    Source.MERCHANT: payment_pb2.PAYMENT_SOURCE_MERCHANT,
    Source.CUSTOMER: payment_pb2.PAYMENT_SOURCE_CUSTOMER,
}


def legs_from_proto(legs: Sequence[payment_pb2.PaymentLeg]) -> tuple[LegTerms, ...]:
    """The legs of a payment, all in one currency. Raises InvalidRequest naming fields from `payment` on."""
    terms = tuple(leg_from_proto(leg, f"payment.legs[{number}]") for number, leg in enumerate(legs))
    for number, leg in enumerate(terms):
        if leg.amount.currency != terms[0].amount.currency:
            raise InvalidRequest.of(f"payment.legs[{number}].amount.currency_code", "must be the same on all legs")
    return terms


def leg_from_proto(leg: payment_pb2.PaymentLeg, field: str) -> LegTerms:
    """One leg. Raises InvalidRequest naming fields from `field` on."""
    amount = money_from_proto(leg.amount, f"{field}.amount")
    method = method_from_proto(leg, amount.currency, field)
    return LegTerms(amount, method, waits=isinstance(method, Cheque) and not leg.cheque.cleared)


def leg_ids_from_proto(texts: Iterable[str]) -> tuple[LegId, ...]:
    """Ids of legs, in the order given."""
    return tuple(LegId(from_text("leg", text)) for text in texts)


def payment_to_proto(payment: Payment) -> payment_pb2.Payment:
    """The payment as the merchant sees it."""
    return payment_pb2.Payment(
        id=to_text("pay", payment.id),
        bill_id=to_text("bill", payment.bill_id),
        customer_id=to_text("cus", payment.customer_id),
        legs=[_leg_to_proto(leg) for leg in payment.legs],
        note=payment.note,
        source=_SOURCES[payment.source],
        amount=money_to_proto(payment.amount),
        bill_state=state_to_proto(payment.bill_state),
        bill_outstanding=money_to_proto(payment.bill_outstanding),
        create_time=timestamp(payment.create_time),
        record_account_id=to_text("acc", payment.recorder_id) if payment.recorder_id else "",
    )


def payment_to_payer(payment: Payment) -> payment_pb2.Payment:
    """The payment as the person sees it: without the merchant's own remarks."""
    shown = payment_to_proto(payment)
    shown.record_account_id = ""
    if payment.source is Source.MERCHANT:
        shown.note = ""
    return shown


def page_to_proto(listed: Listed[Payment]) -> payment_service_pb2.ListPaymentsResponse:
    """A page of payments."""
    return payment_service_pb2.ListPaymentsResponse(
        payments=[payment_to_proto(payment) for payment in listed.items], next_page_token=listed.next_page_token
    )


def _leg_to_proto(leg: PaymentLeg) -> payment_pb2.PaymentLeg:
    shown = payment_pb2.PaymentLeg(
        id=to_text("leg", leg.id),
        amount=money_to_proto(leg.terms.amount),
        state=_LEG_STATES[leg.state],
        settled=money_to_proto(leg.allocation.settled),
        credited=money_to_proto(leg.allocation.credited),
        outstanding_after=money_to_proto(leg.allocation.outstanding_after),
        refunded=money_to_proto(leg.refunded),
        reject_reason=leg.reject_reason,
    )
    write_method(shown, leg.terms.method)
    return shown
