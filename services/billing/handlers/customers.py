"""CustomerService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import customer_pb2
from billmesh.billing.v1 import customer_service_pb2 as pb
from billmesh.billing.v1.customer_service_pb2_grpc import CustomerServiceServicer

from services.billing.convert import customers as convert
from services.billing.convert.fields import phone_from_proto
from services.billing.domain.ids import CustomerId, MerchantId
from services.billing.usecases import customers
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class CustomerHandler(CustomerServiceServicer):
    """Customers of a merchant."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetCustomer(self, request: pb.GetCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """One customer with balances."""
        return convert.customer_to_proto(customers.get(self._deps, _merchant(), _id(request.id)))

    def ListCustomers(
        self, request: pb.ListCustomersRequest, context: grpc.ServicerContext
    ) -> pb.ListCustomersResponse:
        """A page of customers."""
        phone, page = phone_from_proto(request.phone, "phone"), paging.page(request)
        return convert.page_to_proto(customers.list_page(self._deps, _merchant(), phone=phone, page=page))

    def CreateCustomer(self, request: pb.CreateCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """A new customer."""
        once = idempotency.once(request, customer_pb2.Customer, convert.customer_to_proto, vault=self._deps.vault)
        fields = convert.customer_from_proto(request.customer)
        return customers.create(self._deps, _merchant(), fields=fields, once=once)

    def UpdateCustomer(self, request: pb.UpdateCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """A customer, changed."""
        edit, customer_id = convert.edit_from_proto(request), _id(request.customer.id)
        changed = customers.update(self._deps, _merchant(), customer_id, edit=edit, etag=request.customer.etag)
        return convert.customer_to_proto(changed)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _id(text: str) -> CustomerId:
    return CustomerId(from_text("cus", text))
