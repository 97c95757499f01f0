"""Balances that customers confirm or dispute by a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import (
    balance_pb2,
    balance_service_pb2,
    balance_service_pb2_grpc,
    customer_pb2,
    customer_service_pb2,
    public_balance_service_pb2,
    public_balance_service_pb2_grpc,
)
from google.api import httpbody_pb2

from services.billing.domain.notices import BalanceConfirmation
from services.kit.ids import to_text
from tests.services.billing.world import at_once, cash, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

CONFIRM, DISPUTE = balance_pb2.BALANCE_ANSWER_CONFIRM, balance_pb2.BALANCE_ANSWER_DISPUTE
OPEN = balance_pb2.BALANCE_CONFIRMATION_STATE_OPEN
CONFIRMED = balance_pb2.BALANCE_CONFIRMATION_STATE_CONFIRMED
DISPUTED = balance_pb2.BALANCE_CONFIRMATION_STATE_DISPUTED
EXPIRED = balance_pb2.BALANCE_CONFIRMATION_STATE_EXPIRED
_PHONE = "+919845012345"


def _staff(world: World) -> balance_service_pb2_grpc.BalanceServiceStub:
    return balance_service_pb2_grpc.BalanceServiceStub(world.staff(world.merchant))


def _anyone(world: World) -> public_balance_service_pb2_grpc.PublicBalanceServiceStub:
    return public_balance_service_pb2_grpc.PublicBalanceServiceStub(world.harness.anonymous())


def _ask(world: World, customer: customer_pb2.Customer, **more: Any) -> balance_pb2.BalanceConfirmation:
    request = balance_service_pb2.RequestBalanceConfirmationRequest(
        customer_id=customer.id, **({"request_id": new_id()} | more)
    )
    return _staff(world).RequestBalanceConfirmation(request)


def _get(world: World, asked: balance_pb2.BalanceConfirmation) -> balance_pb2.BalanceConfirmation:
    return _staff(world).GetBalanceConfirmation(balance_service_pb2.GetBalanceConfirmationRequest(id=asked.id))


def _token(asked: balance_pb2.BalanceConfirmation) -> str:
    return asked.link.rpartition("/c/")[2]


def _see(world: World, token: str) -> balance_pb2.PublicBalance:
    request = public_balance_service_pb2.GetPublicBalanceRequest(token=token)
    return _anyone(world).GetPublicBalance(request)


def _answer(
    world: World, token: str, answer: balance_pb2.BalanceAnswer.ValueType, note: str = ""
) -> balance_pb2.PublicBalance:
    request = public_balance_service_pb2.AnswerBalanceRequest(token=token, answer=answer, note=note)
    return _anyone(world).AnswerBalance(request)


def _list(world: World, **more: Any) -> list[str]:
    answer = _staff(world).ListBalanceConfirmations(balance_service_pb2.ListBalanceConfirmationsRequest(**more))
    return [each.id for each in answer.confirmations]


def _page(world: World, token: str, form: bytes | None = None) -> tuple[dict[str, str], str]:
    """Headers and text of the page, or of what its form is answered with."""
    if form is None:
        page = public_balance_service_pb2.GetBalancePageRequest(token=token)
        answer, call = _anyone(world).GetBalancePage.with_call(page)
    else:
        body = httpbody_pb2.HttpBody(content_type="application/x-www-form-urlencoded", data=form)
        sent = public_balance_service_pb2.AnswerBalancePageRequest(token=token, form=body)
        answer, call = _anyone(world).AnswerBalancePage.with_call(sent)
    return {key: str(value) for key, value in call.initial_metadata()}, answer.data.decode()


def test_a_customer_is_asked_and_confirms(world: World) -> None:
    customer = world.customer(phone=_PHONE, locale="hi-IN")
    world.bill(customer=customer)
    asked = _ask(world, customer)
    assert (asked.state, asked.owed, asked.credit) == (OPEN, rupees(118), rupees(0))
    assert asked.expire_time.ToDatetime() - asked.create_time.ToDatetime() == timedelta(days=30)
    world.work("billing.tell_balance")
    ((notice, place),) = world.messenger.told.values()
    question = notice.says
    assert isinstance(question, BalanceConfirmation)
    assert (place.address, notice.locale, question.link) == (_PHONE, "hi-IN", asked.link)
    assert (str(question.owed), str(question.credit)) == ("118.00 INR", "0.00 INR")
    # What happens later does not change what was asked.
    world.bill(customer=customer)
    seen = _see(world, _token(asked))
    assert (seen.customer_name, seen.owed, seen.state, seen.date) == ("Ravi Kumar", rupees(118), OPEN, asked.date)
    assert seen.merchant_name
    answered = _answer(world, _token(asked).upper(), CONFIRM, note=" Thanks\n")
    assert (answered.state, answered.note) == (CONFIRMED, "Thanks")
    found = _get(world, asked)
    assert (found.state, found.note, found.HasField("answer_time")) == (CONFIRMED, "Thanks", True)


def test_the_first_answer_stands(world: World) -> None:
    asked = _ask(world, world.customer())
    first = _answer(world, _token(asked), DISPUTE, note="I paid")
    assert _answer(world, _token(asked), DISPUTE, note="Again") == first
    answer = refused(partial(_answer, world, _token(asked), CONFIRM))
    assert (answer.code, answer.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "BALANCE_ANSWERED")
    assert answer.metadata == {"state": "DISPUTED"}
    other = _ask(world, world.customer(display_name="Other"))
    answers = at_once(6, lambda number: _answer(world, _token(other), CONFIRM if number % 2 else DISPUTE))
    states = {each.state for each in answers if isinstance(each, balance_pb2.PublicBalance)}
    assert len(states) == 1


def test_credit_is_asked_about_too_and_currencies_apart(world: World) -> None:
    customer = world.customer()
    world.pay(world.bill(customer=customer), cash(rupees(200)))
    asked = _ask(world, customer)
    assert (asked.owed, asked.credit) == (rupees(0), rupees(82))
    euros = _ask(world, customer, currency_code="EUR")
    assert (euros.owed.currency_code, euros.owed.units) == ("EUR", 0)
    assert refused(partial(_ask, world, customer, currency_code="XXX")).fields == ("currency_code",)
    # Nobody is told without a telephone number; the merchant may pass the link on.
    assert world.jobs("billing.tell_balance") == []


def test_a_repeat_asks_once(world: World) -> None:
    customer = world.customer(phone=_PHONE)
    request_id = new_id()
    answers = at_once(6, lambda _: _ask(world, customer, request_id=request_id))
    assert all(answer == answers[0] for answer in answers)
    assert len(_list(world)) == len(world.jobs("billing.tell_balance")) == 1
    again = refused(partial(_ask, world, customer, request_id=request_id, currency_code="EUR"))
    assert again.reason == "REQUEST_ID_REUSED"


def test_lists_filter_by_customer_and_state(world: World) -> None:
    ravi, rani = world.customer(), world.customer(display_name="Rani")
    first, second, third = _ask(world, ravi), _ask(world, ravi), _ask(world, rani)
    _answer(world, _token(first), CONFIRM)
    _answer(world, _token(third), DISPUTE)
    assert set(_list(world)) == {first.id, second.id, third.id}
    assert set(_list(world, customer_id=ravi.id)) == {first.id, second.id}
    assert (_list(world, state=OPEN), _list(world, state=EXPIRED)) == ([second.id], [])
    assert (_list(world, state=CONFIRMED), _list(world, state=DISPUTED)) == ([first.id], [third.id])
    assert _list(world, state=DISPUTED, customer_id=ravi.id) == []
    world.clock.advance(timedelta(days=30))
    later = replace(world)
    assert (_list(later, state=OPEN), _list(later, state=EXPIRED)) == ([], [second.id])
    assert _get(later, second).state == EXPIRED
    for token in (_token(second), _token(first)):
        assert refused(partial(_see, later, token)).reason == "BALANCE_LINK_NOT_FOUND"
        assert refused(partial(_answer, later, token, CONFIRM)).reason == "BALANCE_LINK_NOT_FOUND"


def test_what_is_kept_is_sealed(world: World) -> None:
    asked = _ask(world, world.customer())
    _answer(world, _token(asked), DISPUTE, note="I paid Suresh")
    for table in ("balance_confirmations", "balance_links"):
        rows = world.query(f"SELECT t::text FROM billing.{table} t WHERE merchant_id = %s", str(world.merchant))  # noqa: S608
        assert rows
        assert "Suresh" not in str(rows)
        assert b"Suresh".hex() not in str(rows)
        assert _token(asked) not in str(rows)


def test_another_merchants_questions_are_none(world: World) -> None:
    customer = world.customer()
    asked, neighbour = _ask(world, customer), world.neighbour()
    assert refused(partial(_get, neighbour, asked)).reason == "BALANCE_CONFIRMATION_NOT_FOUND"
    assert refused(partial(_ask, neighbour, customer)).reason == "CUSTOMER_NOT_FOUND"
    assert _list(neighbour) == _list(neighbour, customer_id=customer.id) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"answer": 0}, "answer"),
        ({"answer": 9}, "answer"),
        ({"answer": CONFIRM, "note": "x" * 501}, "note"),
        ({"answer": CONFIRM, "note": "\x07"}, "note"),
    ],
)
def test_broken_answers_are_named(world: World, fields: dict[str, Any], field: str) -> None:
    request = public_balance_service_pb2.AnswerBalanceRequest(**({"token": "a" * 26} | fields))
    assert refused(partial(_anyone(world).AnswerBalance, request)).fields == (field,)


def test_the_page_asks_and_its_form_answers(world: World) -> None:
    customer = world.customer(display_name="<b>Ravi</b>", locale="en-IN")
    world.bill(customer=customer)
    token = _token(_ask(world, customer))
    headers, html = _page(world, token)
    assert "x-http-status" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert "₹118.00" in html
    assert "&lt;b&gt;Ravi&lt;/b&gt;" in html
    assert "<script" not in html
    headers, html = _page(world, token, b"note=x")
    assert (headers["x-http-status"], 'role="alert"' in html) == ("400", True)
    headers, html = _page(world, token, b"answer=DISPUTE&note=I+paid%0D%0A%3Ci%3E%E2%80%AE%07")
    assert (headers["x-http-status"], headers["location"], html) == ("303", f"/c/{token}", "")
    _, html = _page(world, token)
    assert "You said that this is wrong" in html
    assert "I paid\n&lt;i&gt;" in html
    assert "<form" not in html
    # The first answer stands; the page says which.
    headers, _ = _page(world, token, b"answer=CONFIRM")
    assert headers["x-http-status"] == "303"
    assert _see(world, token).state == DISPUTED


def test_the_page_speaks_the_customers_language(world: World) -> None:
    for locale, words in (("hi-IN", "क्या यह सही है?"), ("fi-FI", "Onko se oikein?"), ("xx", "Is that right?")):
        _, html = _page(world, _token(_ask(world, world.customer(locale=locale))))
        assert words in html


@pytest.mark.parametrize("form", [None, b"answer=CONFIRM", b"", b"{}", b"\xff&" * 50])
def test_an_unknown_link_is_a_page_too(world: World, form: bytes | None) -> None:
    headers, html = _page(world, "a" * 26, form)
    assert headers["x-http-status"] == "404"
    assert "There is no such balance" in html
    assert '<section lang="hi">\n<h2>ऐसा कोई हिसाब नहीं है</h2>' in html


def test_a_job_that_comes_late_tells_nothing(world: World) -> None:
    customer = world.customer(phone=_PHONE)
    asked = _ask(world, customer)
    _answer(world, _token(asked), CONFIRM)
    world.work("billing.tell_balance")
    gone = {"merchant_id": str(world.merchant), "confirmation_id": str(world.merchant)}
    world.tasks["billing.tell_balance"](**gone)
    other = _ask(world, customer)
    cleared = customer_pb2.Customer(id=customer.id)
    change = customer_service_pb2.UpdateCustomerRequest(customer=cleared)
    change.update_mask.paths.append("phone")
    world.customers.UpdateCustomer(change)
    world.work("billing.tell_balance")
    assert world.messenger.told == {}
    assert _get(world, other).customer_id == customer.id
    assert to_text("mer", world.merchant) not in str(_see(world, _token(other)))
