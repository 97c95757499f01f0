"""A message, its attempts, and which way their states may move."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

    from services.notification.domain.text import Size

MessageId = NewType("MessageId", UUID)
# The merchant that a message belongs to.
TenantId = NewType("TenantId", UUID)

# The tenant of messages that no merchant sends: codes and warnings from Billmesh itself. No token ever carries it.
PLATFORM = TenantId(UUID(int=0))


class MessageKind(StrEnum):
    """What a message is about."""

    BILL_ISSUED = "BILL_ISSUED"
    PAYMENT_RECEIVED = "PAYMENT_RECEIVED"
    PAYMENT_CLAIMED = "PAYMENT_CLAIMED"
    PHONE_VERIFICATION = "PHONE_VERIFICATION"
    SIGN_UP_ATTEMPT = "SIGN_UP_ATTEMPT"
    MEMBER_INVITED = "MEMBER_INVITED"
    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    RECOVERY_CODE = "RECOVERY_CODE"
    SECURITY_NOTICE = "SECURITY_NOTICE"
    BALANCE_CONFIRMATION = "BALANCE_CONFIRMATION"
    BILL_REMINDER = "BILL_REMINDER"
    PAYMENT_REFUNDED = "PAYMENT_REFUNDED"
    CREDIT_REFUNDED = "CREDIT_REFUNDED"
    CREDIT_NOTE_ISSUED = "CREDIT_NOTE_ISSUED"
    PAYMENT_REJECTED = "PAYMENT_REJECTED"
    BILL_VOIDED = "BILL_VOIDED"
    PAYMENTS_CLAIMED = "PAYMENTS_CLAIMED"

    @property
    def is_secret(self) -> bool:
        """Whether whoever reads the text gains by it: it is shown to nobody and erased once it is sent."""
        return self in _SECRET

    @property
    def is_of_the_platform(self) -> bool:
        """Whether Billmesh itself is the sender, not a merchant."""
        return self in _OF_THE_PLATFORM

    def goes_by(self, channel: Channel) -> bool:
        """Whether it may go that way: what proves a phone or an address goes there and nowhere else."""
        return _ONLY_BY.get(self, channel) is channel


class Channel(StrEnum):
    """Ways for a message to go."""

    SMS = "SMS"
    EMAIL = "EMAIL"


_SECRET = frozenset((MessageKind.PHONE_VERIFICATION, MessageKind.EMAIL_VERIFICATION, MessageKind.RECOVERY_CODE))
_OF_THE_PLATFORM = _SECRET | {MessageKind.SIGN_UP_ATTEMPT, MessageKind.SECURITY_NOTICE}
_ONLY_BY = {MessageKind.PHONE_VERIFICATION: Channel.SMS, MessageKind.EMAIL_VERIFICATION: Channel.EMAIL}


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    UNCONFIRMED = "UNCONFIRMED"
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"
    FAILED = "FAILED"
    # A test merchant's: written down, never sent.
    RECORDED = "RECORDED"

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return not _NEXT[self]

    @property
    def is_with_provider(self) -> bool:
        """Whether the provider has it, or had it: it must not be sent again."""
        return self in _WITH_PROVIDER or self.is_final

    def progressed(self, reported: MessageState) -> MessageState:
        """The state after a report of `reported`: itself if the report is old, repeated or out of order."""
        return reported if reported in _NEXT[self] else self


_FINAL = frozenset((MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED))
_WITH_PROVIDER = frozenset((MessageState.ACCEPTED, MessageState.SENT))
_REPORTED = _FINAL | _WITH_PROVIDER
_NEXT: dict[MessageState, frozenset[MessageState]] = {
    # A report may come while we still wait to try again: the provider had it after all.
    MessageState.QUEUED: _REPORTED | {MessageState.SENDING},
    MessageState.SENDING: _REPORTED | {MessageState.QUEUED, MessageState.UNCONFIRMED},
    MessageState.UNCONFIRMED: _REPORTED | {MessageState.QUEUED},
    MessageState.ACCEPTED: _FINAL | {MessageState.SENT},
    MessageState.SENT: _FINAL,
    MessageState.DELIVERED: frozenset(),
    MessageState.UNDELIVERED: frozenset(),
    MessageState.FAILED: frozenset(),
    MessageState.RECORDED: frozenset(),
}


class AttemptState(StrEnum):
    """What came of one call to the provider."""

    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    ABSENT = "ABSENT"

    @property
    def is_open(self) -> bool:
        """Whether the provider may have the message without our knowing."""
        return self in {AttemptState.SENDING, AttemptState.UNKNOWN}


class Fault(StrEnum):
    """Kinds of fault in delivery."""

    NUMBER_INVALID = "NUMBER_INVALID"
    ADDRESS_INVALID = "ADDRESS_INVALID"
    NOT_MOBILE = "NOT_MOBILE"
    OPTED_OUT = "OPTED_OUT"
    UNREACHABLE = "UNREACHABLE"
    FILTERED = "FILTERED"
    DESTINATION_NOT_ALLOWED = "DESTINATION_NOT_ALLOWED"
    SENDER = "SENDER"
    PROVIDER_BUSY = "PROVIDER_BUSY"
    NO_ANSWER = "NO_ANSWER"
    EXPIRED = "EXPIRED"
    CHANNEL_NOT_CONFIGURED = "CHANNEL_NOT_CONFIGURED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class DeliveryError:
    """Why something did not go through. `provider_code` is the provider's number, 0 when it gave none."""

    fault: Fault
    provider_code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to the provider. `number` counts from 1 within the message."""

    number: int
    state: AttemptState
    start_time: datetime
    end_time: datetime | None = None
    provider_id: str | None = None
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it is kept, without its text and its recipient, which are sealed beside it."""

    id: MessageId
    tenant: TenantId
    kind: MessageKind
    state: MessageState
    # The service that asked for it, and its name for it.
    sender: str
    dedupe_key: str
    subject: str
    channel: Channel
    # The phone or the address, as it may be shown.
    masked_recipient: str
    # By which the recipient is recognised without opening it.
    recipient_index: bytes
    locale: str
    # How an SMS travels; None for an e-mail.
    size: Size | None
    dlt_template_id: str
    create_time: datetime
    update_time: datetime
    expire_time: datetime
    text_purge_time: datetime
    attempt_count: int = 0
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """A message with what only its own page shows. `text` is None when it is secret or forgotten.

    `subject_line` is an e-mail's, "" for an SMS and wherever the text is None.
    """

    message: Message
    text: str | None
    subject_line: str
    attempts: tuple[Attempt, ...]
