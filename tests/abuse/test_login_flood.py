"""Two hundred sign-ins at once, from many addresses, beside which everything else goes on."""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from services.kit import ids
from services.kit.clock import SystemClock
from tools.client.edge import Edge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.client.people import Person
    from tools.demo.flows import Shop

_AT_ONCE = 200
# Addresses that the flood comes from: a limit of one address must not be all that stands against it.
_ADDRESSES = 20
_ROUNDS = 5
# What a sign-in may be told: to go on, that name or password are wrong, or to come back later.
PROPER = {
    (200, ""),
    (401, "FACTOR_REFUSED"),
    (429, "SIGN_IN_BUSY"),
    (429, "TOO_MANY_ATTEMPTS"),
    (429, "TOO_MANY_REQUESTS"),
    # The edge: as many are under way as it lets through at a time.
    (503, "SERVICE_UNAVAILABLE"),
}


@dataclass(frozen=True)
class Answer:
    """What one step of a sign-in got."""

    status: int
    reason: str
    headers: httpx.Headers


@pytest.fixture
def doors(run: dict[str, Any]) -> Iterator[list[httpx.Client]]:
    """A client at each of the flood's addresses, all of which are this machine's."""
    trusted = ssl.create_default_context(cafile=run["edge_ca"])
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                httpx.Client(
                    base_url=run["edge_url"],
                    timeout=120,
                    transport=httpx.HTTPTransport(
                        verify=trusted, local_address=f"127.0.7.{number}", limits=httpx.Limits(max_connections=None)
                    ),
                )
            )
            for number in range(1, _ADDRESSES + 1)
        ]


def _sign_in(door: httpx.Client) -> list[Answer]:
    """With a name of its own that nobody has, and a password, which the server has to hash all the same."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(secrets.token_bytes(32)).digest()).decode().rstrip("=")
    authorization = {
        "clientId": "billmesh-cli",
        "redirectUri": "http://127.0.0.1/callback",
        "codeChallenge": challenge,
        "codeChallengeMethod": "S256",
    }
    name = ids.to_text("acc", ids.at(SystemClock().now()))
    begun = door.post("/v1/login:begin", json={"identifier": name, "authorization": authorization})
    answers = [_answer(begun)]
    if begun.status_code == httpx.codes.OK:
        body = {"challengeToken": begun.json()["challengeToken"], "password": secrets.token_urlsafe(16)}
        answers.append(_answer(door.post("/v1/login:answer", json=body)))
    return answers


def _answer(response: httpx.Response) -> Answer:
    details = response.json().get("details", [])
    reason = next((detail["reason"] for detail in details if detail["@type"].endswith("ErrorInfo")), "")
    return Answer(response.status_code, reason, response.headers)


def test_everything_else_goes_on(
    run: dict[str, Any], doors: list[httpx.Client], indian_shop: Shop, shopper: Person
) -> None:
    own, merchants = shopper.token(), indian_shop.token
    flooding = threading.Event()
    starting = threading.Barrier(_AT_ONCE)

    def flood(number: int) -> list[Answer]:
        starting.wait()
        return _sign_in(doors[number % len(doors)])

    # Without patience: whatever fails is told.
    edge = Edge(run["edge_url"], run["edge_ca"])
    calls: dict[str, Callable[[], object]] = {
        "who I am": lambda: edge.json("GET", "/v1/me", token=own),
        "my sessions": lambda: edge.json("GET", "/v1/me/sessions", token=own),
        "the shop's bills": lambda: edge.json("GET", "/v1/bills", token=merchants),
        "the shop's items": lambda: edge.json("GET", "/v1/items", token=merchants),
        "its messages": lambda: edge.json("GET", "/v1/messages", token=merchants),
        "its stores": lambda: edge.json("GET", "/v1/stores", token=merchants),
        "products": lambda: edge.json("GET", "/v1/products"),
        "the signing keys": lambda: edge.json("GET", "/.well-known/jwks.json"),
    }

    def go_on(call: Callable[[], object]) -> int:
        done = 0
        while done < _ROUNDS or flooding.is_set():
            call()
            done += 1
        return done

    flooding.set()
    with ThreadPoolExecutor(_AT_ONCE) as crowd, ThreadPoolExecutor(len(calls)) as others:
        going_on = {name: others.submit(go_on, call) for name, call in calls.items()}
        try:
            answers = [answer for answers in crowd.map(flood, range(_AT_ONCE)) for answer in answers]
        finally:
            flooding.clear()
        for name, future in going_on.items():
            assert future.result() >= _ROUNDS, name
    edge.close()
    assert len(answers) >= _AT_ONCE
    for answer in answers:
        assert (answer.status, answer.reason) in PROPER, answer
        if answer.status in {429, 503}:
            assert int(answer.headers["retry-after"]) > 0, answer
    # It did come to passwords, or the flood was none.
    assert {answer.reason for answer in answers} & {"FACTOR_REFUSED", "SIGN_IN_BUSY", "TOO_MANY_ATTEMPTS"}
