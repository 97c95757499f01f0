"""RefundService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import refund_pb2
from billmesh.billing.v1 import refund_service_pb2 as pb
from billmesh.billing.v1.refund_service_pb2_grpc import RefundServiceServicer

from services.billing.convert import refunds as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import BillId, CustomerId, LegId, MerchantId, PaymentId, RefundId
from services.billing.domain.refund import Refund, Refunder
from services.billing.handlers.callers import account
from services.billing.usecases import refunds
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import Once


class RefundHandler(RefundServiceServicer):
    """Money that a merchant gives back."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetRefund(self, request: pb.GetRefundRequest, context: grpc.ServicerContext) -> refund_pb2.Refund:
        """One refund."""
        return convert.refund_to_proto(refunds.get(self._deps, _merchant(), RefundId(from_text("rfd", request.id))))

    def ListRefunds(self, request: pb.ListRefundsRequest, context: grpc.ServicerContext) -> pb.ListRefundsResponse:
        """A page of refunds."""
        bill, payment = id_or_none("bill", request.bill_id), id_or_none("pay", request.payment_id)
        customer = id_or_none("cus", request.customer_id)
        listed = refunds.list_page(
            self._deps,
            _merchant(),
            bill_id=BillId(bill) if bill else None,
            payment_id=PaymentId(payment) if payment else None,
            customer_id=CustomerId(customer) if customer else None,
            page=paging.page(request),
        )
        return convert.page_to_proto(listed)

    def RefundPayment(self, request: pb.RefundPaymentRequest, context: grpc.ServicerContext) -> refund_pb2.Refund:
        """Money of a leg, given back."""
        payment, leg = PaymentId(from_text("pay", request.id)), LegId(from_text("leg", request.leg_id))
        terms, once = convert.terms_from_proto(request), self._once(request)
        return refunds.refund_payment(
            self._deps, _merchant(), payment, leg_id=leg, terms=terms, by=_refunder(), once=once
        )

    def RefundCredit(self, request: pb.RefundCreditRequest, context: grpc.ServicerContext) -> refund_pb2.Refund:
        """Credit, paid out."""
        customer = CustomerId(from_text("cus", request.id))
        terms, once = convert.terms_from_proto(request), self._once(request)
        return refunds.refund_credit(self._deps, _merchant(), customer, terms=terms, by=_refunder(), once=once)

    def _once(self, request: pb.RefundPaymentRequest | pb.RefundCreditRequest) -> Once[Refund, refund_pb2.Refund]:
        return idempotency.once(request, refund_pb2.Refund, convert.refund_to_proto, vault=self._deps.vault)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _refunder() -> Refunder:
    return Refunder(account(), caller().refund_ceiling)
