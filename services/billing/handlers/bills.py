"""BillService."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_pb2
from billmesh.billing.v1 import bill_service_pb2 as pb
from billmesh.billing.v1.bill_service_pb2_grpc import BillServiceServicer

from services.billing.convert import bills as convert
from services.billing.domain.ids import BillId, MerchantId
from services.billing.handlers.callers import account, roles
from services.billing.usecases import bills, issuing, reminders
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class BillHandler(BillServiceServicer):
    """Bills, for their merchant."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._encode = partial(convert.bill_to_proto, links=deps.links)

    def GetBill(self, request: pb.GetBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """One bill."""
        return self._encode(bills.get(self._deps, _merchant(), _id(request.id)))

    def ListBills(self, request: pb.ListBillsRequest, context: grpc.ServicerContext) -> pb.ListBillsResponse:
        """A page of bills."""
        query, page = convert.query_from_proto(request), paging.page(request)
        listed = bills.list_page(self._deps, _merchant(), query=query, page=page)
        return convert.page_to_proto(listed, links=self._deps.links)

    def CreateBill(self, request: pb.CreateBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """A new draft."""
        once = idempotency.once(request, bill_pb2.Bill, self._encode, vault=self._deps.vault)
        return bills.create(self._deps, _merchant(), draft=convert.draft_from_proto(request.bill), once=once)

    def UpdateBill(self, request: pb.UpdateBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """A draft, changed."""
        edit, bill_id = convert.edit_from_proto(request), _id(request.bill.id)
        return self._encode(bills.update(self._deps, _merchant(), bill_id, edit=edit, etag=request.bill.etag))

    def DeleteBill(self, request: pb.DeleteBillRequest, context: grpc.ServicerContext) -> pb.DeleteBillResponse:
        """A draft, gone."""
        bills.delete(self._deps, _merchant(), _id(request.id), etag=request.etag)
        return pb.DeleteBillResponse()

    def DuplicateBill(self, request: pb.DuplicateBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """A new draft like a bill."""
        once = idempotency.once(request, bill_pb2.Bill, self._encode, vault=self._deps.vault)
        return bills.duplicate(self._deps, _merchant(), _id(request.id), once=once)

    def IssueBill(self, request: pb.IssueBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """A draft, issued."""
        once = idempotency.once(request, bill_pb2.Bill, self._encode, vault=self._deps.vault)
        ignoring = roles() if request.ignore_credit_limit else None
        ask = partial(issuing.issue, self._deps, _merchant(), _id(request.id), etag=request.etag)
        return ask(by=account(), ignoring=ignoring, once=once)

    def RemindBill(self, request: pb.RemindBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """A bill whose customer is reminded."""
        once = idempotency.once(request, bill_pb2.Bill, self._encode, vault=self._deps.vault)
        return reminders.remind(self._deps, _merchant(), _id(request.id), once=once)

    def VoidBill(self, request: pb.VoidBillRequest, context: grpc.ServicerContext) -> bill_pb2.Bill:
        """An issued bill, withdrawn."""
        once = idempotency.once(request, bill_pb2.Bill, self._encode, vault=self._deps.vault)
        return issuing.void(self._deps, _merchant(), _id(request.id), reason=request.reason, once=once)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _id(text: str) -> BillId:
    return BillId(from_text("bill", text))
