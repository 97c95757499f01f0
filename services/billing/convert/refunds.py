"""Refunds between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import refund_pb2, refund_service_pb2

from services.billing.convert.methods import method_from_proto, write_method
from services.billing.convert.money import date_to_proto, timestamp
from services.billing.domain.refund import RefundTerms
from services.kit.ids import to_text
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from services.billing.domain.refund import Refund
    from services.kit.paging import Listed


def terms_from_proto(
    request: refund_service_pb2.RefundPaymentRequest | refund_service_pb2.RefundCreditRequest,
) -> RefundTerms:
    """What is given back, how and why. Raises InvalidRequest."""
    amount = money_from_proto(request.amount, "amount")
    return RefundTerms(amount, method_from_proto(request, amount.currency, ""), request.reason)


def refund_to_proto(refund: Refund) -> refund_pb2.Refund:
    """The refund."""
    shown = refund_pb2.Refund(
        id=to_text("rfd", refund.id),
        customer_id=to_text("cus", refund.customer_id),
        bill_id=to_text("bill", refund.of.bill_id) if refund.of else "",
        payment_id=to_text("pay", refund.of.payment_id) if refund.of else "",
        leg_id=to_text("leg", refund.of.leg_id) if refund.of else "",
        amount=money_to_proto(refund.amount),
        reason=refund.terms.reason,
        reopened=money_to_proto(refund.reopened),
        from_credit=money_to_proto(refund.from_credit),
        refund_date=date_to_proto(refund.on),
        create_time=timestamp(refund.create_time),
        create_account_id=to_text("acc", refund.account_id) if refund.account_id else "",
    )
    write_method(shown, refund.method)
    return shown


def page_to_proto(listed: Listed[Refund]) -> refund_service_pb2.ListRefundsResponse:
    """A page of refunds."""
    return refund_service_pb2.ListRefundsResponse(
        refunds=[refund_to_proto(refund) for refund in listed.items], next_page_token=listed.next_page_token
    )
