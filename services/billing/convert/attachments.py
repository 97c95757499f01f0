"""Files between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from billmesh.billing.v1 import attachment_pb2, attachment_service_pb2
from google.api import httpbody_pb2

from services.billing.convert.money import timestamp
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.billing.domain.attachment import Attachment, File
    from services.kit.paging import Listed


def attachment_to_proto(attachment: Attachment) -> attachment_pb2.Attachment:
    """A file without its bytes."""
    return attachment_pb2.Attachment(
        id=to_text("att", attachment.id),
        bill_id=to_text("bill", attachment.bill_id),
        file_name=attachment.file_name,
        media_type=attachment.media_type.value,
        size_bytes=attachment.size,
        sha256=attachment.sha256.hex(),
        create_time=timestamp(attachment.create_time),
    )


def page_to_proto(listed: Listed[Attachment]) -> attachment_service_pb2.ListAttachmentsResponse:
    """A page of files."""
    return attachment_service_pb2.ListAttachmentsResponse(
        attachments=[attachment_to_proto(attachment) for attachment in listed.items],
        next_page_token=listed.next_page_token,
    )


def file_to_proto(file: File) -> httpbody_pb2.HttpBody:
    """The bytes of a file."""
    return httpbody_pb2.HttpBody(content_type=file.media_type.value, data=file.content)


def file_headers(file: File) -> tuple[tuple[str, str], ...]:
    """What goes with the bytes, so that a browser keeps the file instead of showing it.

    The name is percent-encoded (RFC 8187): nothing in it can end the header or begin another.
    """
    return (
        ("content-disposition", f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-store"),
    )
