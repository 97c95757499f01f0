"""Customers: one a telephone number, sealed, and found again."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import customer_pb2, customer_service_pb2
from google.protobuf.field_mask_pb2 import FieldMask

from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import at_once, cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.harness import Refusal
    from tests.services.billing.world import World

_PHONE = "+919845012345"


def _update(world: World, customer: customer_pb2.Customer, *paths: str) -> customer_pb2.Customer:
    request = customer_service_pb2.UpdateCustomerRequest(customer=customer, update_mask=FieldMask(paths=paths))
    return world.customers.UpdateCustomer(request)


def _get(world: World, customer_id: str) -> customer_pb2.Customer:
    return world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer_id))


def test_a_customer_is_kept_and_sealed(world: World) -> None:
    customer = world.customer(
        phone=_PHONE, email="ravi@example.com", tax_id="27aapfu0939f1zv", locale="hi-IN", note="Pays on Fridays"
    )
    assert (customer.tax_id, customer.region_code) == ("27AAPFU0939F1ZV", "27")
    assert _get(world, customer.id) == customer
    ((row,),) = world.query("SELECT customers::text FROM billing.customers WHERE merchant_id = %s", str(world.merchant))
    for secret in (_PHONE, "ravi@example.com", "27AAPFU0939F1ZV"):
        assert secret.encode().hex() not in row
        assert secret not in row


def test_one_customer_a_telephone_number(world: World) -> None:
    first = world.customer(phone=_PHONE)
    answer = refused(lambda: world.customer(display_name="Another", phone=_PHONE))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ALREADY_EXISTS, "CUSTOMER_EXISTS")
    assert answer.metadata == {"customer_id": first.id}
    assert answer.fields == ("customer.phone",)
    other = world.customer(phone="+919845012346")
    answer = refused(lambda: _update(world, customer_pb2.Customer(id=other.id, phone=_PHONE)))
    assert (answer.reason, answer.metadata) == ("CUSTOMER_EXISTS", {"customer_id": first.id})
    # Another merchant may know the same person.
    neighbour = world.neighbour()
    assert neighbour.customer(phone=_PHONE).id != first.id


def test_the_same_number_at_once_is_one_customer(world: World) -> None:
    world.customer()
    answers = at_once(8, lambda _: world.customer(phone=_PHONE))
    assert sum(isinstance(answer, customer_pb2.Customer) for answer in answers) == 1


def test_a_repeat_is_the_same_customer(world: World) -> None:
    request = customer_service_pb2.CreateCustomerRequest(
        customer=customer_pb2.Customer(display_name="Ravi", phone=_PHONE), request_id=new_id()
    )
    answers = at_once(20, lambda _: world.customers.CreateCustomer(request))
    assert all(answer == answers[0] for answer in answers)
    request.customer.display_name = "Rani"
    assert refused(lambda: world.customers.CreateCustomer(request)).reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"display_name": ""}, "customer.display_name"),
        ({"display_name": " "}, "customer.display_name"),
        ({"display_name": "a\nb"}, "customer.display_name"),
        ({"display_name": "x" * 121}, "customer.display_name"),
        ({"phone": "9845012345"}, "customer.phone"),
        ({"phone": "+9112"}, "customer.phone"),
        ({"phone": "+999999999999"}, "customer.phone"),
        ({"email": "ravi@"}, "customer.email"),
        ({"tax_id": "27AAPFU0939F1ZX"}, "customer.tax_id"),
        ({"region_code": "99"}, "customer.region_code"),
        ({"locale": "english"}, "customer.locale"),
    ],
)
def test_a_broken_customer_names_the_field(world: World, fields: dict[str, Any], field: str) -> None:
    answer = refused(lambda: world.customer(**fields))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.fields == (field,)
    assert world.query("SELECT count(*) FROM billing.customers WHERE merchant_id = %s", str(world.merchant)) == [(0,)]


def test_a_european_customer_has_a_vat_number(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    assert world.customer(tax_id="2077474-0").tax_id == "FI20774740"
    assert world.customer(tax_id="EL 094259216").tax_id == "EL094259216"
    assert refused(lambda: world.customer(tax_id="20774741")).fields == ("customer.tax_id",)


def test_updates_change_what_they_name(world: World) -> None:
    customer = world.customer(phone=_PHONE, tax_id="27AAPFU0939F1ZV")
    changed = _update(world, customer_pb2.Customer(id=customer.id, display_name="Ignored", note="New"), "note", "phone")
    assert (changed.display_name, changed.note, changed.phone) == ("Ravi Kumar", "New", "")
    assert _get(world, customer.id) == changed
    cleared = _update(world, customer_pb2.Customer(id=customer.id), "tax_id")
    assert (cleared.tax_id, cleared.region_code) == ("", "")
    answer = refused(lambda: _update(world, customer_pb2.Customer(id=customer.id, etag=customer.etag, note="Old")))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ABORTED, "CUSTOMER_CHANGED")
    assert refused(lambda: _update(world, customer_pb2.Customer(id=customer.id), "display_name")).fields == (
        "customer.display_name",
    )
    assert refused(lambda: _update(world, customer_pb2.Customer(id=customer.id), "balances")).fields == ("update_mask",)


def test_lists_page_and_find_by_telephone(world: World) -> None:
    customers = [world.customer(phone=f"+91984501234{number}") for number in range(5)]
    found: list[str] = []
    token = ""
    while True:
        request = customer_service_pb2.ListCustomersRequest(page_size=2, page_token=token)
        answer = world.customers.ListCustomers(request)
        found += [customer.id for customer in answer.customers]
        token = answer.next_page_token
        if not token:
            break
    assert found == sorted((customer.id for customer in customers), reverse=True)
    by_phone = world.customers.ListCustomers(customer_service_pb2.ListCustomersRequest(phone=customers[3].phone))
    assert list(by_phone.customers) == [customers[3]]


def test_another_merchants_customer_is_no_customer(world: World) -> None:
    customer, neighbour = world.customer(phone=_PHONE), world.neighbour()

    def calls(customer_id: str) -> list[Refusal]:
        renamed = customer_pb2.Customer(id=customer_id, note="x")
        return [refused(partial(_get, neighbour, customer_id)), refused(partial(_update, neighbour, renamed))]

    answers = calls(customer.id)
    assert answers == calls(to_text("cus", uuid.UUID(int=1)))
    assert {answer.reason for answer in answers} == {"CUSTOMER_NOT_FOUND"}
    assert not neighbour.customers.ListCustomers(customer_service_pb2.ListCustomersRequest(phone=_PHONE)).customers


def test_tags_are_kept_in_order_and_checked(world: World) -> None:
    customer = world.customer(tags=["wholesale", "diwali gifts", "बड़ा"])
    assert list(customer.tags) == ["diwali gifts", "wholesale", "बड़ा"]
    assert _get(world, customer.id) == customer
    changed = _update(world, customer_pb2.Customer(id=customer.id, tags=["a"]))
    assert list(changed.tags) == ["a"]
    assert not _update(world, customer_pb2.Customer(id=customer.id), "tags").tags
    for wrong in (
        ["a,b"],
        ["a;b"],
        [""],
        [" a"],
        ["a "],
        ["a", "a"],
        ["x" * 41],
        [str(number) for number in range(21)],
    ):
        fields = refused(partial(world.customer, tags=wrong)).fields
        assert all(field.startswith("customer.tags") for field in fields)
        assert fields


def test_lists_filter_by_name_tags_and_what_is_owed(world: World) -> None:
    ravi = world.customer(display_name="Ravi Kumar", tags=["gold", "shop"])
    rani = world.customer(display_name="Rani 100% Öhman", tags=["gold"])
    asha = world.customer(display_name="आशा")
    world.bill(customer=rani)
    world.pay(world.bill(customer=ravi), cash(rupees(118)))
    world.draft(customer=asha)

    def found(**only: Any) -> set[str]:
        answer = world.customers.ListCustomers(customer_service_pb2.ListCustomersRequest(**only))
        return {customer.id for customer in answer.customers}

    assert found() == {asha.id, rani.id, ravi.id}
    assert found(name="ra") == {rani.id, ravi.id}
    assert found(name=" KUMAR ") == {ravi.id}
    assert found(name="100% ö") == {rani.id}
    assert found(name="_") == set()
    assert found(name="आश") == {asha.id}
    # Words in any order, whatever accents and marks; not what is within a word.
    assert found(name="OHM ran") == {rani.id}
    assert found(name="kumar, ra'vi") == {ravi.id}
    assert found(name="umar") == found(name="शा") == set()
    rename = customer_pb2.Customer(id=ravi.id, display_name="Peter Müller")
    world.customers.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=rename))
    assert found(name="ravi") == set()
    assert found(name="muller") == {ravi.id}
    assert found(tags=["gold"]) == {rani.id, ravi.id}
    assert found(tags=["gold", "shop"]) == {ravi.id}
    assert found(tags=["gold", "none"]) == set()
    assert found(owing=True) == {rani.id}
    assert found(owing=True, name="kumar") == set()
    assert world.neighbour().customers.ListCustomers(customer_service_pb2.ListCustomersRequest(owing=True)) == (
        customer_service_pb2.ListCustomersResponse()
    )
