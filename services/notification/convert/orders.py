"""What other services ask to be sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from billmesh.notification.v1 import message_content_pb2

from services.kit.failure import InvalidRequest
from services.kit.wire import money_from_proto
from services.notification.convert.messages import tenant
from services.notification.domain import content as said
from services.notification.usecases.merchants import MerchantNotice
from services.notification.usecases.sending import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from billmesh.notification.v1 import message_service_pb2
    from google.protobuf.timestamp_pb2 import Timestamp
    from google.type import date_pb2


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


def notice(request: message_service_pb2.NotifyMerchantRequest, *, sender: str) -> MerchantNotice:
    """What a merchant's owners are to know. Raises InvalidRequest for what the contract's rules cannot state."""
    return MerchantNotice(
        sender=sender,
        tenant=tenant(request.merchant_id),
        dedupe_key=request.dedupe_key,
        subject=request.subject,
        content=_payment_claimed(request) if request.HasField("payment_claimed") else _payments_claimed(request),
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


def _payment_claimed(
    request: message_service_pb2.SendMessageRequest | message_service_pb2.NotifyMerchantRequest,
) -> said.PaymentClaimed:
    claimed = request.payment_claimed
    return said.PaymentClaimed(
        customer_name=claimed.customer_name,
        bill_number=claimed.bill_number,
        amount=money_from_proto(claimed.amount, "payment_claimed.amount"),
        link=claimed.link,
    )


def _payments_claimed(request: message_service_pb2.NotifyMerchantRequest) -> said.PaymentsClaimed:
    return said.PaymentsClaimed(count=request.payments_claimed.count, link=request.payments_claimed.link)


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


def _payment_refunded(request: message_service_pb2.SendMessageRequest) -> said.PaymentRefunded:
    refunded = request.payment_refunded
    return said.PaymentRefunded(
        merchant_name=refunded.merchant_name,
        bill_number=refunded.bill_number,
        amount=money_from_proto(refunded.amount, "payment_refunded.amount"),
        method=_refund_method(refunded.method),
        link=refunded.link,
    )


def _credit_refunded(request: message_service_pb2.SendMessageRequest) -> said.CreditRefunded:
    refunded = request.credit_refunded
    return said.CreditRefunded(
        merchant_name=refunded.merchant_name,
        amount=money_from_proto(refunded.amount, "credit_refunded.amount"),
        method=_refund_method(refunded.method),
    )


def _credit_note_issued(request: message_service_pb2.SendMessageRequest) -> said.CreditNoteIssued:
    issued = request.credit_note_issued
    return said.CreditNoteIssued(
        merchant_name=issued.merchant_name,
        credit_note_number=issued.credit_note_number,
        bill_number=issued.bill_number,
        amount=money_from_proto(issued.amount, "credit_note_issued.amount"),
        outstanding=money_from_proto(issued.outstanding, "credit_note_issued.outstanding"),
        link=issued.link,
    )


def _payment_rejected(request: message_service_pb2.SendMessageRequest) -> said.PaymentRejected:
    rejected = request.payment_rejected
    return said.PaymentRejected(
        merchant_name=rejected.merchant_name,
        bill_number=rejected.bill_number,
        amount=money_from_proto(rejected.amount, "payment_rejected.amount"),
        outstanding=money_from_proto(rejected.outstanding, "payment_rejected.outstanding"),
        link=rejected.link,
    )


def _bill_voided(request: message_service_pb2.SendMessageRequest) -> said.BillVoided:
    voided = request.bill_voided
    return said.BillVoided(
        merchant_name=voided.merchant_name,
        bill_number=voided.bill_number,
        total=money_from_proto(voided.total, "bill_voided.total"),
        link=voided.link,
    )


def _refund_method(method: message_content_pb2.RefundMethod.ValueType) -> said.RefundMethod:
    return said.RefundMethod(message_content_pb2.RefundMethod.Name(method).removeprefix("REFUND_METHOD_"))


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
    "payment_refunded": _payment_refunded,
    "credit_refunded": _credit_refunded,
    "credit_note_issued": _credit_note_issued,
    "payment_rejected": _payment_rejected,
    "bill_voided": _bill_voided,
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
