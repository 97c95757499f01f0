"""Customers are reminded of bills that wait to be paid."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_pb2, bill_service_pb2, customer_consent_pb2, customer_service_pb2
from google.type import date_pb2

from services.billing.domain.notices import BillReminder
from services.billing.usecases import tasks
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text
from services.kit.money import Money
from tests.services.billing.world import at_once, cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_PHONE = "+919876543210"
_DUE = date_pb2.Date(year=2030, month=1, day=15)


def _owed(world: World) -> bill_pb2.Bill:
    """118.00 INR, of a customer with a telephone."""
    return world.bill(customer=world.customer(phone=_PHONE), due_date=_DUE)


def _remind(world: World, bill: bill_pb2.Bill, request_id: str | None = None) -> bill_pb2.Bill:
    return world.bills.RemindBill(bill_service_pb2.RemindBillRequest(id=bill.id, request_id=request_id or new_id()))


def test_a_customer_is_reminded(world: World) -> None:
    bill = _owed(world)
    world.pay(bill, cash(rupees(18)))
    assert _remind(world, bill).id == bill.id
    world.work(tasks.TELL_REMINDER)
    world.work(tasks.TELL_REMINDER)
    (told,) = world.messenger.said(BillReminder)
    assert world.messenger.addresses(BillReminder) == [_PHONE]
    assert (told.bill_number, told.link) == (bill.number, bill.public_url)
    assert (told.amount, told.due_date) == (Money(10_000, "INR"), date(2030, 1, 15))


def test_of_instalments_the_next_is_named(world: World) -> None:
    parts = [
        bill_pb2.Instalment(due_date=date_pb2.Date(year=2030, month=month, day=1), amount=rupees(59))
        for month in (1, 2)
    ]
    bill = world.bill(customer=world.customer(phone=_PHONE), instalments=parts)
    world.pay(bill, cash(rupees(60)))
    _remind(world, bill)
    world.work(tasks.TELL_REMINDER)
    (told,) = world.messenger.said(BillReminder)
    assert (told.amount, told.due_date) == (Money(5_800, "INR"), date(2030, 2, 1))


def test_once_a_day_whoever_asks(world: World) -> None:
    bill = _owed(world)

    def attempt(_: int) -> bool:
        try:
            _remind(world, bill)
        except grpc.RpcError:
            return False
        return True

    assert at_once(6, attempt).count(True) == 1
    answer = refused(lambda: _remind(world, bill))
    assert (answer.code, answer.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REMINDED_RECENTLY")
    world.clock.advance(timedelta(hours=24))
    later = replace(world)
    _remind(later, bill)
    assert len(world.jobs(tasks.TELL_REMINDER)) == 2


def test_the_same_request_reminds_once(world: World) -> None:
    bill, request_id = _owed(world), new_id()
    assert _remind(world, bill, request_id) == _remind(world, bill, request_id)
    assert len(world.jobs(tasks.TELL_REMINDER)) == 1


def test_what_is_paid_meanwhile_is_not_asked_for(world: World) -> None:
    bill = _owed(world)
    _remind(world, bill)
    world.pay(bill, cash(rupees(118)))
    world.work(tasks.TELL_REMINDER)
    assert world.messenger.told == {}


def test_a_reminder_waits_while_notification_is_away(world: World) -> None:
    bill = _owed(world)
    _remind(world, bill)
    world.messenger.away = True
    with pytest.raises(PeerUnavailable):
        world.work(tasks.TELL_REMINDER)


def test_who_wants_no_messages_is_not_reminded(world: World) -> None:
    bill = _owed(world)
    taken_back = customer_consent_pb2.CustomerConsent(
        channel=customer_consent_pb2.CONSENT_CHANNEL_SMS,
        state=customer_consent_pb2.CUSTOMER_CONSENT_STATE_WITHDRAWN,
        source="Said so at the counter",
    )
    world.customers.RecordCustomerConsent(
        customer_service_pb2.RecordCustomerConsentRequest(
            customer_id=bill.customer_id, consent=taken_back, request_id=new_id()
        )
    )
    assert refused(lambda: _remind(world, bill)).reason == "CUSTOMER_WITHOUT_PHONE"


def test_what_cannot_be_asked_for(world: World) -> None:
    silent = world.bill()
    assert refused(lambda: _remind(world, silent)).reason == "CUSTOMER_WITHOUT_PHONE"
    assert refused(lambda: _remind(world, world.draft())).reason == "BILL_NOT_ISSUED"
    world.pay(silent, cash(rupees(118)))
    assert refused(lambda: _remind(world, silent)).reason == "BILL_PAID"
    void = _owed(world)
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=void.id, request_id=new_id(), reason="Mistake"))
    assert refused(lambda: _remind(world, void)).reason == "BILL_VOID"
    for bill_id in (silent.id, to_text("bill", uuid.uuid4())):
        strange = bill_pb2.Bill(id=bill_id)
        assert refused(lambda: _remind(world.neighbour(), strange)).reason == "BILL_NOT_FOUND"  # noqa: B023 - called at once
