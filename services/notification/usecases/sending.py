"""Taking a message over from another service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.kit import jobs
from services.kit.failure import InvalidRequest
from services.notification.domain.content import SENDERS, Code, Content
from services.notification.domain.errors import (
    ContentNotAllowed,
    DedupeKeyReused,
    EmailLimitReached,
    MerchantLimitReached,
    PhoneLimitReached,
)
from services.notification.domain.limits import Counter, Window
from services.notification.domain.message import PLATFORM, Message, MessageId, MessageState, TenantId
from services.notification.store import counters, messages
from services.notification.store import texts as kept_texts
from services.notification.store.texts import SealedText
from services.notification.usecases import letters
from services.notification.usecases.deps import DELIVER, QUEUES
from services.notification.usecases.recipients import SEALED_AS, Recipient, recipient

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.notification.usecases.deps import Deps

_WORTH_SENDING_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a service asks to be sent, to one of `phone` and `email`; the other is "".

    `expire_time` None: a day, or as long as the code holds.
    """

    sender: str
    tenant: TenantId
    dedupe_key: str
    phone: str
    email: str
    locale: str
    subject: str
    expire_time: datetime | None
    content: Content


def send_message(order: Order, *, deps: Deps) -> Message:
    """Writes the message and the job that delivers it; a repeat of the dedupe key returns the message that there is.

    A test merchant's message is written without a job: nothing could send it. Raises ContentNotAllowed, PhoneInvalid,
    EmailInvalid, DedupeKeyReused, PhoneLimitReached, EmailLimitReached, MerchantLimitReached, InvalidRequest; and
    PeerRefused or PeerUnavailable if it cannot be found out whether the merchant is a test one.
    """
    kind = order.content.kind
    if kind not in SENDERS.get(order.sender, ()):
        raise ContentNotAllowed(kind.value)
    to = recipient(phone=order.phone, email=order.email, vault=deps.vault)
    if not kind.goes_by(to.channel):
        raise InvalidRequest.of("content", f"does not go by {to.channel}")
    by_merchant = order.tenant != PLATFORM
    is_test = by_merchant and deps.tenants.is_test(order.tenant)
    country = deps.tenants.country(order.tenant) if by_merchant else ""
    now = deps.clock.now()
    windows = _windows(order, to, is_test=is_test, now=now, deps=deps)
    try:
        return _take_over(order, to, windows, country=country, is_test=is_test, now=now, deps=deps)
    except _Full as full:
        deps.shield.remember_full(full.key, full.window, left=full.window.left(now))
        raise _limit_reached(full.window, now=now) from None


def _take_over(
    order: Order,
    to: Recipient,
    windows: tuple[tuple[bytes, Window], ...],
    *,
    country: str,
    is_test: bool,
    now: datetime,
    deps: Deps,
) -> Message:
    known_full = next(((key, window) for key, window in windows if deps.shield.is_full(key, window)), None)
    with deps.db.transaction(merchant=order.tenant) as tx:
        found = messages.find_message_by_dedupe_key(tx, order.tenant, order.sender, order.dedupe_key)
        if found is not None:
            return _same(found, order, to)
        if known_full is not None:
            raise _Full(*known_full)
        written = _write(tx, order, to, country=country, is_test=is_test, now=now, deps=deps)
        if written is None:
            return _same(_twin(tx, order), order, to)
        for key, window in windows:
            if not counters.count(tx, key, window):
                raise _Full(key, window)
        return written


class _Full(Exception):
    """A window is full: what was written for the message is rolled back."""

    def __init__(self, key: bytes, window: Window) -> None:
        super().__init__(window.counter)
        self.key = key
        self.window = window


def _windows(
    order: Order, to: Recipient, *, is_test: bool, now: datetime, deps: Deps
) -> tuple[tuple[bytes, Window], ...]:
    """What the message counts towards: its recipient, then its merchant.

    Always in this order, so that no two senders lock each other out. What a test merchant writes reaches nobody and
    uses up nobody's allowance but its own.
    """
    of_recipient = (to.limit_key, deps.limits.of_recipient(to.channel, order.content.kind, now))
    if order.content.kind.is_of_the_platform:
        return (of_recipient,)
    of_merchant = (order.tenant.bytes, deps.limits.of_merchant(to.channel, now))
    return (of_merchant,) if is_test else (of_recipient, of_merchant)


def _limit_reached(window: Window, *, now: datetime) -> PhoneLimitReached | EmailLimitReached | MerchantLimitReached:
    left = window.left(now)
    if window.counter in {Counter.MERCHANT, Counter.MERCHANT_EMAIL}:
        return MerchantLimitReached(retry_after=left)
    if window.counter in {Counter.EMAIL, Counter.EMAIL_CODES, Counter.EMAIL_NOTICES}:
        return EmailLimitReached(retry_after=left)
    return PhoneLimitReached(retry_after=left)


def _twin(tx: Connection, order: Order) -> Message:
    """The message that took the dedupe key first."""
    twin = messages.find_message_by_dedupe_key(tx, order.tenant, order.sender, order.dedupe_key)
    if twin is None:
        raise LookupError("a dedupe key is taken and its message is not to be seen")
    return twin


def _same(known: Message, order: Order, to: Recipient) -> Message:
    if known.kind is not order.content.kind or known.recipient_index != to.index:
        raise DedupeKeyReused
    return known


def _write(
    tx: Connection, order: Order, to: Recipient, *, country: str, is_test: bool, now: datetime, deps: Deps
) -> Message | None:
    """Message, text and job; None if a twin was faster."""
    content = order.content
    worth = content.valid_for if isinstance(content, Code) else _WORTH_SENDING_FOR
    expire_time = order.expire_time or now + worth
    if expire_time <= now:
        raise InvalidRequest.of("expire_time", "must lie in the future")
    letter = letters.write(tx, order.tenant, content, to=to, requested=order.locale, country=country)
    message = Message(
        id=MessageId(deps.ids.new()),
        tenant=order.tenant,
        kind=content.kind,
        state=MessageState.RECORDED if is_test else MessageState.QUEUED,
        sender=order.sender,
        dedupe_key=order.dedupe_key,
        subject=order.subject,
        channel=to.channel,
        masked_recipient=to.masked,
        recipient_index=to.index,
        locale=letter.locale,
        size=letter.size,
        dlt_template_id=letter.dlt_template_id,
        create_time=now,
        update_time=now,
        expire_time=expire_time,
        # A secret text is erased when it is sent; if it never is, then when it has expired.
        text_purge_time=expire_time if content.kind.is_secret else now + deps.text_life,
    )
    sealed_recipient = deps.vault.seal(tx, order.tenant, SEALED_AS[to.channel], message.id, to.address)
    if not messages.insert_message(tx, order.tenant, message, sealed_recipient=sealed_recipient):
        return None
    subject_line = letter.subject_line
    sealed = SealedText(
        text=deps.vault.seal(tx, order.tenant, "messages.text", message.id, letter.text),
        fingerprint=deps.vault.index(to.channel.lower(), f"{to.address}\0{letter.text}"),
        subject_line=deps.vault.seal(tx, order.tenant, "messages.subject_line", message.id, subject_line)
        if subject_line
        else None,
    )
    kept_texts.insert_text(tx, order.tenant, message.id, sealed, purge_time=message.text_purge_time)
    if not is_test:
        arguments = {"merchant_id": str(order.tenant), "message_id": str(message.id)}
        jobs.enqueue(tx, DELIVER, arguments, queue=QUEUES[to.channel])
    return message
