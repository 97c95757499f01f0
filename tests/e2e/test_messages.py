"""Who is told what, through all services: customers by e-mail where there is no phone, owners of what was claimed."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_once import draft
from tools.client.people import Person
from tools.demo.flows import Shop
from tools.demo.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.client.edge import Edge

PASSWORD = "a long enough secret"  # noqa: S105 - nobody's


@pytest.fixture
def inbox(run: dict[str, Any]) -> Iterator[Inbox]:
    found = Inbox(run["sms_inbox_url"], patience=60)
    yield found
    found.close()


def _person(edge: Edge, inbox: Inbox) -> tuple[Person, str]:
    """Someone with a verified phone."""
    phone = f"+9198{secrets.randbelow(10**8):08d}"
    person = Person.sign_up(edge, phone=phone, display_name="Message Tester", password=PASSWORD)
    person.verify_phone(lambda: inbox.code(phone))
    return person, phone


def _post(edge: Edge, token: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return edge.json("POST", path, body, token=token, query={"requestId": str(uuid.uuid4())})


def _issued(edge: Edge, shop: Shop, **customer: str) -> dict[str, Any]:
    made = _post(edge, shop.token, "/v1/customers", {"displayName": "Ravi Kumar", **customer})
    bill = _post(edge, shop.token, "/v1/bills", draft(made["id"]))
    return _post(edge, shop.token, f"/v1/bills/{bill['id']}:issue", {})


def test_a_customer_without_a_phone_gets_it_all_by_email(edge: Edge, indian_shop: Shop, inbox: Inbox) -> None:
    email = f"{secrets.token_hex(8)}@mail.test"
    bill = _issued(edge, indian_shop, email=email)
    assert inbox.wait_for(email, bill["number"], bill["publicUrl"])
    amount = {"currencyCode": "INR", "units": "10"}
    payment = _post(
        edge, indian_shop.token, f"/v1/bills/{bill['id']}/payments", {"legs": [{"amount": amount, "cash": {}}]}
    )
    assert inbox.wait_for(email, "received ₹10.00", bill["number"])
    indian_shop.owner.step_up()
    refund = {"legId": payment["legs"][0]["id"], "amount": amount, "cash": {}, "reason": "Came back"}
    _post(edge, indian_shop.token, f"/v1/payments/{payment['id']}:refund", refund)
    assert inbox.wait_for(email, "refunded ₹10.00 (cash)", bill["publicUrl"])
    note = _post(
        edge, indian_shop.token, f"/v1/bills/{bill['id']}/creditNotes", {"everything": True, "reason": "Came back"}
    )
    assert inbox.wait_for(email, note["number"], bill["number"])


def test_owners_learn_what_customers_say_to_have_paid(edge: Edge, inbox: Inbox) -> None:
    owner, owner_phone = _person(edge, inbox)
    fields = {"displayName": "Claim Stores", "countryCode": "IN", "timeZone": "Asia/Kolkata"}
    merchant = _post(edge, owner.token(), "/v1/merchants", fields)
    shop = Shop(owner, merchant["id"], "")
    payer, phone = _person(edge, inbox)
    bill = _issued(edge, shop, phone=phone)
    legs = [
        {"amount": {"currencyCode": "INR", "units": "1"}, "upi": {"utr": f"{secrets.randbelow(10**12):012d}"}}
        for _ in range(3)
    ]
    for leg in legs:
        _post(edge, payer.token(), f"/v1/me/bills/{bill['id']}:claimPayment", {"leg": leg})
    (text, *more) = inbox.wait_for(owner_phone, "/payments/pending")
    # How many the first message tells of depends on how fast the worker was; the others wait a quarter of an hour.
    assert "INR 1.00" in text or "payments" in text
    assert more == []
