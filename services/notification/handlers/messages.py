"""MessageService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.notification.v1 import message_service_pb2 as pb
from billmesh.notification.v1.message_service_pb2_grpc import MessageServiceServicer

from services.kit.context import caller
from services.kit.paging import cut, page
from services.notification.convert import messages as convert
from services.notification.convert import orders
from services.notification.domain.message import TenantId
from services.notification.usecases import merchants, messages, sending

if TYPE_CHECKING:
    import grpc
    from billmesh.notification.v1 import message_pb2

    from services.notification.usecases.deps import Deps


class MessageHandler(MessageServiceServicer):
    """Text messages."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def SendMessage(self, request: pb.SendMessageRequest, context: grpc.ServicerContext) -> message_pb2.Message:
        """Takes a message over from another service."""
        order = orders.order(request, sender=caller().mesh_service or "")
        return convert.message_to_proto(sending.send_message(order, deps=self._deps))

    def NotifyMerchant(
        self, request: pb.NotifyMerchantRequest, context: grpc.ServicerContext
    ) -> pb.NotifyMerchantResponse:
        """Takes over what a merchant's owners are to know."""
        notice = orders.notice(request, sender=caller().mesh_service or "")
        told = merchants.notify(notice, deps=self._deps)
        return pb.NotifyMerchantResponse(messages=[convert.message_to_proto(message) for message in told])

    def GetMessage(self, request: pb.GetMessageRequest, context: grpc.ServicerContext) -> message_pb2.Message:
        """One message of the merchant's."""
        tenant = TenantId(caller().merchant)
        return convert.detail_to_proto(messages.get_message(tenant, convert.message_id(request.id), deps=self._deps))

    def ListMessages(self, request: pb.ListMessagesRequest, context: grpc.ServicerContext) -> pb.ListMessagesResponse:
        """The merchant's messages."""
        wanted = page(request)
        found = messages.list_messages(
            TenantId(caller().merchant),
            subject=request.subject,
            states=convert.states(request.states),
            kinds=convert.kinds(request.kinds),
            before=convert.cursor(wanted.after),
            limit=wanted.size + 1,
            deps=self._deps,
        )
        shown = cut([convert.message_to_proto(message) for message in found], wanted, key=lambda message: (message.id,))
        return pb.ListMessagesResponse(messages=shown.items, next_page_token=shown.next_page_token)
