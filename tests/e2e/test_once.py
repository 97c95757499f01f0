"""The same request, many times and at once, through the whole system."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tools.client.edge import Edge, Refused

if TYPE_CHECKING:
    from tools.demo.flows import Shop

_AT_ONCE = 50


def customer(edge: Edge, shop: Shop) -> str:
    """A new customer of the shop."""
    phone = f"+9198{uuid.uuid4().int % 10**8:08d}"
    created = edge.json(
        "POST", "/v1/customers", {"displayName": "Once Only", "phone": phone}, token=shop.token,
        query={"requestId": str(uuid.uuid4())},
    )  # fmt: skip
    return str(created["id"])


def draft(customer_id: str) -> dict[str, Any]:
    """A bill of one free line, 100 INR without tax."""
    line = {
        "description": "Chair",
        "quantity": {"value": "1"},
        "unitPrice": {"currencyCode": "INR", "units": "100"},
        "taxCode": "GST_EXEMPT",
    }
    return {"customerId": customer_id, "lines": [line]}


def post_bill(edge: Edge, shop: Shop, body: dict[str, Any], request_id: str) -> dict[str, Any]:
    return edge.json("POST", "/v1/bills", body, token=shop.token, query={"requestId": request_id})


def test_fifty_times_at_once_is_one_bill_and_one_payment(edge: Edge, indian_shop: Shop) -> None:
    shop, customer_id = indian_shop, customer(edge, indian_shop)
    request_id, body = str(uuid.uuid4()), draft(customer_id)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        bills = list(pool.map(lambda _: post_bill(edge, shop, body, request_id), range(_AT_ONCE)))
    assert all(bill == bills[0] for bill in bills)
    bill_id = bills[0]["id"]
    issued = edge.json("POST", f"/v1/bills/{bill_id}:issue", {"requestId": str(uuid.uuid4())}, token=shop.token)
    payment = {"legs": [{"amount": issued["totals"]["total"], "cash": {}}]}
    query = {"requestId": str(uuid.uuid4())}

    def pay(_: int) -> dict[str, Any]:
        return edge.json("POST", f"/v1/bills/{bill_id}/payments", payment, token=shop.token, query=query)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        payments = list(pool.map(pay, range(_AT_ONCE)))
    assert all(answer == payments[0] for answer in payments)
    listed = edge.json("GET", "/v1/bills", token=shop.token, query={"customerId": customer_id})["bills"]
    assert [bill["id"] for bill in listed] == [bill_id]
    paid = edge.json("GET", "/v1/payments", token=shop.token, query={"billId": bill_id})["payments"]
    assert [one["id"] for one in paid] == [payments[0]["id"]]
    after = edge.json("GET", f"/v1/bills/{bill_id}", token=shop.token)
    assert after["state"] == "BILL_STATE_PAID"


def test_the_same_id_with_another_body_is_refused(edge: Edge, indian_shop: Shop) -> None:
    request_id, customer_id = str(uuid.uuid4()), customer(edge, indian_shop)
    post_bill(edge, indian_shop, draft(customer_id), request_id)
    with pytest.raises(Refused) as caught:
        post_bill(edge, indian_shop, {**draft(customer_id), "note": "another"}, request_id)
    assert (caught.value.http_status, caught.value.reason) == (400, "REQUEST_ID_REUSED")


def test_the_idempotency_key_header_is_the_request_id(edge: Edge, indian_shop: Shop) -> None:
    customer_id, key = customer(edge, indian_shop), str(uuid.uuid4())
    body = draft(customer_id)
    first, second = (
        edge.json("POST", "/v1/bills", body, token=indian_shop.token, headers={"idempotency-key": key}) for _ in "12"
    )
    assert first == second
