"""Consents: a log that only grows, and what it keeps from being sent."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from billmesh.billing.v1 import customer_consent_pb2, customer_pb2, customer_service_pb2

from services.billing.domain.notices import BillIssued, PaymentReceived
from tests.services.billing.world import at_once, cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_SMS = customer_consent_pb2.CONSENT_CHANNEL_SMS
_EMAIL = customer_consent_pb2.CONSENT_CHANNEL_EMAIL
_GRANTED = customer_consent_pb2.CUSTOMER_CONSENT_STATE_GRANTED
_WITHDRAWN = customer_consent_pb2.CUSTOMER_CONSENT_STATE_WITHDRAWN
_PHONE = "+919845012345"


def _record(
    world: World, customer: customer_pb2.Customer, *, request_id: str | None = None, **fields: Any
) -> customer_consent_pb2.CustomerConsent:
    said: dict[str, Any] = {"channel": _SMS, "state": _GRANTED, "source": "form at the counter"}
    consent = customer_consent_pb2.CustomerConsent(**(said | fields))
    request = customer_service_pb2.RecordCustomerConsentRequest(
        customer_id=customer.id, consent=consent, request_id=request_id or new_id()
    )
    return world.customers.RecordCustomerConsent(request)


def _list(world: World, customer: customer_pb2.Customer, **more: Any) -> list[customer_consent_pb2.CustomerConsent]:
    request = customer_service_pb2.ListCustomerConsentsRequest(customer_id=customer.id, **more)
    return list(world.customers.ListCustomerConsents(request).consents)


def test_a_log_is_kept_and_paged(world: World) -> None:
    customer = world.customer()
    lines = []
    for state in (_GRANTED, _WITHDRAWN, _GRANTED):
        lines.append(_record(world, customer, state=state, channel=_EMAIL))
        world.clock.advance(timedelta(seconds=1))
    assert _list(world, customer) == lines[::-1]
    assert [line.source for line in lines] == ["form at the counter"] * 3
    request = customer_service_pb2.ListCustomerConsentsRequest(customer_id=customer.id, page_size=2)
    first = world.customers.ListCustomerConsents(request)
    assert len(first.consents) == 2
    assert _list(world, customer, page_size=2, page_token=first.next_page_token) == lines[:1]


def test_a_repeat_is_one_line(world: World) -> None:
    customer, request_id = world.customer(), new_id()
    answers = at_once(6, lambda _: _record(world, customer, request_id=request_id))
    assert all(answer == answers[0] for answer in answers)
    assert len(_list(world, customer)) == 1
    assert refused(partial(_record, world, customer, request_id=request_id, channel=_EMAIL)).reason == (
        "REQUEST_ID_REUSED"
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"channel": 0}, "consent.channel"),
        ({"channel": 9}, "consent.channel"),
        ({"state": 0}, "consent.state"),
        ({"source": ""}, "consent.source"),
        ({"source": "x" * 121}, "consent.source"),
        ({"source": "a\nb"}, "consent.source"),
    ],
)
def test_broken_lines_are_named(world: World, fields: dict[str, Any], field: str) -> None:
    assert refused(partial(_record, world, world.customer(), **fields)).fields == (field,)


def test_nothing_goes_by_sms_to_whom_took_that_back(world: World) -> None:
    customer = world.customer(phone=_PHONE)
    _record(world, customer, state=_WITHDRAWN, channel=_EMAIL)
    world.bill(customer=customer)
    world.work("billing.tell_bill")
    assert len(world.messenger.said(BillIssued)) == 1
    _record(world, customer, state=_GRANTED)
    world.clock.advance(timedelta(seconds=1))
    _record(world, customer, state=_WITHDRAWN)
    second = world.bill(customer=customer)
    world.pay(second, cash(rupees(118)))
    world.work("billing.tell_bill")
    world.work("billing.tell_receipt")
    assert (len(world.messenger.said(BillIssued)), len(world.messenger.said(PaymentReceived))) == (1, 0)
    world.clock.advance(timedelta(seconds=1))
    _record(world, customer, state=_GRANTED)
    world.work("billing.tell_bill")
    assert len(world.messenger.said(BillIssued)) == 2


def test_no_line_is_ever_changed(world: World) -> None:
    _record(world, world.customer())
    for statement in ("UPDATE billing.customer_consents SET granted = true", "DELETE FROM billing.customer_consents"):
        with world.superuser.cursor() as cursor, pytest.raises(psycopg2.errors.RestrictViolation):
            cursor.execute(statement)


def test_another_merchants_customer_has_no_log(world: World) -> None:
    customer, neighbour = world.customer(), world.neighbour()
    _record(world, customer)
    assert _list(neighbour, customer) == []
    assert refused(partial(_record, neighbour, customer)).reason == "CUSTOMER_NOT_FOUND"
