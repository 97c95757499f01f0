"""Messages, for the wire; and what their lists are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.notification.v1 import message_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.failure import InvalidRequest
from services.kit.ids import InvalidId, from_text, to_text
from services.notification.domain.message import (
    PLATFORM,
    Attempt,
    Channel,
    DeliveryError,
    Fault,
    Message,
    MessageDetail,
    MessageId,
    MessageKind,
    MessageState,
    TenantId,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from billmesh.notification.v1 import callback_service_pb2

    from services.notification.domain import text as texts

# One sentence each: what happened and what to do.
_SENTENCES = {
    Fault.NUMBER_INVALID: "The number does not exist. Correct it.",
    Fault.NOT_MOBILE: "The number cannot take SMS. Ask for a mobile number.",
    Fault.OPTED_OUT: "The recipient does not want messages from this sender.",
    Fault.ADDRESS_INVALID: "The e-mail address does not exist. Correct it.",
    Fault.UNREACHABLE: "The handset or the mailbox cannot be reached. Trying again later may help.",
    Fault.FILTERED: "A filter stopped it. For SMS, register the sender and the wording (DLT in India).",
    Fault.DESTINATION_NOT_ALLOWED: "Messages to this country or number are not enabled.",
    Fault.CHANNEL_NOT_CONFIGURED: "No mail server is configured. The operators of Billmesh have to act.",
    Fault.SENDER: "The sender's number or account is at fault. The operators of Billmesh have to act.",
    Fault.PROVIDER_BUSY: "The provider had too much to do. The message is tried again until it expires.",
    Fault.NO_ANSWER: "The provider's answer was lost. It may have the message.",
    Fault.EXPIRED: "It expired before it could be sent.",
    Fault.OTHER: "The provider did not deliver it; its code says more.",
}


def tenant(merchant_id: str) -> TenantId:
    """The merchant named, or Billmesh itself if none is."""
    return TenantId(from_text("mer", merchant_id)) if merchant_id else PLATFORM


def message_id(text: str) -> MessageId:
    """The id in a validated "msg_…"."""
    return MessageId(from_text("msg", text))


def cursor(after: tuple[str, ...] | None) -> MessageId | None:
    """Where a page of messages goes on."""
    try:
        return message_id(after[0]) if after else None
    except InvalidId as error:
        raise InvalidRequest.of("page_token", "must be the next_page_token of the same list") from error


def states(values: Sequence[message_pb2.MessageState.ValueType]) -> frozenset[MessageState]:
    """A filter's states."""
    prefix = "MESSAGE_STATE_"
    return frozenset(MessageState(message_pb2.MessageState.Name(value).removeprefix(prefix)) for value in values)


def kinds(values: Sequence[message_pb2.MessageKind.ValueType]) -> frozenset[MessageKind]:
    """A filter's kinds."""
    prefix = "MESSAGE_KIND_"
    return frozenset(MessageKind(message_pb2.MessageKind.Name(value).removeprefix(prefix)) for value in values)


def attempt_of(request: callback_service_pb2.ReceiveTwilioStatusRequest) -> tuple[TenantId, MessageId, int]:
    """The attempt that a report's address names."""
    return tenant(request.merchant_id), message_id(request.message_id), request.attempt


def message_to_proto(message: Message) -> message_pb2.Message:
    """A message as lists show it."""
    return message_pb2.Message(
        id=to_text("msg", message.id),
        kind=message_pb2.MessageKind.Value(f"MESSAGE_KIND_{message.kind}"),
        state=message_pb2.MessageState.Value(f"MESSAGE_STATE_{message.state}"),
        subject=message.subject,
        channel=message_pb2.MessageChannel.Value(f"MESSAGE_CHANNEL_{message.channel}"),
        masked_phone=message.masked_recipient if message.channel is Channel.SMS else "",
        masked_email=message.masked_recipient if message.channel is Channel.EMAIL else "",
        locale=message.locale,
        segments=message.size.segments if message.size else 0,
        encoding=encoding_to_proto(message.size.encoding) if message.size else message_pb2.TEXT_ENCODING_UNSPECIFIED,
        error=_error(message.error),
        attempt_count=message.attempt_count,
        dlt_template_id=message.dlt_template_id,
        create_time=timestamp(message.create_time),
        update_time=timestamp(message.update_time),
        expire_time=timestamp(message.expire_time),
        text_purge_time=timestamp(message.text_purge_time),
    )


def detail_to_proto(detail: MessageDetail) -> message_pb2.Message:
    """A message as its own page shows it."""
    shown = message_to_proto(detail.message)
    shown.text = detail.text or ""
    shown.subject_line = detail.subject_line
    shown.attempts.extend(_attempt(attempt) for attempt in detail.attempts)
    return shown


def _attempt(attempt: Attempt) -> message_pb2.DeliveryAttempt:
    return message_pb2.DeliveryAttempt(
        number=attempt.number,
        state=message_pb2.AttemptState.Value(f"ATTEMPT_STATE_{attempt.state}"),
        provider_id=attempt.provider_id or "",
        error=_error(attempt.error),
        start_time=timestamp(attempt.start_time),
        end_time=timestamp(attempt.end_time),
    )


def _error(error: DeliveryError | None) -> message_pb2.DeliveryError | None:
    if error is None:
        return None
    return message_pb2.DeliveryError(
        fault=message_pb2.DeliveryFault.Value(f"DELIVERY_FAULT_{error.fault}"),
        provider_code=error.provider_code,
        message=_SENTENCES[error.fault],
    )


def encoding_to_proto(encoding: texts.Encoding) -> message_pb2.TextEncoding.ValueType:
    """An alphabet."""
    return message_pb2.TextEncoding.Value(f"TEXT_ENCODING_{encoding}")


def timestamp(moment: datetime | None) -> Timestamp | None:
    """A moment, if there is one."""
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp
