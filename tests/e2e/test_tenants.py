"""Another merchant's things, and another person's, are not there: the same answer as for what never was."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2, bill_service_pb2_grpc

from services.kit import ids
from tests.e2e.test_once import customer, draft, post_bill
from tests.harness import refusal
from tools.client.edge import Edge, Refused, bearer

if TYPE_CHECKING:
    from tools.client.people import Person
    from tools.demo.flows import Shop


def without_request_id(body: dict[str, Any]) -> dict[str, Any]:
    details = [one for one in body["details"] if not one["@type"].endswith("RequestInfo")]
    return {**body, "details": details}


def test_another_merchants_ids_are_as_if_absent(edge: Edge, indian_shop: Shop, finnish_shop: Shop) -> None:
    customer_id = customer(edge, indian_shop)
    bill = post_bill(edge, indian_shop, draft(customer_id), str(uuid.uuid4()))
    fresh = {"requestId": str(uuid.uuid4())}
    token = finnish_shop.token
    one_rupee = {"legs": [{"amount": {"currencyCode": "INR", "units": "1"}, "cash": {}}]}
    cases: list[tuple[str, str, dict[str, Any] | None, dict[str, str]]] = [
        ("GET", "/v1/bills/{bill}", None, {}),
        ("DELETE", "/v1/bills/{bill}", None, {}),
        ("POST", "/v1/bills/{bill}:issue", fresh, {}),
        ("PATCH", "/v1/bills/{bill}", {"note": "mine now"}, {}),
        ("POST", "/v1/bills/{bill}/payments", one_rupee, fresh),
        ("GET", "/v1/customers/{customer}", None, {}),
        ("GET", "/v1/stores/{store}", None, {}),
    ]
    for method, template, body, query in cases:
        answers = []
        for ids_ in (
            {"bill": bill["id"], "customer": customer_id, "store": indian_shop.store_id},
            {kind: ids.to_text(prefix, uuid.uuid4()) for kind, prefix in _PREFIXES.items()},
        ):
            with pytest.raises(Refused) as caught:
                edge.json(method, template.format(**ids_), body, token=token, query=dict(query))
            text = str(without_request_id(caught.value.body))
            for kind, value in ids_.items():
                text = text.replace(value, f"<{kind}>")
            answers.append((caught.value.http_status, text))
        assert answers[0] == answers[1], template
        assert answers[0][0] == 404, template
    assert edge.json("GET", f"/v1/bills/{bill['id']}", token=indian_shop.token) == bill


_PREFIXES = {"bill": "bill", "customer": "cus", "store": "sto"}


def test_the_same_holds_for_native_grpc(edge: Edge, indian_shop: Shop, finnish_shop: Shop) -> None:
    bill = post_bill(edge, indian_shop, draft(customer(edge, indian_shop)), str(uuid.uuid4()))
    stub = bill_service_pb2_grpc.BillServiceStub(edge.channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.GetBill(bill_service_pb2.GetBillRequest(id=bill["id"]), metadata=bearer(finnish_shop.token), timeout=20)
    answer = refusal(caught.value)
    assert (answer.code, answer.reason) == (grpc.StatusCode.NOT_FOUND, "BILL_NOT_FOUND")


def test_an_id_in_the_query_does_not_stand_in_for_the_path(edge: Edge, indian_shop: Shop, finnish_shop: Shop) -> None:
    theirs = post_bill(edge, indian_shop, draft(customer(edge, indian_shop)), str(uuid.uuid4()))
    absent = ids.to_text("bill", uuid.uuid4())
    with pytest.raises(Refused) as caught:
        edge.json("GET", f"/v1/bills/{absent}", token=finnish_shop.token, query={"id": theirs["id"]})
    assert caught.value.http_status in {400, 404}


def test_another_persons_bill_is_not_there(edge: Edge, indian_shop: Shop, shopper: Person) -> None:
    bill = post_bill(edge, indian_shop, draft(customer(edge, indian_shop)), str(uuid.uuid4()))
    edge.json("POST", f"/v1/bills/{bill['id']}:issue", {"requestId": str(uuid.uuid4())}, token=indian_shop.token)
    with pytest.raises(Refused) as caught:
        edge.json("GET", f"/v1/me/bills/{bill['id']}", token=shopper.token())
    assert caught.value.http_status == 404
