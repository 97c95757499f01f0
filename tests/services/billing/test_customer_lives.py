"""Customers who are merged, erased and deleted: nothing owed is lost, and nothing personal stays."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
from billmesh.billing.v1 import (
    balance_pb2,
    balance_service_pb2,
    balance_service_pb2_grpc,
    bill_pb2,
    bill_service_pb2,
    customer_consent_pb2,
    customer_pb2,
    customer_service_pb2,
    customer_statement_pb2,
    public_balance_service_pb2,
    public_balance_service_pb2_grpc,
)

from services.billing.usecases import invariants
from services.kit.ids import from_text, to_text
from tests.harness import Refusal
from tests.services.billing.world import at_once, card, cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_PHONE = "+919845012345"


def _get(world: World, customer: customer_pb2.Customer) -> customer_pb2.Customer:
    return world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer.id))


def _merge(
    world: World, survivor: customer_pb2.Customer, duplicate: customer_pb2.Customer, request_id: str = ""
) -> customer_pb2.Customer:
    request = customer_service_pb2.MergeCustomersRequest(
        id=survivor.id, duplicate_id=duplicate.id, request_id=request_id or new_id()
    )
    return world.customers.MergeCustomers(request)


def _erase(world: World, customer: customer_pb2.Customer) -> customer_pb2.Customer:
    return world.customers.EraseCustomer(customer_service_pb2.EraseCustomerRequest(id=customer.id))


def _delete(world: World, customer: customer_pb2.Customer) -> None:
    world.customers.DeleteCustomer(customer_service_pb2.DeleteCustomerRequest(id=customer.id))


def _stands(world: World, customer: customer_pb2.Customer) -> list[tuple[int, int]]:
    return [(each.owed.units, each.credit.units) for each in _get(world, customer).balances]


def _listed(world: World, **only: Any) -> set[str]:
    answer = world.customers.ListCustomers(customer_service_pb2.ListCustomersRequest(**only))
    return {customer.id for customer in answer.customers}


def _actions(world: World) -> list[tuple[str, str]]:
    return world.query(
        """
        SELECT args->'event'->>'action', args->'event'->>'target_id' FROM billing.procrastinate_jobs
        WHERE args->'event'->>'merchant_id' = %s ORDER BY id
        """,
        to_text("mer", world.merchant),
    )


def _ask(world: World, customer: customer_pb2.Customer) -> balance_pb2.BalanceConfirmation:
    stub = balance_service_pb2_grpc.BalanceServiceStub(world.staff(world.merchant))
    request = balance_service_pb2.RequestBalanceConfirmationRequest(customer_id=customer.id, request_id=new_id())
    return stub.RequestBalanceConfirmation(request)


def test_two_become_one_with_all_that_was_theirs(world: World) -> None:
    ravi = world.customer(display_name="Ravi", tags=["a"], note="Tall")
    double = world.customer(
        display_name="R. Kumar", phone=_PHONE, email="r@example.com", tax_id="27AAPFU0939F1ZV", tags=["b"], note="Loud"
    )
    world.bill(customer=ravi)
    theirs = world.bill(customer=double)
    world.pay(world.bill(customer=double), cash(rupees(200)))
    draft = world.draft(customer=double)
    before = world.trial_balance()
    merged = _merge(world, ravi, double)
    assert (merged.id, merged.display_name, merged.phone, merged.email) == (ravi.id, "Ravi", _PHONE, "r@example.com")
    assert (merged.tax_id, merged.region_code, list(merged.tags)) == ("27AAPFU0939F1ZV", "27", ["a", "b"])
    assert merged.note == "Tall\nLoud"
    assert [(each.owed.units, each.credit.units) for each in merged.balances] == [(236, 82)]
    assert _get(world, ravi) == merged
    assert world.trial_balance() == before
    assert _stands(world, double) == [(0, 0)]
    # Bills are the customer's now, with the name on them that was printed.
    moved = world.get(theirs)
    assert (moved.customer_id, moved.customer_name) == (ravi.id, "R. Kumar")
    world.pay(theirs, card(rupees(118)))
    assert _stands(world, ravi) == [(118, 82)]
    assert world.issue(draft).customer_name == "Ravi"
    bills = world.bills.ListBills(bill_service_pb2.ListBillsRequest(customer_id=ravi.id)).bills
    assert len(bills) == 4
    assert ("customer.merged", ravi.id) in _actions(world)


def test_the_duplicate_is_an_empty_pointer(world: World) -> None:
    first, second, third = (world.customer(display_name=name) for name in "ABC")
    _merge(world, second, third)
    _merge(world, first, second)
    for gone in (second, third):
        left = _get(world, gone)
        assert (left.merged_into, left.display_name, left.phone) == (first.id, "", "")
        change = customer_service_pb2.UpdateCustomerRequest(customer=customer_pb2.Customer(id=gone.id, note="x"))
        for call in (
            partial(world.customers.UpdateCustomer, change),
            partial(world.draft, customer=gone),
            partial(_merge, world, first, gone),
            partial(_erase, world, gone),
            partial(_ask, world, gone),
        ):
            answer = refused(call)
            assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CUSTOMER_CLOSED")
            assert answer.metadata == {"customer_id": first.id}
    assert _listed(world) == {first.id}


def test_the_statement_tells_of_a_merge(world: World) -> None:
    ravi, double = world.customer(), world.customer()
    world.bill(customer=double)
    _merge(world, ravi, double)

    def rows(customer: customer_pb2.Customer) -> list[tuple[int, int, int]]:
        found = world.customers.GetStatement(customer_service_pb2.GetStatementRequest(id=customer.id))
        return sorted((row.kind, row.amount.units, row.balance.units) for row in found.rows)

    bill, merge = customer_statement_pb2.STATEMENT_ROW_KIND_BILL, customer_statement_pb2.STATEMENT_ROW_KIND_MERGE
    assert rows(ravi) == [(merge, 118, 118)]
    assert [kind for kind, _, _ in rows(double)] == [bill, merge]
    assert sum(amount for _, amount, _ in rows(double)) == 0


def test_what_was_taken_back_stays_so(world: World) -> None:
    ravi, double = world.customer(), world.customer(phone=_PHONE)
    consent = customer_consent_pb2.CustomerConsent(
        channel=customer_consent_pb2.CONSENT_CHANNEL_SMS,
        state=customer_consent_pb2.CUSTOMER_CONSENT_STATE_WITHDRAWN,
        source="call",
    )
    world.customers.RecordCustomerConsent(
        customer_service_pb2.RecordCustomerConsentRequest(customer_id=double.id, consent=consent, request_id=new_id())
    )
    _merge(world, ravi, double)
    world.bill(customer=ravi)
    world.work("billing.tell_bill")
    assert world.messenger.told == {}


def test_a_merge_happens_once(world: World) -> None:
    ravi, double = world.customer(), world.customer()
    world.bill(customer=double)
    request_id = new_id()
    answers = at_once(4, lambda _: _merge(world, ravi, double, request_id))
    assert all(answer == answers[0] for answer in answers)
    assert _stands(world, ravi) == [(118, 0)]
    assert refused(partial(_merge, world, ravi, ravi)).fields == ("duplicate_id",)


def test_merges_both_ways_at_once_are_one(world: World) -> None:
    for _ in range(3):
        pair = [world.customer(display_name=name) for name in ("Ravi", "Ravi K.")]
        bills = [world.bill(customer=customer) for customer in pair for _ in range(3)]
        answers = at_once(2, lambda number: _merge(world, pair[number], pair[1 - number]))  # noqa: B023 - called at once
        (refusal,) = [answer for answer in answers if isinstance(answer, Refusal)]
        (merged,) = [answer for answer in answers if not isinstance(answer, Refusal)]
        assert refusal.reason == "CUSTOMER_CLOSED"
        assert {world.get(bill).customer_id for bill in bills} == {merged.id}
        assert _stands(world, merged) == [(6 * 118, 0)]


def test_merges_round_a_circle_leave_one(world: World) -> None:
    circle = [world.customer(display_name=name) for name in ("A", "B", "C", "D")]
    for customer in circle:
        world.bill(customer=customer)
    at_once(4, lambda number: _merge(world, circle[number], circle[(number + 1) % 4]))
    # Whoever came first: nobody is merged into one who is merged, and all that is owed is still owed.
    left = [found for found in map(partial(_get, world), circle) if not found.merged_into]
    pointers = {found.merged_into for found in map(partial(_get, world), circle) if found.merged_into}
    assert pointers <= {customer.id for customer in left}
    assert sum(owed for customer in left for owed, _ in _stands(world, customer)) == 4 * 118
    assert not invariants.check(world.deps, world.merchant)


def test_a_merge_beside_payments_loses_nothing(world: World) -> None:
    ravi, double = world.customer(), world.customer()
    bills = [world.bill(customer=double) for _ in range(6)]

    def act(number: int) -> object:
        return _merge(world, ravi, double) if number == 0 else world.pay(bills[number - 1], cash(rupees(200)))

    answers = at_once(7, act)
    paid = sum(not isinstance(answer, customer_pb2.Customer) and hasattr(answer, "legs") for answer in answers)
    assert isinstance(answers[0], customer_pb2.Customer)
    assert _stands(world, ravi) == [(118 * (6 - paid), 82 * paid)]
    assert _stands(world, double) == [(0, 0)]


def test_an_erased_customer_leaves_nothing_personal(world: World) -> None:
    customer = world.customer(
        display_name="Ravi Kumar",
        phone=_PHONE,
        email="r@example.com",
        tax_id="27AAPFU0939F1ZV",
        note="Tall",
        tags=["a"],
    )
    bill = world.bill(customer=customer)
    assert refused(partial(_erase, world, customer)).metadata == {"why": "BALANCE"}
    world.pay(bill, cash(rupees(118)))
    draft = world.draft(customer=customer)
    assert refused(partial(_erase, world, customer)).metadata == {"why": "DRAFTS"}
    world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id))
    token = _ask(world, customer).link.rpartition("/")[2]
    public = public_balance_service_pb2_grpc.PublicBalanceServiceStub(world.harness.anonymous())
    public.AnswerBalance(
        public_balance_service_pb2.AnswerBalanceRequest(
            token=token, answer=balance_pb2.BALANCE_ANSWER_DISPUTE, note="My number is 9845012345"
        )
    )
    erased = _erase(world, customer)
    assert erased.HasField("erase_time")
    bare = customer_pb2.Customer(
        id=customer.id, create_time=customer.create_time, erase_time=erased.erase_time, etag=erased.etag
    )
    assert erased == bare
    assert _erase(world, customer) == erased
    see = public_balance_service_pb2.GetPublicBalanceRequest(token=token)
    assert refused(partial(public.GetPublicBalance, see)).reason == "BALANCE_LINK_NOT_FOUND"
    assert world.query(
        "SELECT answer_note FROM billing.balance_confirmations WHERE merchant_id = %s", str(world.merchant)
    ) == [(None,)]
    # What tax law wants kept is kept; the number is free for somebody else.
    assert world.get(bill).customer_name == "Ravi Kumar"
    assert _listed(world) == set()
    assert world.customer(phone=_PHONE).id != customer.id
    assert refused(partial(world.draft, customer=customer)).reason == "CUSTOMER_CLOSED"
    assert _actions(world).count(("customer.erased", customer.id)) == 1


def test_a_draft_that_slipped_in_is_not_issued(world: World) -> None:
    customer = world.customer()
    draft = world.draft(customer=customer)
    with world.superuser.cursor() as cursor:
        cursor.execute(
            "UPDATE billing.customers SET erase_time = now() WHERE id = %s", (str(from_text("cus", customer.id)),)
        )
    assert refused(partial(world.issue, draft)).reason == "CUSTOMER_CLOSED"
    assert world.get(draft).state == bill_pb2.BILL_STATE_DRAFT


def test_only_who_was_never_billed_is_deleted(world: World) -> None:
    customer, billed, asked = world.customer(phone=_PHONE), world.customer(), world.customer()
    _delete(world, customer)
    assert refused(partial(_get, world, customer)).reason == "CUSTOMER_NOT_FOUND"
    assert refused(partial(_delete, world, customer)).reason == "CUSTOMER_NOT_FOUND"
    world.draft(customer=billed)
    _ask(world, asked)
    for used in (billed, asked):
        answer = refused(partial(_delete, world, used))
        assert (answer.reason, answer.metadata) == ("CUSTOMER_IN_USE", {"why": "HISTORY"})
    assert _actions(world) == [("customer.deleted", customer.id)]


def test_another_merchants_customers_are_left_alone(world: World) -> None:
    first, second, neighbour = world.customer(), world.customer(), world.neighbour()
    for call in (
        partial(_merge, neighbour, first, second),
        partial(_merge, neighbour, neighbour.customer(), second),
        partial(_erase, neighbour, first),
        partial(_delete, neighbour, first),
    ):
        assert refused(call).reason == "CUSTOMER_NOT_FOUND"
    assert _listed(world) == {first.id, second.id}
