"""Customers between the wire and the domain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import customer_pb2, customer_service_pb2

from services.billing.convert.fields import paths_from_proto, phone_from_proto
from services.billing.convert.money import timestamp
from services.billing.domain import credit
from services.billing.domain.customer import Customer, CustomerFields, CustomerFilter
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text
from services.kit.spreadsheet import to_csv
from services.kit.wire import money_from_proto, money_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from services.kit.money import Money
    from services.kit.paging import Listed

_WRITABLE = ("display_name", "phone", "email", "tax_id", "region_code", "locale", "note", "tags", "credit_limit")
# An import leaves those aside that it does not know.
_HEADER = ("id", *_WRITABLE, "credit_limit_currency", "create_time")


def customer_from_proto(customer: customer_pb2.Customer) -> CustomerFields:
    """What is written about a customer. Raises InvalidRequest naming fields from `customer` on."""
    return CustomerFields(
        display_name=customer.display_name,
        phone=phone_from_proto(customer.phone, "customer.phone"),
        email=customer.email,
        tax_id=customer.tax_id,
        region_code=customer.region_code,
        locale=customer.locale,
        note=customer.note,
        tags=tuple(sorted(customer.tags)),
        credit_limit=_limit(customer) if customer.HasField("credit_limit") else None,
    )


def filter_from_proto(
    request: customer_service_pb2.ListCustomersRequest | customer_service_pb2.ExportCustomersRequest,
) -> CustomerFilter:
    """Which customers are asked for. Raises InvalidRequest."""
    phone = request.phone if isinstance(request, customer_service_pb2.ListCustomersRequest) else ""
    return CustomerFilter(
        phone=phone_from_proto(phone, "phone"),
        name=request.name.strip(),
        tags=tuple(request.tags),
        owing=request.owing,
    )


def customers_to_csv(customers: Iterable[Customer]) -> Generator[bytes]:
    """Their table, with columns that an import knows."""
    return to_csv(_HEADER, map(_cells, customers))


def edit_from_proto(
    request: customer_service_pb2.UpdateCustomerRequest,
) -> Callable[[CustomerFields], CustomerFields]:
    """The change that an update asks for. Raises InvalidRequest."""
    paths = paths_from_proto(request.update_mask, request.customer, writable=_WRITABLE)
    written = customer_from_proto(request.customer)
    changes: dict[str, Any] = {path: getattr(written, path) for path in paths}
    if "tax_id" in paths and "region_code" not in paths:
        # The state follows the new number.
        changes["region_code"] = ""
    return lambda fields: replace(fields, **changes)


def customer_to_proto(customer: Customer) -> customer_pb2.Customer:
    """The customer as its merchant sees it."""
    fields = customer.fields
    return customer_pb2.Customer(
        id=to_text("cus", customer.id),
        display_name=fields.display_name,
        phone=fields.phone,
        email=fields.email,
        tax_id=fields.tax_id,
        region_code=fields.region_code,
        locale=fields.locale,
        note=fields.note,
        balances=[
            customer_pb2.CustomerBalance(
                owed=money_to_proto(balance.owed),
                credit=money_to_proto(balance.credit),
                over_limit=credit.is_over(fields.credit_limit, balance),
            )
            for balance in customer.balances
        ],
        create_time=timestamp(customer.create_time),
        etag=customer.etag,
        tags=fields.tags,
        merged_into=to_text("cus", customer.merged_into) if customer.merged_into else "",
        erase_time=timestamp(customer.erase_time),
        credit_limit=money_to_proto(fields.credit_limit) if fields.credit_limit else None,
    )


def page_to_proto(listed: Listed[Customer]) -> customer_service_pb2.ListCustomersResponse:
    """A page of customers."""
    return customer_service_pb2.ListCustomersResponse(
        customers=[customer_to_proto(customer) for customer in listed.items],
        next_page_token=listed.next_page_token,
    )


def _limit(customer: customer_pb2.Customer) -> Money:
    limit = money_from_proto(customer.credit_limit, "customer.credit_limit")
    if limit.minor < 0:
        raise InvalidRequest.of("customer.credit_limit", "must not be negative")
    return limit


def _cells(customer: Customer) -> Sequence[str]:
    fields = customer.fields
    limit = fields.credit_limit
    return (
        to_text("cus", customer.id),
        fields.display_name,
        fields.phone,
        fields.email,
        fields.tax_id,
        fields.region_code,
        fields.locale,
        fields.note,
        ", ".join(fields.tags),
        f"{limit.amount:f}" if limit else "",
        limit.currency if limit else "",
        customer.create_time.astimezone(UTC).isoformat(timespec="seconds"),
    )
