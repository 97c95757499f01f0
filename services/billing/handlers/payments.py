"""PaymentService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import payment_pb2
from billmesh.billing.v1 import payment_service_pb2 as pb
from billmesh.billing.v1.payment_service_pb2_grpc import PaymentServiceServicer

from services.billing.convert import payments as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import BillId, CustomerId, MerchantId, PaymentId
from services.billing.handlers.callers import account
from services.billing.usecases import payments
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.domain.payment import Payment
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import Once


class PaymentHandler(PaymentServiceServicer):
    """Payments that a merchant received."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetPayment(self, request: pb.GetPaymentRequest, context: grpc.ServicerContext) -> payment_pb2.Payment:
        """One payment."""
        return convert.payment_to_proto(payments.get(self._deps, _merchant(), _id(request.id)))

    def ListPayments(self, request: pb.ListPaymentsRequest, context: grpc.ServicerContext) -> pb.ListPaymentsResponse:
        """A page of payments."""
        bill, customer = id_or_none("bill", request.bill_id), id_or_none("cus", request.customer_id)
        listed = payments.list_page(
            self._deps,
            _merchant(),
            bill_id=BillId(bill) if bill else None,
            customer_id=CustomerId(customer) if customer else None,
            pending=request.pending,
            page=paging.page(request),
        )
        return convert.page_to_proto(listed)

    def RecordPayment(self, request: pb.RecordPaymentRequest, context: grpc.ServicerContext) -> payment_pb2.Payment:
        """Money that came, in all its legs."""
        legs, bill_id = convert.legs_from_proto(request.payment.legs), BillId(from_text("bill", request.bill_id))
        once, note = self._once(request), request.payment.note
        return payments.record(self._deps, _merchant(), bill_id, legs=legs, note=note, by=account(), once=once)

    def VerifyPayment(self, request: pb.VerifyPaymentRequest, context: grpc.ServicerContext) -> payment_pb2.Payment:
        """Legs, confirmed."""
        legs, once = convert.leg_ids_from_proto(request.leg_ids), self._once(request)
        return payments.verify(self._deps, _merchant(), _id(request.id), leg_ids=legs, once=once)

    def RejectPayment(self, request: pb.RejectPaymentRequest, context: grpc.ServicerContext) -> payment_pb2.Payment:
        """Claimed legs, refused."""
        legs, once = convert.leg_ids_from_proto(request.leg_ids), self._once(request)
        return payments.reject(self._deps, _merchant(), _id(request.id), leg_ids=legs, reason=request.reason, once=once)

    def _once(
        self, request: pb.RecordPaymentRequest | pb.VerifyPaymentRequest | pb.RejectPaymentRequest
    ) -> Once[Payment, payment_pb2.Payment]:
        return idempotency.once(request, payment_pb2.Payment, convert.payment_to_proto, vault=self._deps.vault)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _id(text: str) -> PaymentId:
    return PaymentId(from_text("pay", text))
