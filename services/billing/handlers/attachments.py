"""AttachmentService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import attachment_pb2
from billmesh.billing.v1 import attachment_service_pb2 as pb
from billmesh.billing.v1.attachment_service_pb2_grpc import AttachmentServiceServicer

from services.billing.convert import attachments as convert
from services.billing.domain.ids import AttachmentId, BillId, MerchantId
from services.billing.usecases import attachments
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc
    from google.api import httpbody_pb2

    from services.billing.usecases.deps import Deps


class AttachmentHandler(AttachmentServiceServicer):
    """Files kept with bills."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListAttachments(
        self, request: pb.ListAttachmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListAttachmentsResponse:
        """A page of a bill's files."""
        page = paging.page(request)
        return convert.page_to_proto(attachments.list_page(self._deps, _merchant(), _bill(request.bill_id), page=page))

    def DownloadAttachment(
        self, request: pb.DownloadAttachmentRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """A file's bytes."""
        file = attachments.download(self._deps, _merchant(), _bill(request.bill_id), _id(request.id))
        context.send_initial_metadata(convert.file_headers(file))
        return convert.file_to_proto(file)

    def AddAttachment(
        self, request: pb.AddAttachmentRequest, context: grpc.ServicerContext
    ) -> attachment_pb2.Attachment:
        """A file, kept."""
        once = idempotency.once(request, attachment_pb2.Attachment, convert.attachment_to_proto, vault=self._deps.vault)
        bill_id, name = _bill(request.bill_id), request.file_name
        return attachments.add(self._deps, _merchant(), bill_id, name=name, content=request.file.data, once=once)

    def DeleteAttachment(
        self, request: pb.DeleteAttachmentRequest, context: grpc.ServicerContext
    ) -> pb.DeleteAttachmentResponse:
        """A file, gone."""
        attachments.delete(self._deps, _merchant(), _bill(request.bill_id), _id(request.id))
        return pb.DeleteAttachmentResponse()


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _bill(text: str) -> BillId:
    return BillId(from_text("bill", text))


def _id(text: str) -> AttachmentId:
    return AttachmentId(from_text("att", text))
