"""Telling customers and merchants: what billing asks of the notification service, and how that goes over the mesh."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from billmesh.notification.v1 import message_content_pb2, message_service_pb2, message_service_pb2_grpc

from services.billing.convert.money import date_to_proto
from services.billing.domain.consent import Channel
from services.billing.domain.payment import MethodKind
from services.kit import ids, mesh
from services.kit.money import Money
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from services.billing.domain.notices import Claimed, MerchantNotice, Notice, Place, Said

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Messenger(Protocol):
    """Tells people. The same notice again is told once."""

    def tell(self, notice: Notice, to: Place) -> None:
        """Tells a customer. Raises PeerRefused or PeerUnavailable."""
        ...

    def notify(self, notice: MerchantNotice) -> None:
        """Tells a merchant's owners, whoever they are. Raises PeerRefused or PeerUnavailable."""
        ...


class MeshMessenger:
    """Messenger in the notification service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = message_service_pb2_grpc.MessageServiceStub(channel)

    def tell(self, notice: Notice, to: Place) -> None:
        """See Messenger."""
        by_email = to.channel is Channel.EMAIL
        request = message_service_pb2.SendMessageRequest(
            merchant_id=ids.to_text("mer", notice.merchant_id),
            # Two places of one notice are two messages.
            dedupe_key=f"{notice.key}/email" if by_email else notice.key,
            phone="" if by_email else to.address,
            email=to.address if by_email else "",
            locale=notice.locale,
            subject=notice.subject,
            **_content(notice.says),
        )
        try:
            self._stub.SendMessage(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="notification") from error

    def notify(self, notice: MerchantNotice) -> None:
        """See Messenger."""
        request = message_service_pb2.NotifyMerchantRequest(
            merchant_id=ids.to_text("mer", notice.merchant_id),
            dedupe_key=notice.key,
            subject=notice.subject,
            **_content(notice.says),
        )
        try:
            self._stub.NotifyMerchant(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="notification") from error


def _content(says: Said | Claimed) -> dict[str, Any]:
    """The field of the request that says it: contents have the names of the contract, and so have their parts."""
    name = type(says).__name__
    content: type[Message] = getattr(message_content_pb2, name)
    values = {part.name: _value(getattr(says, part.name)) for part in fields(says)}
    return {_CAPITAL.sub("_", name).lower(): content(**values)}


def _value(value: object) -> object:
    match value:
        case Money():
            return money_to_proto(value)
        case date():
            return date_to_proto(value)
        case MethodKind():
            return message_content_pb2.RefundMethod.Value(f"REFUND_METHOD_{value.value}")
        case _:
            return value
