"""A payment gateway, from its page to its signed events, through the whole system; the sandbox makes the pages."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.test_once import customer, draft
from tests.fakes.gateways import razorpay_paid, razorpay_refunded, razorpay_signature, stripe_event, stripe_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tools.client.edge import Edge
    from tools.demo.flows import Shop

    Tell = Callable[..., httpx.Response]

_PAISE = 10_000
_JSON = "application/json"
_LONGEST = 262_144


@pytest.fixture
def http(run: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client that sends bytes as they are."""
    context = ssl.create_default_context(cafile=run["edge_ca"])
    with httpx.Client(base_url=run["edge_url"], verify=context, timeout=20, trust_env=False) as client:
        yield client


class Desk:
    """A merchant with a gateway of one kind, and one bill over 100 INR with a page to pay it on."""

    def __init__(self, edge: Edge, shop: Shop, http: httpx.Client, provider: str) -> None:
        self.edge, self.shop, self.http = edge, shop, http
        self.secret = f"whsec_{uuid.uuid4().hex}"
        shop.owner.step_up()
        is_stripe = provider == "STRIPE"
        keys = {"keySecret": "sk_live_Abc123"} if is_stripe else {"keyId": "rzp_live_Abc123", "keySecret": "key"}
        fields = {"provider": f"GATEWAY_PROVIDER_{provider}", "displayName": provider, "enabled": True}
        self.gateway = self.post("/v1/gateways", {**fields, **keys, "webhookSecret": self.secret})
        bill = self.post("/v1/bills", draft(customer(edge, shop)))
        self.bill = self.post(f"/v1/bills/{bill['id']}:issue", {})
        link = {"gatewayId": self.gateway["id"]}
        self.link = self.post(f"/v1/bills/{bill['id']}/paymentLinks", link)
        # Payments have the gateway's own ids, which are never used again.
        self.payment = f"pay_{uuid.uuid4().hex}"

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.edge.json("POST", path, body, token=self.shop.token, query={"requestId": str(uuid.uuid4())})

    def tell(self, body: bytes, signature: Mapping[str, str], *, media_type: str = _JSON) -> int:
        """The status that the gateway gets for an event."""
        headers = {"content-type": media_type, **signature}
        path = f"/v1/callbacks/gateways/{self.gateway['id']}"
        return self.http.post(path, content=body, headers=headers).status_code

    def razorpay(self, body: bytes) -> dict[str, str]:
        return dict(razorpay_signature(body, self.secret))

    def stripe(self, body: bytes, *, age: int = 0) -> dict[str, str]:
        return dict(stripe_signature(body, int(time.time()) - age, self.secret))

    def left(self) -> int:
        """What the bill asks for, in INR."""
        bill = self.edge.json("GET", f"/v1/bills/{self.bill['id']}", token=self.shop.token)
        return int(bill["totals"]["outstanding"].get("units", 0))

    def payments(self) -> list[Any]:
        query = {"billId": self.bill["id"]}
        return list(self.edge.json("GET", "/v1/payments", token=self.shop.token, query=query).get("payments", []))

    def paid(self) -> bytes:
        """The event, in bytes that no parser would write again: spaces, a line's end, escapes beside real letters."""
        event = json.loads(razorpay_paid(self.link["id"], _PAISE, payment=self.payment))
        event["notes"] = ["₹", 1.10]
        return json.dumps(event, indent=3, ensure_ascii=False).replace('"event":', '"\\u0065vent" :').encode() + b"\r\n"


@pytest.fixture
def razorpay(edge: Edge, indian_shop: Shop, http: httpx.Client) -> Desk:
    """A merchant with Razorpay."""
    return Desk(edge, indian_shop, http, "RAZORPAY")


@pytest.fixture
def stripe(edge: Edge, indian_shop: Shop, http: httpx.Client) -> Desk:
    """A merchant with Stripe."""
    return Desk(edge, indian_shop, http, "STRIPE")


def test_a_signed_event_pays_the_bill_once(razorpay: Desk) -> None:
    assert razorpay.link["url"].startswith("https://")
    body = razorpay.paid()
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: razorpay.tell(body, razorpay.razorpay(body)), range(4)))
    assert statuses == [204] * 4
    assert razorpay.tell(body, razorpay.razorpay(body)) == 204
    (payment,) = razorpay.payments()
    assert payment["legs"][0]["bankTransfer"]["reference"] == razorpay.payment
    assert razorpay.left() == 0


def test_what_is_not_signed_with_the_secret_pays_nothing(razorpay: Desk) -> None:
    body = razorpay.paid()
    right = razorpay.razorpay(body)["x-razorpay-signature"]
    forged: tuple[dict[str, str], ...] = (
        {},
        {"x-razorpay-signature": ""},
        {"x-razorpay-signature": "0" * 64},
        {"x-razorpay-signature": right[:-1]},
        dict(razorpay_signature(body, "another secret")),
        razorpay.razorpay(body.strip()),
        {"stripe-signature": f"t=1,v1={right}"},
    )
    for signature in forged:
        assert razorpay.tell(body, signature) == 403, signature
    assert razorpay.tell(body.replace(b"10000", b"90000"), {"x-razorpay-signature": right}) == 403
    assert (razorpay.left(), razorpay.payments()) == (100, [])


def test_the_type_of_the_body_does_not_matter_and_its_size_does(razorpay: Desk) -> None:
    huge = razorpay.paid() + b" " * _LONGEST
    assert razorpay.tell(huge, razorpay.razorpay(huge)) == 400
    beyond = b" " * 20_000_000
    assert razorpay.tell(beyond, razorpay.razorpay(beyond)) == 413
    assert razorpay.left() == 100
    noise = b'{"event": [[['
    assert razorpay.tell(noise, razorpay.razorpay(noise)) == 204
    body = razorpay.paid()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/octet-stream"):
        assert razorpay.tell(body, razorpay.razorpay(body), media_type=media_type) == 204
    assert (razorpay.left(), len(razorpay.payments())) == (0, 1)


def test_a_refund_may_come_before_its_payment(razorpay: Desk) -> None:
    back = razorpay_refunded(4_000, payment=razorpay.payment, refund=f"rfnd_{uuid.uuid4().hex}")
    paid = razorpay.paid()
    for body in (back, paid, back, paid):
        assert razorpay.tell(body, razorpay.razorpay(body)) == 204
    (payment,) = razorpay.payments()
    assert payment["legs"][0]["refunded"]["units"] == "40"
    assert razorpay.left() == 40


def test_stripe_pays_once_and_late_events_pay_nothing(stripe: Desk) -> None:
    body = stripe_event(
        "checkout.session.completed",
        payment_status="paid",
        client_reference_id=stripe.link["id"],
        payment_intent=f"pi_{uuid.uuid4().hex}",
        amount_total=_PAISE,
        currency="inr",
    )
    assert stripe.tell(body, stripe.stripe(body, age=600)) == 403
    assert stripe.tell(body, stripe.razorpay(body)) == 403
    assert stripe.left() == 100
    for _ in range(2):
        assert stripe.tell(body, stripe.stripe(body)) == 204
    assert (stripe.left(), len(stripe.payments())) == (0, 1)
