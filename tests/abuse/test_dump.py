"""A thief of the database, or of the logs, reads nothing personal and nothing that opens a door."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import uuid
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis

from tools.client.people import Person
from tools.cluster import binaries
from tools.demo.inbox import Inbox

if TYPE_CHECKING:
    from tools.client.edge import Edge
    from tools.demo.flows import Shop

_LINK = re.compile(r"/b/([A-Za-z0-9_-]{16,})")


class Victim:
    """Somebody who uses everything, and what they were given in return."""

    def __init__(self, run: dict[str, Any], edge: Edge) -> None:
        self.edge = edge
        self._inbox_url = run["sms_inbox_url"]
        self.phone, self.email = _phone(), _email()
        self.password = f"correct horse {secrets.token_urlsafe(12)}"
        self.person = Person.sign_up(edge, phone=self.phone, display_name="Dumped", password=self.password)
        self.person.verify_phone(lambda: self._code(self.phone), self.phone)
        self._verify_email()

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """As this person."""
        return self.edge.json(verb, path, body, token=self.person.token(), **more)

    def used_refresh_token(self) -> str:
        """One that another has taken the place of."""
        before = self.person._refresh
        self.person._renew("")
        assert self.person._refresh != before
        return before

    def challenge_token(self) -> str:
        """Of a sign-in under way."""
        authorization = {
            "clientId": "billmesh-cli",
            "redirectUri": "http://127.0.0.1/callback",
            "codeChallenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "codeChallengeMethod": "S256",
        }
        body = {"identifier": self.phone, "authorization": authorization}
        return str(self.edge.json("POST", "/v1/login:begin", body)["challengeToken"])

    def client_secret(self) -> str:
        """Of a program of a merchant of theirs; the answer is also kept for a repeat."""
        merchant = {"displayName": "Dumped Shop", "countryCode": "IN", "timeZone": "Asia/Kolkata"}
        made = self.call("POST", "/v1/merchants", merchant, query=_once())
        client = {
            "displayName": "Dumped Till",
            "mode": "API_CLIENT_MODE_LIVE",
            "grantTypes": ["GRANT_TYPE_CLIENT_CREDENTIALS"],
            "scopes": ["bills:read"],
            "authentication": "CLIENT_AUTHENTICATION_SECRET",
        }
        token = self.person.token(made["id"])
        return str(self.edge.json("POST", "/v1/apiClients", {"client": client, **_once()}, token=token)["secret"])

    def recovery_code(self) -> str:
        """One of ten."""
        return str(self.call("POST", "/v1/me/recoveryCodes:regenerate", {})["codes"][0])

    def _verify_email(self) -> None:
        self.call("PATCH", "/v1/me", {"email": self.email}, query={"updateMask": "email"})
        self.call("POST", "/v1/me/email:start", {})
        self.call("POST", "/v1/me/email:confirm", {"code": self._code(self.email)})

    def _code(self, to: str) -> str:
        with closing(Inbox(self._inbox_url, patience=60)) as inbox:
            (body, *_) = inbox.wait_for(to, "code")
        found = re.search(r"\b(\d{6})\b", body)
        assert found is not None, body
        return found.group(1)


@pytest.fixture(scope="module")
def values(run: dict[str, Any], edge: Edge, indian_shop: Shop) -> dict[str, str | bytes]:
    """What must be found nowhere, by what it is; each of it went through the API."""
    victim = Victim(run, edge)
    customer = {"displayName": "Dumped Customer", "phone": _phone("97"), "email": _email()}
    seed = victim.person.authenticator.secret
    return {
        "an account's phone": victim.phone,
        "an account's e-mail address": victim.email,
        "an account's password": victim.password,
        "an authenticator's secret": seed,
        "an authenticator's secret, decoded": base64.b32decode(seed + "=" * (-len(seed) % 8)),
        "a recovery code": victim.recovery_code(),
        "a recovery code without its hyphens": victim.recovery_code().replace("-", ""),
        "a challenge's token": victim.challenge_token(),
        "a used refresh token": victim.used_refresh_token(),
        "a refresh token": victim.person._refresh,
        "an access token": victim.person.token(),
        "a client's secret": victim.client_secret(),
        "an invited phone": _invited(edge, indian_shop, phone=_phone("96")),
        "an invited e-mail address": _invited(edge, indian_shop, email=_email()),
        "a customer's phone": customer["phone"],
        "a customer's e-mail address": customer["email"],
        "a bill's link": _bill_link(run, edge, indian_shop, customer),
    }


def _once() -> dict[str, str]:
    return {"requestId": str(uuid.uuid4())}


def _phone(prefix: str = "98") -> str:
    return f"+91{prefix}{uuid.uuid4().int % 10**8:08d}"


def _email() -> str:
    return f"{secrets.token_hex(8)}@mail.example"


def _invited(edge: Edge, shop: Shop, **to: str) -> str:
    (invited,) = to.values()
    edge.json("POST", "/v1/members:invite", {**to, "role": "ROLE_CASHIER", **_once()}, token=shop.token)
    return invited


def _bill_link(run: dict[str, Any], edge: Edge, shop: Shop, customer: dict[str, str]) -> str:
    """The secret part of the address that the customer of a bill is sent."""
    made = edge.json("POST", "/v1/customers", customer, token=shop.token, query=_once())
    line = {
        "description": "Chair",
        "quantity": {"value": "1"},
        "unitPrice": {"currencyCode": "INR", "units": "100"},
        "taxCode": "GST_EXEMPT",
    }
    bill = edge.json("POST", "/v1/bills", {"customerId": made["id"], "lines": [line]}, token=shop.token, query=_once())
    edge.json("POST", f"/v1/bills/{bill['id']}:issue", _once(), token=shop.token)
    with closing(Inbox(run["sms_inbox_url"], patience=60)) as inbox:
        (body, *_) = inbox.wait_for(customer["phone"], "/b/")
    found = _LINK.search(body)
    assert found is not None, body
    return found.group(1)


def spellings(value: str | bytes) -> set[str]:
    """How a value may stand in a text: itself, in hex, or in base64 at each of three offsets in something longer."""
    raw = value.encode() if isinstance(value, str) else value
    texts = {raw.hex(), raw.hex().upper()}
    if isinstance(value, str):
        texts |= {value, value.lower(), value.upper()}
        if value.startswith("+"):
            texts |= {value[1:], value[3:]}
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + raw).decode()
        # Without the characters that also hold bits of what stands before or behind: each holds six.
        inner = coded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        texts |= {inner, inner.replace("+", "-").replace("/", "_")}
    return texts


def _found(values: dict[str, str | bytes], text: str) -> list[str]:
    return [name for name, value in values.items() for spelling in spellings(value) if spelling in text]


def test_the_spellings_are_found() -> None:
    """Or finding none would show nothing."""
    value = "+919812345678"
    for before in ("", "x", "xy", "xyz"):
        for after in ("", "1", "12", "123"):
            inside = f"{before}{value}{after}".encode()
            for text in (inside.decode(), inside.hex(), base64.b64encode(inside).decode()):
                assert any(spelling in text for spelling in spellings(value)), (before, after, text)
    assert all(len(spelling) >= 10 for spelling in spellings(value))


def test_the_database_holds_none_of_it(run: dict[str, Any], values: dict[str, str | bytes]) -> None:
    command = [str(binaries() / "pg_dump"), "--dbname", run["database"]["superuser_dsn"], "--no-owner"]
    dump = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    # The whole of it: every schema's tables, and the display name, which is no secret.
    assert all(f"CREATE TABLE {service}." in dump for service in run["services"] if service != "geo")
    assert "Dumped" in dump
    assert _found(values, dump) == []


def test_nor_does_redis(run: dict[str, Any], values: dict[str, str | bytes]) -> None:
    held = []
    with redis.Redis.from_url(run["redis_url"]) as client:
        for key in client.scan_iter(count=1000):
            held.append(bytes(key))
            held.append(bytes(client.dump(key) or b""))
    assert _found(values, "\n".join(part.decode("latin-1") for part in held)) == []


def test_nor_do_the_logs(run: dict[str, Any], values: dict[str, str | bytes]) -> None:
    # The sandbox stands for the telephone company, which knows numbers and texts.
    logs = [path for path in Path(run["logs_directory"]).iterdir() if path.is_file() and "sandbox" not in path.name]
    assert any(path.name.startswith("auth-0") for path in logs), logs
    for path in logs:
        text = path.read_text(encoding="utf-8", errors="replace")
        assert _found(values, text) == [], path.name
