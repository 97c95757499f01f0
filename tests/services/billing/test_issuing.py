"""Issuing: numbers, stock, the ledger, and what is left when something dies half-way."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, customer_pb2, customer_service_pb2
from google.type import decimal_pb2

from services.billing.convert.bills import bill_to_proto
from services.billing.domain.bill import Bill
from services.billing.domain.ids import BillId
from services.billing.domain.notices import BillIssued
from services.billing.domain.taxes import plain
from services.billing.usecases import issuing, tasks
from services.kit import idempotency
from services.kit.errors import PeerUnavailable
from services.kit.ids import from_text, to_text
from tests.fakes.billing_peers import HELSINKI
from tests.harness import Refusal
from tests.services.billing.world import at_once, cash, euros, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from tests.services.billing.world import World

_STORE = to_text("sto", uuid.UUID("0199a000-0000-7000-8000-000000000001"))


class Died(BaseException):
    """A process that is killed: nothing of ours catches it."""


def _stocked(world: World, *, left: str = "10", quantity: str = "4") -> tuple[str, bill_pb2.Bill]:
    item = world.shelve(left=left)
    wanted = bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value=quantity))
    return item, world.draft(wanted, store_id=_STORE, customer=world.customer(phone="+919845012345"))


def _left(world: World) -> list[str]:
    return [plain(left) for left in world.inventory.left.values()]


def _void(world: World, bill: bill_pb2.Bill, *, request_id: str | None = None) -> bill_pb2.Bill:
    request = bill_service_pb2.VoidBillRequest(id=bill.id, reason="Wrong customer", request_id=request_id or new_id())
    return world.bills.VoidBill(request)


def test_issue_does_everything_at_once(world: World) -> None:
    world.configure(payment_terms_days=7, series_prefix="BLR")
    world.clock.moment = datetime(2026, 3, 31, 18, 29, tzinfo=UTC)  # 23:59 in India, the last minute of the year
    item, draft = _stocked(world)
    bill = world.issue(draft)
    assert bill.state == bill_pb2.BILL_STATE_ISSUED
    assert bill.number == "BLR/25-26/000001"
    assert (bill.issue_date.year, bill.issue_date.month, bill.issue_date.day) == (2026, 3, 31)
    assert (bill.due_date.month, bill.due_date.day) == (4, 7)
    assert bill.public_url.startswith("https://edge.test/b/")
    assert _left(world) == ["6"]
    assert world.get(bill) == bill
    assert bill.lines[0].item_id == item
    # 400.00 with 5 % inside.
    assert world.trial_balance() == {"RECEIVABLE": 40000, "SALES": -38096, "TAX:CGST": -952, "TAX:SGST": -952}
    world.work(tasks.TELL_BILL)
    ((notice, place),) = world.messenger.told.values()
    assert isinstance(notice.says, BillIssued)
    assert (place.address, notice.locale, notice.subject) == ("+919845012345", "en-IN", bill.id)
    assert (notice.says.bill_number, notice.says.link) == (bill.number, bill.public_url)
    assert (notice.says.total.minor, notice.says.merchant_name) == (40000, "Asha Stores")
    world.clock.moment += timedelta(minutes=1)
    assert world.bill().number == "BLR/26-27/000001"


def test_the_financial_year_follows_the_country(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    world.clock.moment = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)  # the first half hour of 2027 in Helsinki
    assert world.bill(line(euros(10), tax_code="VAT_STANDARD")).number == "INV/2027/000001"


def test_a_customer_without_telephone_gets_no_message(world: World) -> None:
    world.bill()
    assert world.jobs(tasks.TELL_BILL) == []


def test_a_bill_of_nothing_is_paid_at_once(world: World) -> None:
    bill = world.bill(discount=rupees(100))
    assert bill.state == bill_pb2.BILL_STATE_PAID
    assert world.trial_balance() == {}


def test_taxes_are_those_of_the_day_of_issue(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    world.clock.moment = datetime(2025, 12, 31, 12, tzinfo=UTC)
    draft = world.draft(line(euros(100), tax_code="VAT_REDUCED"))
    assert draft.totals.total == euros(114)
    world.clock.moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    world = replace(world)  # signs in again
    bill = world.issue(draft)
    assert bill.totals.total == euros(113, 50)
    assert world.get(bill) == bill


def test_the_printed_name_stays_what_it_was(world: World) -> None:
    customer = world.customer(display_name="Ravi", tax_id="27AAPFU0939F1ZV")
    draft = world.draft(customer=customer)
    renamed = customer_pb2.Customer(id=customer.id, display_name="Ravi & Sons")
    world.customers.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=renamed))
    bill = world.issue(draft)
    assert (bill.customer_name, bill.customer_tax_id) == ("Ravi & Sons", "27AAPFU0939F1ZV")
    renamed.display_name = "Someone Else"
    world.customers.UpdateCustomer(customer_service_pb2.UpdateCustomerRequest(customer=renamed))
    assert world.get(bill).customer_name == "Ravi & Sons"
    # The number is not readable in the database.
    assert world.query(
        "SELECT position('AAPFU'::bytea IN customer_tax_id) FROM billing.bills WHERE number = %s AND merchant_id = %s",
        bill.number,
        str(world.merchant),
    ) == [(0,)]


def test_a_repeat_is_the_same_bill(world: World) -> None:
    _, draft = _stocked(world)
    request_id = new_id()
    first = world.issue(draft, request_id=request_id)
    world.pay(first, cash(rupees(1)))
    assert world.issue(draft, request_id=request_id) == first
    assert _left(world) == ["6"]
    other = world.draft()
    answer = refused(lambda: world.issue(other, request_id=request_id))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")


@pytest.mark.parametrize("stocked", [True, False])
def test_fifty_repeats_at_once_are_one_bill(world: World, *, stocked: bool) -> None:
    draft = _stocked(world)[1] if stocked else world.draft()
    request_id = new_id()
    answers = at_once(50, lambda _: world.issue(draft, request_id=request_id))
    assert all(answer == answers[0] for answer in answers)
    assert isinstance(answers[0], bill_pb2.Bill)
    assert _left(world) == (["6"] if stocked else [])
    assert world.query("SELECT count(*) FROM billing.bill_numbers WHERE merchant_id = %s", str(world.merchant)) == [
        (1,)
    ]


def test_two_who_issue_the_same_bill_issue_it_once(world: World) -> None:
    _, draft = _stocked(world)
    answers = at_once(8, lambda _: world.issue(draft))
    issued = [answer for answer in answers if isinstance(answer, bill_pb2.Bill)]
    assert len(issued) == 1
    reasons = {answer.reason for answer in answers if isinstance(answer, Refusal)}
    assert reasons <= {"BILL_LOCKED", "ISSUE_IN_PROGRESS"}
    assert _left(world) == ["6"]


def test_many_issuers_leave_no_gap(world: World) -> None:
    customer = world.customer(phone="+919845012345")
    drafts = [world.draft(customer=customer) for _ in range(16)]
    # Every fourth is refused, which must not cost a number.
    answers = at_once(
        16,
        lambda number: world.bills.IssueBill(
            bill_service_pb2.IssueBillRequest(
                id=drafts[number].id, request_id=new_id(), etag="v0" if number % 4 == 0 else ""
            )
        ),
    )
    numbers = sorted(answer.number for answer in answers if isinstance(answer, bill_pb2.Bill))
    assert len(numbers) == 12
    assert [int(number.rpartition("/")[2]) for number in numbers] == list(range(1, 13))


def test_too_little_stock_leaves_a_draft(world: World) -> None:
    item, draft = _stocked(world, left="1.5")
    answer = refused(lambda: world.issue(draft))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "OUT_OF_STOCK")
    assert answer.metadata == {"items": f"{item}=1.5"}
    changed = world.bills.UpdateBill(
        bill_service_pb2.UpdateBillRequest(
            bill=bill_pb2.Bill(
                id=draft.id, lines=[bill_pb2.BillLine(item_id=item, quantity=decimal_pb2.Decimal(value="1.5"))]
            )
        )
    )
    assert world.issue(changed).state == bill_pb2.BILL_STATE_ISSUED
    assert _left(world) == ["0"]


def test_absent_stock_frees_the_draft_and_gives_back(world: World) -> None:
    def lose_the_answer() -> None:
        raise PeerUnavailable("inventory")

    _, draft = _stocked(world)
    world.inventory.after_take = lose_the_answer
    request_id = new_id()
    assert refused(lambda: world.issue(draft, request_id=request_id)).reason == "PEER_UNAVAILABLE"
    assert _left(world) == ["6"]
    world.inventory.after_take = lambda: None
    # The same call again is a new attempt; the old one's stock comes back by the job.
    assert world.issue(draft, request_id=request_id).state == bill_pb2.BILL_STATE_ISSUED
    world.work(tasks.RELEASE_STOCK)
    assert _left(world) == ["6"]


def _die() -> None:
    raise Died


@pytest.mark.parametrize("moment", ["before_take", "after_take"])
def test_a_process_that_dies_while_issuing_leaves_nothing(world: World, moment: str) -> None:
    _, draft = _stocked(world)
    setattr(world.inventory, moment, _die)
    _crash(world, draft)
    setattr(world.inventory, moment, lambda: None)
    # Nobody may touch the draft while the stock is in doubt; the job ends the doubt.
    assert refused(lambda: world.issue(draft)).reason == "ISSUE_IN_PROGRESS"
    assert (
        refused(lambda: world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id))).reason
        == "ISSUE_IN_PROGRESS"
    )
    world.work(tasks.RELEASE_STOCK)
    assert _left(world) == ["10"]
    assert world.get(draft) == draft
    assert world.trial_balance() == {}
    bill = world.issue(draft)
    assert bill.number.endswith("/000001")
    assert _left(world) == ["6"]
    world.work(tasks.RELEASE_STOCK)
    assert _left(world) == ["6"]


def test_the_same_call_again_finishes_what_a_dead_process_began(world: World) -> None:
    _, draft = _stocked(world)
    request_id = new_id()
    world.inventory.after_take = _die
    _crash(world, draft, request_id=request_id)
    world.inventory.after_take = lambda: None
    assert world.issue(draft, request_id=request_id).state == bill_pb2.BILL_STATE_ISSUED
    world.work(tasks.RELEASE_STOCK)
    assert _left(world) == ["6"]


def test_an_issue_that_comes_too_late_is_refused_and_costs_nothing(world: World) -> None:
    _, draft = _stocked(world)
    # The job runs between the stock and the second transaction.
    world.inventory.after_take = lambda: world.work(tasks.RELEASE_STOCK)
    answer = refused(lambda: world.issue(draft))
    assert (answer.code, answer.reason) == (grpc.StatusCode.ABORTED, "ISSUE_IN_PROGRESS")
    assert _left(world) == ["10"]
    world.inventory.after_take = lambda: None
    assert world.issue(draft).number.endswith("/000001")
    assert _left(world) == ["6"]


def _crash(world: World, draft: bill_pb2.Bill, **more: Any) -> None:
    """Issues in a process that dies on the way: the use case is called directly, as a server would survive it."""
    request = bill_service_pb2.IssueBillRequest(id=draft.id, **({"request_id": new_id()} | more))
    once: idempotency.Once[Bill, bill_pb2.Bill] = idempotency.once(
        request, bill_pb2.Bill, lambda bill: bill_to_proto(bill, links=world.deps.links), owner=world.merchant
    )
    with pytest.raises(Died):
        issuing.issue(world.deps, world.merchant, BillId(from_text("bill", draft.id)), etag="", by=None, once=once)


def test_a_void_bill_undoes_what_issuing_did(world: World) -> None:
    _, draft = _stocked(world)
    bill = world.issue(draft)
    request_id = new_id()
    voided = _void(world, bill, request_id=request_id)
    assert (voided.state, voided.number, voided.void_reason) == (
        bill_pb2.BILL_STATE_VOID,
        bill.number,
        "Wrong customer",
    )
    assert voided.totals.outstanding == rupees(0)
    assert voided.totals.total == bill.totals.total
    assert world.get(bill) == voided
    assert _void(world, bill, request_id=request_id) == voided
    assert world.trial_balance() == {}
    world.work(tasks.RELEASE_STOCK)
    world.work(tasks.RELEASE_STOCK)
    assert _left(world) == ["10"]
    assert refused(lambda: _void(world, bill)).reason == "BILL_VOID"
    assert refused(lambda: world.pay(bill, cash(rupees(1)))).reason == "BILL_VOID"
    world.work(tasks.TELL_BILL)
    assert world.messenger.told == {}


def test_what_was_paid_on_cannot_be_voided(world: World) -> None:
    bill = world.bill()
    world.pay(bill, upi(rupees(1)))
    assert refused(lambda: _void(world, bill)).reason == "BILL_HAS_PAYMENTS"
    assert refused(lambda: _void(world, world.draft())).reason == "BILL_NOT_ISSUED"


def test_another_merchants_bill_is_no_bill(world: World) -> None:
    bill = world.bill()
    stranger = world.neighbour().bills
    absent = to_text("bill", uuid.UUID(int=1))

    def calls(bill_id: str) -> list[Refusal]:
        return [
            refused(lambda: stranger.GetBill(bill_service_pb2.GetBillRequest(id=bill_id))),
            refused(lambda: stranger.IssueBill(bill_service_pb2.IssueBillRequest(id=bill_id, request_id=new_id()))),
            refused(lambda: stranger.DeleteBill(bill_service_pb2.DeleteBillRequest(id=bill_id))),
            refused(
                lambda: stranger.VoidBill(bill_service_pb2.VoidBillRequest(id=bill_id, request_id=new_id(), reason="x"))
            ),
            refused(
                lambda: stranger.UpdateBill(
                    bill_service_pb2.UpdateBillRequest(bill=bill_pb2.Bill(id=bill_id, note="x"))
                )
            ),
        ]

    answers = calls(bill.id)
    assert answers == calls(absent)
    assert {(answer.code, answer.reason) for answer in answers} == {(grpc.StatusCode.NOT_FOUND, "BILL_NOT_FOUND")}
    assert not stranger.ListBills(bill_service_pb2.ListBillsRequest()).bills
