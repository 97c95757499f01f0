"""Files kept with bills."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import attachment_pb2, bill_pb2, bill_service_pb2
from billmesh.billing.v1 import attachment_service_pb2 as pb
from billmesh.billing.v1.attachment_service_pb2_grpc import AttachmentServiceStub
from google.api.httpbody_pb2 import HttpBody

from services.kit.ids import to_text
from tests.services.billing.domain.test_files import png
from tests.services.billing.world import at_once, new_id, refused

if TYPE_CHECKING:
    from tests.services.billing.world import World

_PDF = b"%PDF-1.7\n" + b"Delivered to Ravi Kumar"


def _files(world: World) -> AttachmentServiceStub:
    return AttachmentServiceStub(world.staff(world.merchant))


def _add(
    world: World, bill: bill_pb2.Bill, content: bytes = _PDF, *, name: str = "note.pdf", request_id: str | None = None
) -> attachment_pb2.Attachment:
    request = pb.AddAttachmentRequest(
        bill_id=bill.id,
        file=HttpBody(content_type="text/html", data=content),
        file_name=name,
        request_id=request_id or new_id(),
    )
    added: attachment_pb2.Attachment = _files(world).AddAttachment(request)
    return added


def _list(world: World, bill: bill_pb2.Bill, **page: int | str) -> pb.ListAttachmentsResponse:
    answer: pb.ListAttachmentsResponse = _files(world).ListAttachments(
        pb.ListAttachmentsRequest(bill_id=bill.id, **page)  # type: ignore[arg-type] # the two fields of a page
    )
    return answer


def test_a_file_comes_back_as_it_was_handed_in(world: World) -> None:
    bill = world.bill()
    added = _add(world, bill, name='Liefer"schein\u0c15.pdf')
    assert (added.media_type, added.size_bytes) == ("application/pdf", len(_PDF))
    assert added.sha256 == hashlib.sha256(_PDF).hexdigest()
    assert list(_list(world, bill).attachments) == [added]
    download = _files(world).DownloadAttachment
    body, call = download.with_call(pb.DownloadAttachmentRequest(bill_id=bill.id, id=added.id))
    assert (body.content_type, body.data) == ("application/pdf", _PDF)
    headers = dict(call.initial_metadata())
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''Liefer%22schein%E0%B0%95.pdf"
    assert headers["x-content-type-options"] == "nosniff"


def test_nothing_of_it_can_be_read_in_the_database(world: World) -> None:
    _add(world, world.bill(), name="ravi.pdf")
    ((name, content),) = world.query(
        "SELECT file_name, content FROM billing.bill_attachments WHERE merchant_id = %s", str(world.merchant)
    )
    assert b"ravi" not in bytes(name)
    assert b"Ravi" not in bytes(content)


def test_the_bytes_say_what_it_is(world: World) -> None:
    bill = world.draft()
    assert _add(world, bill, png(), name="photo.pdf").media_type == "image/png"
    answer = refused(lambda: _add(world, bill, b"<script>alert(1)</script>", name="photo.png"))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FILE_TYPE_UNFIT")
    assert answer.fields == ("file",)


def test_five_mebibytes_and_no_more(world: World) -> None:
    bill = world.bill()
    whole = _PDF.ljust(5_242_880, b" ")
    assert _add(world, bill, whole).size_bytes == 5_242_880
    answer = refused(lambda: _add(world, bill, whole + b" "))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("file",))
    assert refused(lambda: _add(world, bill, b"")).fields == ("file",)


@pytest.mark.parametrize("name", ["", "../etc/passwd", "a\\b.pdf", "a\nb.pdf", "x" * 121, "\u202efdp.exe"])
def test_names_are_names(world: World, name: str) -> None:
    bill = world.bill()
    assert refused(lambda: _add(world, bill, name=name)).fields == ("file_name",)


def test_ten_a_bill_whoever_is_faster(world: World) -> None:
    bill = world.bill()
    for _ in range(8):
        _add(world, bill)

    def attempt(_: int) -> str:
        try:
            return _add(world, bill).id
        except grpc.RpcError:
            return ""

    assert sum(bool(found) for found in at_once(6, attempt)) == 2
    assert len(_list(world, bill).attachments) == 10
    answer = refused(lambda: _add(world, bill))
    assert (answer.code, answer.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "ATTACHMENT_LIMIT_REACHED")


def test_the_same_request_keeps_one_file(world: World) -> None:
    bill, request_id = world.bill(), new_id()
    first = _add(world, bill, request_id=request_id)
    assert _add(world, bill, request_id=request_id) == first
    assert len(_list(world, bill).attachments) == 1
    answer = refused(lambda: _add(world, bill, png(), request_id=request_id))
    assert answer.reason == "REQUEST_ID_REUSED"


def test_a_file_is_removed_once(world: World) -> None:
    bill = world.bill()
    added = _add(world, bill)
    request = pb.DeleteAttachmentRequest(bill_id=bill.id, id=added.id)
    _files(world).DeleteAttachment(request)
    assert refused(lambda: _files(world).DeleteAttachment(request)).reason == "ATTACHMENT_NOT_FOUND"
    assert list(_list(world, bill).attachments) == []
    noted = [job["event"] for job in _audit(world)]
    assert [(event["action"], event["target_id"]) for event in noted] == [("bill.attachment_deleted", bill.id)]


def _audit(world: World) -> list[dict[str, dict[str, str]]]:
    rows = world.query("SELECT args FROM billing.procrastinate_jobs WHERE task_name = 'kit.record_audit_event'")
    merchant = to_text("mer", world.merchant)
    return [args for (args,) in rows if args["event"]["merchant_id"] == merchant]


def test_pages_of_files(world: World) -> None:
    bill = world.bill()
    added = [_add(world, bill).id for _ in range(3)]
    first = _list(world, bill, page_size=2)
    rest = _list(world, bill, page_size=2, page_token=first.next_page_token)
    # The clock stands, so the order among them is that of their ids.
    assert [file.id for file in (*first.attachments, *rest.attachments)] == sorted(added)
    assert rest.next_page_token == ""


def test_files_go_with_their_draft(world: World) -> None:
    draft = world.draft()
    _add(world, draft)
    world.bills.DeleteBill(bill_service_pb2.DeleteBillRequest(id=draft.id))
    assert world.query("SELECT 1 FROM billing.bill_attachments WHERE merchant_id = %s", str(world.merchant)) == []


def test_another_merchants_files_are_not_there(world: World) -> None:
    bill = world.bill()
    added = _add(world, bill)
    stranger = _files(world.neighbour())
    absent = to_text("bill", uuid.uuid4())
    for bill_id in (bill.id, absent):
        calls = (
            lambda: stranger.ListAttachments(pb.ListAttachmentsRequest(bill_id=bill_id)),  # noqa: B023 - called at once
            lambda: stranger.DownloadAttachment(pb.DownloadAttachmentRequest(bill_id=bill_id, id=added.id)),  # noqa: B023
            lambda: stranger.DeleteAttachment(pb.DeleteAttachmentRequest(bill_id=bill_id, id=added.id)),  # noqa: B023
        )
        assert {refused(call).reason for call in calls} == {"BILL_NOT_FOUND"}
    assert refused(lambda: _add(world.neighbour(), bill)).reason == "BILL_NOT_FOUND"
    download = pb.DownloadAttachmentRequest(bill_id=bill.id, id=to_text("att", uuid.uuid4()))
    assert refused(lambda: _files(world).DownloadAttachment(download)).reason == "ATTACHMENT_NOT_FOUND"
