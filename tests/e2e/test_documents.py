"""A bill on paper, through the whole system: asked for, printed by the worker, and there."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from billmesh.billing.v1 import document_service_pb2
from billmesh.billing.v1.document_service_pb2_grpc import DocumentServiceStub

from tests.services.billing.documents import pages
from tools.client.edge import Refused

if TYPE_CHECKING:
    from tools.client.edge import Edge
    from tools.demo.flows import Shop


@pytest.fixture
def bill(edge: Edge, indian_shop: Shop) -> dict[str, Any]:
    """An issued bill over 100 INR."""

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return edge.json("POST", path, body, token=indian_shop.token, query={"requestId": str(uuid.uuid4())})

    customer = post("/v1/customers", {"displayName": "रवि कुमार"})
    line = {
        "description": "Chair",
        "quantity": {"value": "1"},
        "unitPrice": {"currencyCode": "INR", "units": "100"},
        "taxCode": "GST_EXEMPT",
    }
    draft = post("/v1/bills", {"customerId": customer["id"], "lines": [line]})
    request = {"requestId": str(uuid.uuid4())}
    return edge.json("POST", f"/v1/bills/{draft['id']}:issue", request, token=indian_shop.token)


def test_staff_and_holders_of_the_link_get_the_bill(edge: Edge, indian_shop: Shop, bill: dict[str, Any]) -> None:
    path = f"/v1/bills/{bill['id']}/pdf"
    answer = edge.file(path, token=indian_shop.token, query={"layout": "DOCUMENT_LAYOUT_THERMAL_80"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith('inline; filename="bill-')
    read = pages.text(answer.content)
    assert bill["number"] in read
    assert "रवि कुमार" in read
    token = bill["publicUrl"].rpartition("/")[2]
    (page,) = pages.pictures(edge.file(f"/v1/public/bills/{token}/pdf").content)
    assert page.height > page.width
    opened = edge.file(f"/b/{token}/pdf")
    assert opened.headers["content-type"] == "application/pdf"
    assert bill["number"] in pages.text(opened.content)


def test_over_grpc_too(edge: Edge, indian_shop: Shop, bill: dict[str, Any]) -> None:
    request = document_service_pb2.GetBillPdfRequest(id=bill["id"])
    body = edge.grpc(DocumentServiceStub(edge.channel).GetBillPdf, request, token=indian_shop.token)
    assert bill["number"] in pages.text(body.data)


def test_a_link_that_nobody_has(edge: Edge) -> None:
    with pytest.raises(Refused) as caught:
        edge.file(f"/v1/public/bills/{'a' * 26}/pdf")
    assert (caught.value.http_status, caught.value.reason) == (404, "BILL_LINK_NOT_FOUND")
