"""Bad input through the JSON edge: 400, the field named, nothing written."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_once import customer, draft
from tools.client.edge import Edge, Refused

if TYPE_CHECKING:
    from tools.demo.flows import Shop

MISSING = object()


def changed(body: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """`body` with the field at "lines.0.quantity.value" set, or removed."""
    *parents, last = path.split(".")
    place: Any = body
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    if value is MISSING:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("customerId", MISSING, "customer_id"),
        ("customerId", "cus_nonsense", "customer_id"),
        ("lines.0.quantity", MISSING, "lines[0].quantity"),
        ("lines.0.quantity.value", "-1", "lines[0].quantity"),
        ("lines.0.quantity.value", "0", "lines[0].quantity"),
        ("lines.0.quantity.value", "1e9", "lines[0].quantity"),
        ("lines.0.quantity.value", "1.2345", "lines[0].quantity"),
        ("lines.0.quantity.value", "9" * 400, "lines[0].quantity"),
        ("lines.0.unitPrice.units", "-5", "lines[0].unit_price"),
        ("lines.0.unitPrice.units", "9000000000000000000", "lines[0].unit_price"),
        ("lines.0.unitPrice.units", "99999999999999999999999", "units"),
        ("lines.0.unitPrice.nanos", 1, "lines[0].unit_price"),
        ("lines.0.unitPrice.currencyCode", "EUR", "lines[0].unit_price"),
        ("lines.0.unitPrice.currencyCode", "QQQ", "lines[0].unit_price"),
        ("lines.0.description", "x" * 300, "lines[0].description"),
        ("lines.0.taxCode", "NO_SUCH_TAX", "lines[0].tax_code"),
        ("currencyCode", "rupees", "currency_code"),
        ("discount", {"currencyCode": "INR", "units": "-1"}, "discount"),
        ("discount", {"currencyCode": "INR", "units": "101"}, "discount"),
        ("note", "x" * 3000, "note"),
        ("lines", [], "lines"),
        ("lines", "not a list", "lines"),
        ("dueDate", {"year": 2026, "month": 13, "day": 1}, "due_date"),
    ],
)
def test_a_bad_bill_is_refused_by_name(edge: Edge, indian_shop: Shop, path: str, value: object, named: str) -> None:
    customer_id = customer(edge, indian_shop)
    body = changed(draft(customer_id), path, value)
    with pytest.raises(Refused) as caught:
        edge.json("POST", "/v1/bills", body, token=indian_shop.token, query={"requestId": str(uuid.uuid4())})
    refused = caught.value
    assert refused.http_status == 400, refused
    assert any(named in text for text in (*refused.fields, refused.message)), refused
    assert bills_of(edge, indian_shop, customer_id) == []


@pytest.mark.parametrize(
    ("method", "path", "query", "named"),
    [
        ("GET", "/v1/bills", {"nonsense": "1"}, "nonsense"),
        ("GET", "/v1/bills", {"pageSize": "-1"}, "page_size"),
        ("GET", "/v1/bills", {"pageSize": "many"}, "page"),
        ("GET", "/v1/bills", {"pageToken": "damaged"}, "page_token"),
        ("GET", "/v1/bills", {"states": "BILL_STATE_NONE"}, "BILL_STATE_NONE"),
        ("GET", "/v1/bills", {"states": "99"}, "states"),
        ("GET", "/v1/bills/bill_short", {}, "id"),
        ("GET", "/v1/stores:near", {"latitude": "91", "longitude": "0"}, "latitude"),
        ("GET", "/v1/stores:near", {"latitude": "60", "longitude": "24", "radiusMetres": "999999999"}, "radius_metres"),
    ],
)
def test_bad_queries_are_refused_by_name(
    edge: Edge, indian_shop: Shop, method: str, path: str, query: dict[str, str], named: str
) -> None:
    with pytest.raises(Refused) as caught:
        edge.json(method, path, token=indian_shop.token, query=query)
    assert caught.value.http_status == 400, caught.value
    assert any(named in text for text in (*caught.value.fields, caught.value.message)), caught.value


@pytest.mark.parametrize(
    ("leg", "named"),
    [
        ({"amount": {"currencyCode": "INR", "units": "-1"}, "cash": {}}, "legs[0].amount"),
        ({"amount": {"currencyCode": "INR", "units": "0"}, "cash": {}}, "legs[0].amount"),
        ({"amount": {"currencyCode": "EUR", "units": "10"}, "cash": {}}, "legs[0].amount"),
        ({"amount": {"currencyCode": "INR", "units": "10"}}, "legs[0].method"),
        ({"amount": {"currencyCode": "INR", "units": "10"}, "upi": {"utr": "short"}}, "legs[0].upi.utr"),
        ({"amount": {"currencyCode": "INR", "units": "10"}, "card": {"lastFour": "12a4"}}, "legs[0].card.last_four"),
    ],
)
def test_a_bad_payment_moves_nothing(edge: Edge, indian_shop: Shop, leg: dict[str, Any], named: str) -> None:
    token = indian_shop.token
    body = draft(customer(edge, indian_shop))
    bill = edge.json("POST", "/v1/bills", body, token=token, query={"requestId": str(uuid.uuid4())})
    edge.json("POST", f"/v1/bills/{bill['id']}:issue", {"requestId": str(uuid.uuid4())}, token=token)
    good = {"amount": {"currencyCode": "INR", "units": "1"}, "cash": {}}
    for legs, name in (([leg], named), ([good, leg], named.replace("[0]", "[1]"))):
        with pytest.raises(Refused) as caught:
            edge.json(
                "POST", f"/v1/bills/{bill['id']}/payments", {"legs": legs}, token=token,
                query={"requestId": str(uuid.uuid4())},
            )  # fmt: skip
        assert caught.value.http_status == 400, caught.value
        assert any(name in field for field in caught.value.fields), caught.value
    after = edge.json("GET", f"/v1/bills/{bill['id']}", token=token)
    assert after["totals"]["outstanding"] == after["totals"]["total"]


def bills_of(edge: Edge, shop: Shop, customer_id: str) -> list[Any]:
    return list(edge.json("GET", "/v1/bills", token=shop.token, query={"customerId": customer_id}).get("bills", []))
