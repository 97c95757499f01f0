"""What a service may say over HTTP through the edge, and what it may believe that comes from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import attachment_pb2, attachment_service_pb2, bill_service_pb2
from google.api import httpbody_pb2

from services.kit import errors
from tests.contract import walk

if TYPE_CHECKING:
    import httpx
    from google.protobuf.message import Message

    from tests.contract.rig import Answer, Rig

PAGE = "/billmesh.billing.v1.PublicBillService/GetBillPage"
LIST = "/billmesh.billing.v1.BillService/ListBills"
TOKEN = "/billmesh.auth.v1.OAuthService/IssueToken"  # noqa: S105 - a path
PUBLIC_LINK = "/b/" + "a" * 26
ADD_FILE = "/billmesh.billing.v1.AttachmentService/AddAttachment"
GET_FILE = "/billmesh.billing.v1.AttachmentService/DownloadAttachment"


def page(status: str | None, *headers: tuple[str, str], data: bytes = b"<p>here</p>") -> Answer:
    """An answer with a body as it is, and the HTTP status that the service wants."""

    def answer(_: object, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        metadata = (*headers, *((("x-http-status", status),) if status else ()))
        context.send_initial_metadata(metadata)
        return httpbody_pb2.HttpBody(content_type="text/html; charset=utf-8", data=data)

    return answer


@pytest.mark.parametrize(
    ("wanted", "got"),
    [("201", 201), ("302", 302), ("303", 303), ("400", 400), ("404", 404), (None, 200)]
    + [(odd, 200) for odd in ("100", "500", "2000", "20", "abc", "-200", "")],
)
def test_a_service_chooses_the_status(answers: Rig, client: httpx.Client, wanted: str | None, got: int) -> None:
    answers.answers[PAGE] = page(wanted)
    response = client.get(PUBLIC_LINK)
    assert response.status_code == got
    assert "x-http-status" not in response.headers


def test_what_cannot_have_a_body_has_none(answers: Rig, client: httpx.Client) -> None:
    for status in ("204", "304"):
        answers.answers[PAGE] = page(status, data=b"")
        assert client.get(PUBLIC_LINK).status_code == int(status)
        answers.answers[PAGE] = page(status)
        response = client.get(PUBLIC_LINK)
        assert (response.status_code, response.text) == (200, "<p>here</p>")


def test_a_file_goes_in_and_comes_out_whole(answers: Rig, client: httpx.Client) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 20_479
    bill_id, kept = "bill_" + "0" * 26, []

    def keep(request: Message, _: grpc.ServicerContext) -> Message:
        assert isinstance(request, attachment_service_pb2.AddAttachmentRequest)
        kept.append(request)
        return attachment_pb2.Attachment(id="att_" + "0" * 26)

    def give(_: Message, context: grpc.ServicerContext) -> Message:
        context.send_initial_metadata((("content-disposition", "attachment; filename*=UTF-8''a.pdf"),))
        return httpbody_pb2.HttpBody(content_type="application/pdf", data=content)

    answers.answers.update({ADD_FILE: keep, GET_FILE: give})
    request_id = "7d3d1b0e-7a0a-4d3e-9a58-0d9f4b8d8a11"
    headers = {"authorization": f"Bearer {answers.token(merchant=True)}", "content-type": "application/pdf"}
    path = f"/v1/bills/{bill_id}/attachments"
    sent = client.post(
        path, params={"fileName": "a.pdf"}, content=content, headers=headers | {"idempotency-key": request_id}
    )
    assert (sent.status_code, sent.json()["id"]) == (200, "att_" + "0" * 26)
    (request,) = kept
    assert (request.bill_id, request.file_name, request.request_id) == (bill_id, "a.pdf", request_id)
    assert (request.file.content_type, request.file.data) == ("application/pdf", content)
    got = client.get(f"{path}/att_{'0' * 26}", headers=headers)
    assert (got.status_code, got.headers["content-type"], got.content) == (200, "application/pdf", content)
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''a.pdf"


def test_a_redirect_with_cookies(answers: Rig, client: httpx.Client) -> None:
    cookies = (("set-cookie", "a=1; Secure"), ("set-cookie", "b=2; Secure"))
    answers.answers[PAGE] = page("302", ("location", "https://app.example/"), *cookies)
    response = client.get(PUBLIC_LINK)
    assert (response.status_code, response.headers["location"]) == (302, "https://app.example/")
    assert response.headers.get_list("set-cookie") == ["a=1; Secure", "b=2; Secure"]


def test_the_errors_of_oauth_are_its_own(answers: Rig, client: httpx.Client) -> None:
    def refuse(_: object, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        context.send_initial_metadata((("x-http-status", "400"), ("cache-control", "no-store")))
        return httpbody_pb2.HttpBody(content_type="application/json", data=b'{"error":"invalid_grant"}')

    answers.answers[TOKEN] = refuse
    # RFC 6749: parameters that are not known are ignored.
    response = client.post("/oauth2/token?foo=1", data={"grant_type": "refresh_token"})
    assert (response.status_code, response.json()) == (400, {"error": "invalid_grant"})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"] == "application/json"


def test_grpc_has_no_http_status(answers: Rig, client: httpx.Client, channel: grpc.Channel) -> None:
    answers.answers[PAGE] = page("302")
    request = b"\n\x1a" + b"a" * 26
    assert walk.as_grpc(channel, PAGE, request=request).code == 0
    frame = b"\0\0\0\0" + bytes([len(request)]) + request
    web = client.post(PAGE, content=frame, headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1"})
    assert web.status_code == 200
    assert "x-http-status" not in web.headers


def test_what_comes_from_outside_is_not_believed(answers: Rig, client: httpx.Client) -> None:
    seen: dict[str, str | bytes] = {}

    def look(_: object, context: grpc.ServicerContext) -> bill_service_pb2.ListBillsResponse:
        seen.update(context.invocation_metadata())
        return bill_service_pb2.ListBillsResponse()

    answers.answers[LIST] = look
    forged = {
        "x-forwarded-client-cert": "URI=spiffe://billmesh/auth",
        "x-forwarded-for": "203.0.113.9",
        "x-envoy-external-address": "203.0.113.9",
        "x-envoy-original-path": "/elsewhere",
        "x-request-id": "mine",
    }
    token = answers.token(merchant=True)
    response = client.get("/v1/bills", headers={**forged, "authorization": f"Bearer {token}", "idempotency-key": "k"})
    assert response.status_code == 200
    assert "x-forwarded-client-cert" not in seen
    assert seen["x-envoy-external-address"] == "127.0.0.1"
    # Envoy puts its host's own address for a client on loopback.
    assert "203.0.113.9" not in seen["x-forwarded-for"]
    assert seen["x-envoy-original-path"] == "/v1/bills"
    assert seen["x-request-id"] == response.headers["x-request-id"] != "mine"
    # What services check for themselves, and what callers may say, arrives.
    assert seen["authorization"] == f"Bearer {token}"
    assert seen["idempotency-key"] == "k"


def test_repeatable_calls_are_repeated(answers: Rig, client: httpx.Client) -> None:
    calls = {LIST: 0, "/billmesh.billing.v1.BillService/DeleteBill": 0}

    def failing_once(path: str) -> Answer:
        def answer(*_: object) -> Message:
            calls[path] += 1
            if calls[path] == 1:
                raise errors.PeerUnavailable("auth")
            return bill_service_pb2.ListBillsResponse()

        return answer

    for path in calls:
        answers.answers[path] = failing_once(path)
    headers = {"authorization": f"Bearer {answers.token(merchant=True)}"}
    assert client.get("/v1/bills", headers=headers).status_code == 200
    assert client.delete("/v1/bills/bill_01arz3ndektsv4rrffq69g5fav", headers=headers).status_code == 503
    assert list(calls.values()) == [2, 1]


def test_the_mesh_asks_for_a_certificate_and_tells_whose(answers: Rig) -> None:
    path = "/billmesh.inventory.v1.StockService/ReturnStock"
    profile = "/billmesh.auth.v1.MerchantDirectoryService/GetMerchantProfile"
    with answers.mesh_channel("billing") as billing, answers.mesh_channel("geo") as geo:
        assert walk.as_grpc(billing, path).reason == "INVALID_REQUEST"
        assert walk.as_grpc(geo, path).reason == "CALLER_NOT_ALLOWED"
        assert walk.as_grpc(geo, profile).reason == "INVALID_REQUEST"
        # What no service of the mesh may call is not even routed.
        with pytest.raises(grpc.RpcError) as caught:
            billing.unary_unary(LIST, bytes, bytes)(b"", timeout=5)
        assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    # The edge has a certificate of the same authority, and no business here.
    for stranger in ("edge", None):
        with answers.mesh_channel(stranger) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(profile, bytes, bytes)(b"", timeout=5)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def test_secrets_in_paths_are_not_logged(answers: Rig, client: httpx.Client) -> None:
    client.get(PUBLIC_LINK)
    client.get("/v1/bills?pageToken=secret-cursor")
    assert client.get("/healthz").status_code == 200
    assert "secret-cursor" not in answers.access_log
    assert "a" * 26 not in answers.access_log
