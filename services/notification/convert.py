"""Between protobuf and the domain; the only file that knows both."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from billmesh.notification.v1 import (
    message_content_pb2,
    message_pb2,
    message_service_pb2,
    template_pb2,
    template_service_pb2,
)
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import InvalidId, from_text, to_text
from services.kit.wire import money_from_proto
from services.notification.domain import content as said
from services.notification.domain import template as rules
from services.notification.domain import text as texts
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
from services.notification.usecases.sending import Order
from services.notification.usecases.templates import TemplateChange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from billmesh.notification.v1 import callback_service_pb2
    from google.type import date_pb2

_NANO_DIGITS = 9

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


def order(request: message_service_pb2.SendMessageRequest, *, sender: str) -> Order:
    """What is asked to be sent. Raises InvalidRequest for what the contract's rules cannot state."""
    return Order(
        sender=sender,
        tenant=tenant(request.merchant_id),
        dedupe_key=request.dedupe_key,
        phone=request.phone,
        email=request.email,
        locale=request.locale,
        subject=request.subject,
        expire_time=_moment(request.expire_time, "expire_time") if request.HasField("expire_time") else None,
        content=_content(request),
    )


def _content(request: message_service_pb2.SendMessageRequest) -> said.Content:
    given = request.WhichOneof("content")
    if given is None:
        raise InvalidRequest.of("content", "is required")
    return _CONTENTS[given](request)


def _payment_received(request: message_service_pb2.SendMessageRequest) -> said.PaymentReceived:
    received = request.payment_received
    return said.PaymentReceived(
        merchant_name=received.merchant_name,
        bill_number=received.bill_number,
        amount=money_from_proto(received.amount, "payment_received.amount"),
        outstanding=money_from_proto(received.outstanding, "payment_received.outstanding"),
        link=received.link,
    )


def _payment_claimed(request: message_service_pb2.SendMessageRequest) -> said.PaymentClaimed:
    claimed = request.payment_claimed
    return said.PaymentClaimed(
        customer_name=claimed.customer_name,
        bill_number=claimed.bill_number,
        amount=money_from_proto(claimed.amount, "payment_claimed.amount"),
        link=claimed.link,
    )


def _bill_reminder(request: message_service_pb2.SendMessageRequest) -> said.BillReminder:
    waiting = request.bill_reminder
    return said.BillReminder(
        merchant_name=waiting.merchant_name,
        bill_number=waiting.bill_number,
        amount=money_from_proto(waiting.amount, "bill_reminder.amount"),
        due_date=_day(waiting.due_date, "bill_reminder.due_date"),
        link=waiting.link,
    )


def _balance_confirmation(request: message_service_pb2.SendMessageRequest) -> said.BalanceConfirmation:
    asked = request.balance_confirmation
    return said.BalanceConfirmation(
        merchant_name=asked.merchant_name,
        owed=money_from_proto(asked.owed, "balance_confirmation.owed"),
        credit=money_from_proto(asked.credit, "balance_confirmation.credit"),
        date=_day(asked.date, "balance_confirmation.date"),
        link=asked.link,
    )


def _phone_verification(request: message_service_pb2.SendMessageRequest) -> said.PhoneVerification:
    given = request.phone_verification
    return said.PhoneVerification(code=given.code, valid_for=given.valid_for.ToTimedelta())


def _email_verification(request: message_service_pb2.SendMessageRequest) -> said.EmailVerification:
    given = request.email_verification
    return said.EmailVerification(code=given.code, valid_for=given.valid_for.ToTimedelta())


def _recovery_code(request: message_service_pb2.SendMessageRequest) -> said.RecoveryCode:
    given = request.recovery_code
    return said.RecoveryCode(code=given.code, valid_for=given.valid_for.ToTimedelta())


def _sign_up_attempt(request: message_service_pb2.SendMessageRequest) -> said.SignUpAttempt:
    return said.SignUpAttempt(link=request.sign_up_attempt.link)


def _member_invited(request: message_service_pb2.SendMessageRequest) -> said.MemberInvited:
    invited = request.member_invited
    return said.MemberInvited(merchant_name=invited.merchant_name, inviter_name=invited.inviter_name, link=invited.link)


def _security_notice(request: message_service_pb2.SendMessageRequest) -> said.SecurityNotice:
    notice = request.security_notice
    name = message_content_pb2.SecurityEvent.Name(notice.event).removeprefix("SECURITY_EVENT_")
    available = "security_notice.available_time"
    return said.SecurityNotice(
        event=said.SecurityEvent(name),
        time=_moment(notice.time, "security_notice.time"),
        available_time=_moment(notice.available_time, available) if notice.HasField("available_time") else None,
        link=notice.link,
    )


def _bill_issued(request: message_service_pb2.SendMessageRequest) -> said.BillIssued:
    issued = request.bill_issued
    total = money_from_proto(issued.total, "bill_issued.total")
    has_outstanding = issued.HasField("outstanding")
    return said.BillIssued(
        merchant_name=issued.merchant_name,
        bill_number=issued.bill_number,
        total=total,
        outstanding=money_from_proto(issued.outstanding, "bill_issued.outstanding") if has_outstanding else total,
        due_date=_day(issued.due_date, "bill_issued.due_date") if issued.HasField("due_date") else None,
        link=issued.link,
    )


_CONTENTS: Mapping[str, Callable[[message_service_pb2.SendMessageRequest], said.Content]] = {
    "bill_issued": _bill_issued,
    "payment_received": _payment_received,
    "payment_claimed": _payment_claimed,
    "bill_reminder": _bill_reminder,
    "balance_confirmation": _balance_confirmation,
    "phone_verification": _phone_verification,
    "email_verification": _email_verification,
    "recovery_code": _recovery_code,
    "sign_up_attempt": _sign_up_attempt,
    "member_invited": _member_invited,
    "security_notice": _security_notice,
}


def _day(value: date_pb2.Date, field: str) -> date:
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        raise InvalidRequest.of(field, "must be a day of the calendar, with its year") from error


def _moment(value: Timestamp, field: str) -> datetime:
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest.of(field, "must be a moment between the years 1 and 9999") from error


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
        encoding=_encoding(message.size.encoding) if message.size else message_pb2.TEXT_ENCODING_UNSPECIFIED,
        error=_error(message.error),
        attempt_count=message.attempt_count,
        dlt_template_id=message.dlt_template_id,
        create_time=_timestamp(message.create_time),
        update_time=_timestamp(message.update_time),
        expire_time=_timestamp(message.expire_time),
        text_purge_time=_timestamp(message.text_purge_time),
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
        start_time=_timestamp(attempt.start_time),
        end_time=_timestamp(attempt.end_time),
    )


def _error(error: DeliveryError | None) -> message_pb2.DeliveryError | None:
    if error is None:
        return None
    return message_pb2.DeliveryError(
        fault=message_pb2.DeliveryFault.Value(f"DELIVERY_FAULT_{error.fault}"),
        provider_code=error.provider_code,
        message=_SENTENCES[error.fault],
    )


def _encoding(encoding: texts.Encoding) -> message_pb2.TextEncoding.ValueType:
    return message_pb2.TextEncoding.Value(f"TEXT_ENCODING_{encoding}")


def _timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def template_to_proto(template: rules.Template) -> template_pb2.Template:
    """A template with its preview."""
    preview = rules.preview(template)
    size = texts.size(preview)
    return template_pb2.Template(
        id=template.key.text,
        kind=message_pb2.MessageKind.Value(f"MESSAGE_KIND_{template.key.kind}"),
        locale=template.key.locale,
        text=template.text,
        customised=template.customised,
        dlt_template_id=template.dlt_template_id,
        placeholders=[
            template_pb2.TemplatePlaceholder(name=p.name, required=p.required, sample=p.sample)
            for p in rules.PLACEHOLDERS[template.key.kind]
        ],
        preview=preview,
        preview_segments=size.segments,
        preview_encoding=_encoding(size.encoding),
        update_time=_timestamp(template.update_time),
        etag=str(template.version),
    )


def template_change(request: template_service_pb2.UpdateTemplateRequest) -> TemplateChange:
    """What an update asks for. Raises InvalidRequest if it asks for nothing or its etag is none of ours."""
    template = request.template
    paths = set(request.update_mask.paths)
    if not paths:
        paths = {name for name in ("text", "dlt_template_id") if getattr(template, name)}
    if "*" in paths:
        paths |= {"text", "dlt_template_id"}
    if not paths:
        raise InvalidRequest(FieldViolation("update_mask", "must name a field, or a field must be set"))
    if template.etag and not (template.etag.isascii() and template.etag.isdigit()):
        raise InvalidRequest.of("template.etag", "must be an etag as it was read")
    return TemplateChange(
        text=template.text if "text" in paths else None,
        dlt_template_id=template.dlt_template_id if "dlt_template_id" in paths else None,
        version=int(template.etag) if template.etag else None,
    )
