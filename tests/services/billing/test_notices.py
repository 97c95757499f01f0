"""Customers are told what happens to their bills: once, where they want it, and never against their word."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    customer_consent_pb2,
    customer_pb2,
    customer_service_pb2,
    payment_pb2,
    payment_service_pb2,
)
from google.rpc.error_details_pb2 import ErrorInfo

from services.billing.domain.consent import Channel, places
from services.billing.domain.notices import (
    BillIssued,
    BillReminder,
    BillVoided,
    CreditNoteIssued,
    CreditRefunded,
    PaymentReceived,
    PaymentRefunded,
    PaymentRejected,
    Place,
)
from services.billing.domain.payment import MethodKind
from services.billing.usecases import tasks
from services.kit.errors import PeerRefused, PeerUnavailable
from services.kit.failure import Kind
from services.kit.ids import to_text
from services.kit.money import Money
from tests.services.billing.world import cash, cheque, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from tests.services.billing.world import World

_PHONE, _EMAIL = "+919876543210", "ravi@mail.test"
_SMS, _MAIL = Place(Channel.SMS, _PHONE), Place(Channel.EMAIL, _EMAIL)
_TELLING = (
    tasks.TELL_BILL,
    tasks.TELL_RECEIPT,
    tasks.TELL_REMINDER,
    tasks.TELL_REFUND,
    tasks.TELL_CREDIT_NOTE,
    tasks.TELL_REJECTION,
    tasks.TELL_VOID,
)


def _work(world: World) -> None:
    """Everything that is to be told is told, twice."""
    for task in _TELLING * 2:
        world.work(task)


def _say(world: World, customer: customer_pb2.Customer, channel: str, *, granted: bool) -> None:
    consent = customer_consent_pb2.CustomerConsent(
        channel=customer_consent_pb2.ConsentChannel.Value(f"CONSENT_CHANNEL_{channel}"),
        state=customer_consent_pb2.CUSTOMER_CONSENT_STATE_GRANTED
        if granted
        else customer_consent_pb2.CUSTOMER_CONSENT_STATE_WITHDRAWN,
        source="At the counter",
    )
    request = customer_service_pb2.RecordCustomerConsentRequest(
        customer_id=customer.id, consent=consent, request_id=new_id()
    )
    world.customers.RecordCustomerConsent(request)


def _reject(world: World, payment: payment_pb2.Payment, *legs: int) -> None:
    request = payment_service_pb2.RejectPaymentRequest(
        id=payment.id, leg_ids=[payment.legs[leg].id for leg in legs], reason="Bounced", request_id=new_id()
    )
    world.payments.RejectPayment(request)


def _void(world: World, bill: bill_pb2.Bill) -> None:
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, request_id=new_id(), reason="Mistake"))


@pytest.mark.parametrize(
    ("phone", "email", "granted", "expected"),
    [
        (_PHONE, "", {}, (_SMS,)),
        ("", _EMAIL, {}, (_MAIL,)),
        (_PHONE, _EMAIL, {}, (_SMS,)),
        (_PHONE, _EMAIL, {Channel.EMAIL: True}, (_SMS, _MAIL)),
        (_PHONE, _EMAIL, {Channel.SMS: True, Channel.EMAIL: True}, (_SMS, _MAIL)),
        (_PHONE, _EMAIL, {Channel.SMS: False}, (_MAIL,)),
        (_PHONE, _EMAIL, {Channel.EMAIL: False}, (_SMS,)),
        (_PHONE, _EMAIL, {Channel.SMS: False, Channel.EMAIL: False}, ()),
        (_PHONE, "", {Channel.SMS: False}, ()),
        ("", _EMAIL, {Channel.EMAIL: False}, ()),
        (_PHONE, "", {Channel.EMAIL: True}, (_SMS,)),
        (_PHONE, _EMAIL, {Channel.WHATSAPP: False, Channel.CALL: False}, (_SMS,)),
        ("", "", {Channel.SMS: True, Channel.EMAIL: True}, ()),
    ],
)
def test_where_a_customer_is_told(
    phone: str, email: str, granted: dict[Channel, bool], expected: tuple[Place, ...]
) -> None:
    assert places(phone, email, granted) == expected
    assert all(place.address not in repr(place) for place in expected)


def test_a_refund(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    world.refund(world.pay(bill, cash(rupees(118))), rupees(18))
    _work(world)
    (told,) = world.messenger.said(PaymentRefunded)
    assert (told.amount, told.method, told.bill_number) == (Money(1800, "INR"), MethodKind.CASH, bill.number)
    assert (told.link, told.merchant_name) == (bill.public_url, "Asha Stores")


def test_credit_that_is_paid_out(world: World) -> None:
    customer = world.customer(phone=_PHONE)
    world.pay(world.bill(customer=customer), cash(rupees(200)))
    world.refund_credit(customer, rupees(50))
    _work(world)
    (told,) = world.messenger.said(CreditRefunded)
    assert (told.amount, told.method) == (Money(5000, "INR"), MethodKind.CASH)


def test_a_credit_note(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    note = world.credit(bill, {1: "0.5"})
    _work(world)
    (told,) = world.messenger.said(CreditNoteIssued)
    assert (told.credit_note_number, told.bill_number) == (note.number, bill.number)
    assert (told.amount, told.outstanding) == (Money(5900, "INR"), Money(5900, "INR"))


def test_cheques_that_bounce_each_once(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    payment = world.pay(bill, cheque(rupees(50), cleared=True), cheque(rupees(60), "000124"))
    _reject(world, payment, 0)
    _reject(world, payment, 1)
    _work(world)
    told = world.messenger.said(PaymentRejected)
    assert [(one.amount.minor, one.outstanding.minor) for one in told] == [(5000, 11800), (6000, 11800)]
    assert {one.link for one in told} == {bill.public_url}


def test_what_is_rejected_on_a_withdrawn_bill_is_asked_for_by_nobody(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    payment = world.pay(bill, cheque(rupees(50)))
    _reject(world, payment, 0)
    _void(world, bill)
    _work(world)
    assert world.messenger.said(PaymentRejected) == []


def test_a_withdrawn_bill_that_the_customer_knows(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    world.work(tasks.TELL_BILL)
    _void(world, bill)
    _work(world)
    (told,) = world.messenger.said(BillVoided)
    assert (told.bill_number, told.total) == (bill.number, Money(11800, "INR"))


def test_a_withdrawn_bill_that_nobody_was_told_of(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    _void(world, bill)
    _work(world)
    assert world.messenger.told == {}


def test_a_bill_that_is_withdrawn_while_it_is_sent(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))

    def void() -> None:
        world.messenger.before = lambda: None
        _void(world, bill)
        world.work(tasks.TELL_VOID)

    world.messenger.before = void
    world.work(tasks.TELL_BILL)
    assert (len(world.messenger.said(BillIssued)), len(world.messenger.said(BillVoided))) == (1, 0)
    _, again = world.jobs(tasks.TELL_VOID)
    world.tasks[tasks.TELL_VOID](**again)
    assert len(world.messenger.said(BillVoided)) == 1


def test_that_it_was_sent_stands_in_the_bills_history_once(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    world.bill()
    _work(world)
    rows = world.query(
        "SELECT bill_id FROM billing.bill_events WHERE merchant_id = %s AND kind = 'SENT'", str(world.merchant)
    )
    assert [to_text("bill", uuid.UUID(bill_id)) for (bill_id,) in rows] == [bill.id]


def test_by_email_where_there_is_no_phone(world: World) -> None:
    customer = world.customer(email=_EMAIL)
    bill = world.bill(customer=customer)
    world.bills.RemindBill(bill_service_pb2.RemindBillRequest(id=bill.id, request_id=new_id()))
    world.work(tasks.TELL_BILL)
    world.work(tasks.TELL_REMINDER)
    payment = world.pay(bill, cash(rupees(118)))
    world.refund(payment, rupees(18))
    world.credit(bill)
    _work(world)
    kinds = (BillIssued, BillReminder, PaymentReceived, PaymentRefunded, CreditNoteIssued)
    assert [world.messenger.addresses(kind) for kind in kinds] == [[_EMAIL]] * 5
    assert {place.channel for _, place in world.messenger.told.values()} == {Channel.EMAIL}


def test_both_ways_if_the_customer_said_so(world: World) -> None:
    customer = world.customer(phone=_PHONE, email=_EMAIL)
    _say(world, customer, "EMAIL", granted=True)
    world.bill(customer=customer)
    _work(world)
    assert world.messenger.addresses(BillIssued) == [_PHONE, _EMAIL]


def test_what_was_taken_back_stops_everything(world: World) -> None:
    customer = world.customer(phone=_PHONE, email=_EMAIL)
    bill = world.bill(customer=customer)
    world.work(tasks.TELL_BILL)
    world.messenger.told.clear()
    world.clock.advance(timedelta(seconds=1))
    _say(world, customer, "SMS", granted=False)
    payment = world.pay(bill, cash(rupees(200)), cheque(rupees(50)))
    world.refund(payment, rupees(18))
    _work(world)
    assert {place.channel for _, place in world.messenger.told.values()} == {Channel.EMAIL}
    world.messenger.told.clear()
    world.clock.advance(timedelta(seconds=1))
    _say(world, customer, "EMAIL", granted=False)
    _reject(world, payment, 1)
    world.credit(bill)
    world.refund_credit(customer, rupees(10))
    other = world.bill(customer=customer)
    _void(world, other)
    _work(world)
    assert world.messenger.told == {}
    assert (
        refused(
            lambda: world.bills.RemindBill(
                bill_service_pb2.RemindBillRequest(id=world.bill(customer=customer).id, request_id=new_id())
            )
        ).reason
        == "CUSTOMER_WITHOUT_PHONE"
    )


@pytest.mark.parametrize("task", [tasks.TELL_REFUND, tasks.TELL_CREDIT_NOTE, tasks.TELL_REJECTION])
def test_it_waits_while_notification_is_away(world: World, task: str) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    payment = world.pay(bill, cash(rupees(50)), cheque(rupees(20)))
    world.refund(payment, rupees(10))
    world.credit(bill, {1: "0.1"})
    _reject(world, payment, 1)
    world.messenger.away = True
    with pytest.raises(PeerUnavailable):
        world.work(task)
    world.messenger.away = False
    world.work(task)
    assert len(world.messenger.told) == 1


def test_a_place_that_is_refused_keeps_no_other_from_being_told(world: World) -> None:
    customer = world.customer(phone=_PHONE, email=_EMAIL)
    _say(world, customer, "EMAIL", granted=True)
    world.bill(customer=customer)
    invalid = ErrorInfo(reason="PHONE_INVALID")
    refusals = [PeerRefused(Kind.INVALID, invalid, "No.", fields=(), retry_after=None)]

    def refuse() -> None:
        if refusals:
            raise refusals.pop()

    world.messenger.before = refuse
    world.work(tasks.TELL_BILL)
    assert world.messenger.addresses(BillIssued) == [_EMAIL]


def test_what_is_undone_is_told_by_nobody(world: World) -> None:
    bill = world.bill(customer=world.customer(phone=_PHONE))
    payment = world.pay(bill, upi(rupees(50)))
    assert refused(lambda: world.refund(payment, rupees(51))).reason == "REFUND_TOO_HIGH"
    assert world.jobs(tasks.TELL_REFUND) == []
