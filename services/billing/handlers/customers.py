"""CustomerService."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billmesh.billing.v1 import customer_consent_pb2, customer_pb2
from billmesh.billing.v1 import customer_service_pb2 as pb
from billmesh.billing.v1.customer_service_pb2_grpc import CustomerServiceServicer

from services.billing.convert import consents as convert_consent
from services.billing.convert import customer_imports as imports
from services.billing.convert import customer_statements as convert_statement
from services.billing.convert import customers as convert
from services.billing.domain.ids import CustomerId, MerchantId
from services.billing.handlers.callers import account, roles
from services.billing.usecases import consents, customer_imports, customer_lives, customer_statements, customers
from services.kit import idempotency, paging, spreadsheet, streams
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import grpc
    from billmesh.billing.v1 import customer_statement_pb2
    from google.api import httpbody_pb2

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
        only, page = convert.filter_from_proto(request), paging.page(request)
        return convert.page_to_proto(customers.list_page(self._deps, _merchant(), only=only, page=page))

    def CreateCustomer(self, request: pb.CreateCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """A new customer."""
        once = idempotency.once(request, customer_pb2.Customer, convert.customer_to_proto, vault=self._deps.vault)
        fields = convert.customer_from_proto(request.customer)
        return customers.create(self._deps, _merchant(), fields=fields, roles=roles(), once=once)

    def UpdateCustomer(self, request: pb.UpdateCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """A customer, changed."""
        edit, customer_id = convert.edit_from_proto(request), _id(request.customer.id)
        etag = request.customer.etag
        changed = customers.update(self._deps, _merchant(), customer_id, edit=edit, etag=etag, roles=roles())
        return convert.customer_to_proto(changed)

    def ImportCustomers(
        self, request: pb.ImportCustomersRequest, context: grpc.ServicerContext
    ) -> pb.ImportCustomersResponse:
        """Customers from a file."""
        encode = imports.result_to_proto
        return customer_imports.run(
            self._deps,
            _merchant(),
            read=partial(imports.read, request.file.data),
            mode=imports.mode_from_proto(request.mode),
            validate_only=request.validate_only,
            roles=roles(),
            once=idempotency.once(request, pb.ImportCustomersResponse, encode, vault=self._deps.vault),
            encode=encode,
        )

    def ExportCustomers(
        self, request: pb.ExportCustomersRequest, context: grpc.ServicerContext
    ) -> Iterator[httpbody_pb2.HttpBody]:
        """Customers as a file."""
        found = customers.each(self._deps, _merchant(), only=convert.filter_from_proto(request))
        chunks = convert.customers_to_csv(found)
        return streams.download(context, chunks, name="customers.csv", media_type=spreadsheet.MEDIA_TYPE)

    def GetStatement(
        self, request: pb.GetStatementRequest, context: grpc.ServicerContext
    ) -> customer_statement_pb2.Statement:
        """A page of a customer's account."""
        query, page = convert_statement.query_from_proto(request), paging.page(request)
        found = customer_statements.get(self._deps, _merchant(), _id(request.id), query=query, page=page)
        return convert_statement.statement_to_proto(found)

    def ExportStatement(
        self, request: pb.ExportStatementRequest, context: grpc.ServicerContext
    ) -> Iterator[httpbody_pb2.HttpBody]:
        """A customer's account as a file."""
        query = convert_statement.query_from_proto(request)
        opened = customer_statements.opened(self._deps, _merchant(), _id(request.id), query=query)
        chunks = convert_statement.statement_to_csv(opened)
        return streams.download(context, chunks, name="statement.csv", media_type=spreadsheet.MEDIA_TYPE)

    def DeleteCustomer(
        self, request: pb.DeleteCustomerRequest, context: grpc.ServicerContext
    ) -> pb.DeleteCustomerResponse:
        """A customer, gone."""
        customer_lives.delete(self._deps, _merchant(), _id(request.id))
        return pb.DeleteCustomerResponse()

    def MergeCustomers(self, request: pb.MergeCustomersRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """One customer out of two."""
        once = idempotency.once(request, customer_pb2.Customer, convert.customer_to_proto, vault=self._deps.vault)
        merge = partial(customer_lives.merge, self._deps, _merchant(), _id(request.id), _id(request.duplicate_id))
        return merge(by=account(), once=once)

    def EraseCustomer(self, request: pb.EraseCustomerRequest, context: grpc.ServicerContext) -> customer_pb2.Customer:
        """A customer, forgotten."""
        return convert.customer_to_proto(customer_lives.erase(self._deps, _merchant(), _id(request.id)))

    def ListCustomerConsents(
        self, request: pb.ListCustomerConsentsRequest, context: grpc.ServicerContext
    ) -> pb.ListCustomerConsentsResponse:
        """A page of what a customer allowed and took back."""
        customer_id, page = _id(request.customer_id), paging.page(request)
        return convert_consent.page_to_proto(consents.list_page(self._deps, _merchant(), customer_id, page=page))

    def RecordCustomerConsent(
        self, request: pb.RecordCustomerConsentRequest, context: grpc.ServicerContext
    ) -> customer_consent_pb2.CustomerConsent:
        """A new line of it."""
        encode = convert_consent.consent_to_proto
        once = idempotency.once(request, customer_consent_pb2.CustomerConsent, encode, vault=self._deps.vault)
        record = partial(consents.record, self._deps, _merchant(), _id(request.customer_id))
        return record(terms=convert_consent.terms_from_proto(request.consent), by=account(), once=once)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _id(text: str) -> CustomerId:
    return CustomerId(from_text("cus", text))
