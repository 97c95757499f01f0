"""A person's factors from outside: address, recovery codes, passkey, step-up and recovery, through the running edge."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.passkeys import SoftAuthenticator
from tools.client.edge import Refused
from tools.client.people import CLIENT_ID, REDIRECT_URI, Person
from tools.demo.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.client.edge import Edge

PASSWORD = "a long enough secret"  # noqa: S105 - nobody's


@pytest.fixture
def inbox(run: dict[str, Any]) -> Iterator[Inbox]:
    found = Inbox(run["sms_inbox_url"])
    yield found
    found.close()


@pytest.fixture
def person(edge: Edge, inbox: Inbox) -> Person:
    """Someone new with a verified phone."""
    phone = f"+9198{secrets.randbelow(10**8):08d}"
    someone = Person.sign_up(edge, phone=phone, display_name="Factor Tester", password=PASSWORD)
    someone.verify_phone(lambda: inbox.code(phone))
    return someone


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return said


def test_an_address_and_recovery_codes(person: Person, inbox: Inbox) -> None:
    email = f"{secrets.token_hex(8)}@mail.test"
    person.verify_email(email, lambda: inbox.code(email))
    codes = person.recovery_codes()
    assert len(codes) == 10
    person.identifier = email.upper()
    person.sign_in_with(codes[0])
    me = person.edge.json("GET", "/v1/me", token=person.token())
    assert (me["email"], me["recoveryCodesLeft"], "emailVerifyTime" in me) == (email, 9, True)
    with pytest.raises(Refused) as refused:
        person.sign_in_with(codes[0])
    assert refused.value.reason == "FACTOR_REFUSED"


def test_stepping_up_makes_the_sign_in_new(person: Person) -> None:
    before = claims(person.token())
    person.step_up()
    after = claims(person.token())
    assert (after["sid"], after["acr"]) == (before["sid"], before["acr"])
    assert after["auth_time"] >= before["auth_time"]
    noted = person.edge.json("GET", "/v1/me/auditEvents", token=person.token())["events"]
    assert "sign_in.stepped_up" in {event["action"] for event in noted}


def test_recovery_sets_the_password_and_ends_sessions(person: Person, inbox: Inbox) -> None:
    phone = person.identifier
    earlier = inbox.code(phone)
    old = person.token()
    answer = person.recover(lambda: inbox.code(phone, besides=earlier), "an entirely new secret")
    assert answer == {"finished": {}}
    assert claims(person.token())["sid"] != claims(old)["sid"]
    assert any("password" in text.lower() for text in inbox.wait_for(phone, "password"))


def test_a_passkey_alone_signs_in(person: Person, edge: Edge) -> None:
    device = SoftAuthenticator(edge.url)
    begun = edge.json("POST", "/v1/me/passkeys:begin", {}, token=person.token())
    made = edge.json(
        "POST",
        "/v1/me/passkeys:finish",
        {
            "registrationToken": begun["registrationToken"],
            "credentialJson": device.create(begun["optionsJson"]),
            "displayName": "Test key",
        },
        token=person.token(),
    )
    authorization = {
        "clientId": CLIENT_ID,
        "redirectUri": REDIRECT_URI,
        "codeChallenge": "c" * 43,
        "codeChallengeMethod": "S256",
    }
    challenge = edge.json("POST", "/v1/login:begin", {"authorization": authorization})
    assert challenge["factors"] == ["FACTOR_PASSKEY"]
    answer = {
        "challengeToken": challenge["challengeToken"],
        "passkeyJson": device.get(challenge["passkeyOptionsJson"]),
    }
    assert edge.json("POST", "/v1/login:answer", answer)["grant"]["code"]
    (listed,) = edge.json("GET", "/v1/me/passkeys", token=person.token())["passkeys"]
    assert (listed["id"], listed["displayName"], "lastUseTime" in listed) == (made["id"], "Test key", True)
