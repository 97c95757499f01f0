"""The real SDK finds Twilio's shapes, codes and pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import (  # type: ignore[import-untyped] # the SDK ships no types
    TwilioException,
    TwilioRestException,
)
from twilio.rest import Client  # type: ignore[import-untyped] # as above

from tests.fakes.sandbox import ACCOUNT_SID, AUTH_TOKEN, Running

FROM = "+15005550006"
TO = "+919876543210"


def test_create_and_fetch(client: Any, sandbox: Running) -> None:
    sandbox.control(hold=True)
    made = client.messages.create(to=TO, from_=FROM, body="नमस्ते")
    assert (made.status, made.direction, made.num_segments) == ("queued", "outbound-api", "1")
    assert (made.to, made.from_, made.body) == (TO, FROM, "नमस्ते")
    assert made.sid.startswith("SM")
    assert len(made.sid) == 34
    assert made.date_sent is None
    assert abs(made.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    sandbox.control(hold=False)
    sandbox.wait_for(TO, "delivered")
    found = client.messages(made.sid).fetch()
    assert found.status == "delivered"
    assert found.date_sent is not None


def test_a_messaging_service_finds_its_own_number(client: Any) -> None:
    made = client.messages.create(to=TO, messaging_service_sid="MG" + "0" * 32, body="x")
    assert (made.from_, made.messaging_service_sid) == (FROM, "MG" + "0" * 32)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"to": "+15005550001"}, 400, 21211),
        ({"to": "0401234567"}, 400, 21211),
        ({"to": "+9112"}, 400, 21211),
        ({"to": "+15005550002"}, 400, 21612),
        ({"to": "+15005550003"}, 400, 21408),
        ({"to": "+15005550004"}, 400, 21610),
        ({"to": "+15005550009"}, 400, 21614),
        ({"from_": "+15005550001"}, 400, 21212),
        ({"from_": "+15005550007"}, 400, 21606),
        ({"from_": "+15005550008"}, 400, 21611),
        ({"body": ""}, 400, 21602),
        ({"body": "x" * 1601}, 400, 21617),
    ],
)
def test_refusals(client: Any, sandbox: Running, change: dict[str, str], status: int, code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**({"to": TO, "from_": FROM, "body": "x"} | change))
    assert (refused.value.status, refused.value.code) == (status, code)
    assert sandbox.inbox() == []


def test_the_good_magic_number_is_fine(client: Any) -> None:
    assert client.messages.create(to="+15005550006", from_=FROM, body="x").status == "queued"


def test_unknown_things(client: Any, sandbox: Running) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages("SM" + "0" * 32).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
    stranger = Client(ACCOUNT_SID, "wrong", http_client=client.http_client)
    with pytest.raises(TwilioRestException) as unknown:
        stranger.messages.create(to=TO, from_=FROM, body="x")
    assert (unknown.value.status, unknown.value.code) == (401, 20003)
    elsewhere = Client(ACCOUNT_SID, AUTH_TOKEN, account_sid="AC" + "1" * 32, http_client=client.http_client)
    with pytest.raises(TwilioException):
        elsewhere.messages.list()
    assert sandbox.inbox() == []


def test_lists_page_and_filter(client: Any, sandbox: Running) -> None:
    made = [client.messages.create(to=TO, from_=FROM, body=f"{n}").sid for n in range(7)]
    other = client.messages.create(to="+358401234567", from_=FROM, body="x").sid
    assert [m.sid for m in client.messages.list(page_size=3)] == [other, *made[::-1]]
    assert [m.sid for m in client.messages.list(to=TO, page_size=2)] == made[::-1]
    assert [m.sid for m in client.messages.list(to=TO, limit=3)] == made[:3:-1]
    assert client.messages.list(to="+358409999999") == []
    assert client.messages.list(from_="+15005550001") == []
    sandbox.wait_for("+358401234567", "delivered")
    today = datetime.now(UTC)
    assert [m.sid for m in client.messages.list(to="+358401234567", date_sent=today.date())] == [other]
    assert [m.sid for m in client.messages.list(to="+358401234567", date_sent_after=today)] == [other]
    assert [m.sid for m in client.messages.list(to="+358401234567", date_sent_before=today)] == [other]
    assert client.messages.list(date_sent=(today - timedelta(days=2)).date()) == []
    assert client.messages.list(date_sent_before=today - timedelta(days=2)) == []
    assert client.messages.list(date_sent_after=today + timedelta(days=2)) == []


def test_the_page_of_the_inbox(sandbox: Running, client: Any) -> None:
    client.messages.create(to=TO, from_=FROM, body="See https://edge.test/b/abc <script>")
    page = httpx.get(f"{sandbox.url}/", trust_env=False)
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("/inbox.css", "/inbox.js"):
        assert path in page.text
        assert httpx.get(sandbox.url + path, trust_env=False).status_code == 200
    # A "+" that was not escaped is understood.
    (message,) = httpx.get(f"{sandbox.url}/inbox.json?to={TO}", trust_env=False).json()["messages"]
    assert message["body"].endswith("<script>")
    assert (message["to"], message["segments"]) == (TO, 1)
    assert sandbox.inbox("+358401234567") == []


def test_what_the_control_refuses(sandbox: Running) -> None:
    plain = httpx.post(f"{sandbox.url}/_control", content=b'{"reset": true}', trust_env=False)
    assert plain.status_code == 415
    for order in (b"{", b'{"faults": [{"kind": "none"}]}', b'{"unknown": 1}'):
        answer = httpx.post(
            f"{sandbox.url}/_control", content=order, headers={"Content-Type": "application/json"}, trust_env=False
        )
        assert answer.status_code == 400
    assert httpx.get(f"{sandbox.url}/_control", trust_env=False).json()["faults"] == 0
    assert httpx.get(f"{sandbox.url}/none", trust_env=False).status_code == 404
    assert httpx.post(f"{sandbox.url}/_control", content=b"x" * 70_000, trust_env=False).status_code == 413
