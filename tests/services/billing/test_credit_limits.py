"""How much a customer may owe: set, counted, held at once, and passed over by who may."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import grpc
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    bill_service_pb2_grpc,
    customer_pb2,
    customer_service_pb2,
    customer_service_pb2_grpc,
)
from google.type import decimal_pb2, money_pb2

from services.billing.domain.ids import StoreId
from services.kit.ids import to_text
from tests.services.billing.world import SCOPES, at_once, cash, line, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.harness import Refusal
    from tests.services.billing.world import World


def _as(world: World, *roles: str) -> grpc.Channel:
    return world.harness.as_merchant(world.merchant, account=uuid.uuid4(), scopes=SCOPES, roles=roles)


def _issue(channel: grpc.Channel, bill: bill_pb2.Bill, *, ignoring: bool = False) -> bill_pb2.Bill:
    request = bill_service_pb2.IssueBillRequest(id=bill.id, request_id=new_id(), ignore_credit_limit=ignoring)
    return bill_service_pb2_grpc.BillServiceStub(channel).IssueBill(request)


def _balances(world: World, customer: customer_pb2.Customer) -> list[tuple[int, int, bool]]:
    found = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer.id))
    return [(each.owed.units, each.credit.units, each.over_limit) for each in found.balances]


def test_a_limit_is_kept_and_taken_away(world: World) -> None:
    customer = world.customer(credit_limit=rupees(500))
    assert customer.credit_limit == rupees(500)
    request = customer_service_pb2.UpdateCustomerRequest(customer=customer_pb2.Customer(id=customer.id))
    request.update_mask.paths.append("credit_limit")
    assert not world.customers.UpdateCustomer(request).HasField("credit_limit")
    for wrong in (rupees(-1), money_pb2.Money(currency_code="XXX")):
        answer = refused(lambda: world.customer(credit_limit=wrong))  # noqa: B023 - called at once
        assert answer.fields[0].startswith("customer.credit_limit")


def test_only_those_who_decide_set_limits(world: World) -> None:
    plain = world.customer()
    cashier = customer_service_pb2_grpc.CustomerServiceStub(_as(world, "cashier"))
    wanted = customer_pb2.Customer(id=plain.id, credit_limit=rupees(1_000_000))
    answer = refused(lambda: cashier.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=wanted)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CREDIT_LIMIT_DENIED")
    new = customer_pb2.Customer(display_name="Friend", credit_limit=rupees(1))
    create = customer_service_pb2.CreateCustomerRequest(customer=new, request_id=new_id())
    assert refused(lambda: cashier.CreateCustomer(create)).reason == "CREDIT_LIMIT_DENIED"
    # What stays as it is was decided by others.
    world.customers.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=wanted))
    wanted.note = "Nice"
    assert cashier.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=wanted)).note == "Nice"
    client = world.harness.as_merchant(world.merchant, scopes=SCOPES, roles=())
    create.request_id = new_id()
    assert customer_service_pb2_grpc.CustomerServiceStub(client).CreateCustomer(create).credit_limit == rupees(1)


def test_a_bill_beyond_the_limit_is_not_issued(world: World) -> None:
    customer = world.customer(credit_limit=rupees(300))
    first = world.bill(customer=customer)
    world.bill(customer=customer)
    third = world.draft(customer=customer)
    answer = refused(lambda: world.issue(third))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CREDIT_LIMIT_REACHED")
    assert answer.metadata == {"left": "64.00 INR"}
    assert world.get(third).state == bill_pb2.BILL_STATE_DRAFT
    # What is paid may be owed again.
    world.pay(first, cash(rupees(118)))
    assert world.issue(third).state == bill_pb2.BILL_STATE_ISSUED


def test_credit_counts_for_the_customer(world: World) -> None:
    customer = world.customer(credit_limit=rupees(0))
    assert refused(lambda: world.bill(customer=customer)).metadata == {"left": "0.00 INR"}
    rich = world.customer(display_name="Rich", credit_limit=rupees(118))
    world.pay(world.bill(customer=rich), cash(rupees(236)))
    assert _balances(world, rich) == [(0, 118, False)]
    world.bill(line(rupees(200)), customer=rich)
    assert _balances(world, rich) == [(236, 118, False)]
    assert refused(lambda: world.bill(customer=rich)).metadata == {"left": "0.00 INR"}


def test_managers_pass_over_a_limit_and_cashiers_do_not(world: World) -> None:
    customer = world.customer(credit_limit=rupees(100))
    draft = world.draft(customer=customer)
    assert refused(lambda: _issue(_as(world, "manager"), draft)).reason == "CREDIT_LIMIT_REACHED"
    assert refused(lambda: _issue(_as(world, "cashier"), draft, ignoring=True)).reason == "CREDIT_LIMIT_DENIED"
    client = world.harness.as_merchant(world.merchant, scopes=SCOPES, roles=())
    assert refused(lambda: _issue(client, draft, ignoring=True)).reason == "CREDIT_LIMIT_DENIED"
    assert _issue(_as(world, "manager"), draft, ignoring=True).state == bill_pb2.BILL_STATE_ISSUED
    assert _balances(world, customer) == [(118, 0, True)]
    noted = world.query(
        "SELECT args->'event'->>'action' FROM billing.procrastinate_jobs WHERE args->'event'->>'merchant_id' = %s",
        to_text("mer", world.merchant),
    )
    assert ("bill.credit_limit_ignored",) in noted


def test_no_stock_is_taken_for_a_bill_beyond_the_limit(world: World) -> None:
    customer = world.customer(credit_limit=rupees(10))
    item = world.shelve(left="5")
    store = to_text("sto", StoreId(uuid.uuid4()))
    draft = world.draft(
        bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="2")), customer=customer, store_id=store
    )
    assert refused(lambda: world.issue(draft)).reason == "CREDIT_LIMIT_REACHED"
    assert set(world.inventory.left.values()) == {5}
    assert world.jobs("billing.release_stock") == []


def test_bills_at_once_share_one_limit(world: World) -> None:
    customer = world.customer(credit_limit=rupees(300))
    drafts = [world.draft(customer=customer) for _ in range(6)]
    answers: list[bill_pb2.Bill | Refusal] = at_once(6, lambda number: world.issue(drafts[number]))
    assert sum(isinstance(answer, bill_pb2.Bill) for answer in answers) == 2
    assert _balances(world, customer) == [(236, 0, False)]
