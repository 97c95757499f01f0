"""Taking a message over from another service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.kit import jobs
from services.kit.failure import InvalidRequest
from services.notification.domain import text as texts
from services.notification.domain.content import SENDERS, Content, PhoneVerification
from services.notification.domain.errors import (
    ContentNotAllowed,
    DedupeKeyReused,
    MerchantLimitReached,
    PhoneLimitReached,
)
from services.notification.domain.limits import Counter, Window
from services.notification.domain.message import Message, MessageId, MessageState, TenantId
from services.notification.domain.template import TemplateKey, locale_for
from services.notification.store import counters, messages
from services.notification.store import texts as kept_texts
from services.notification.store.texts import SealedText
from services.notification.usecases import templates, wording
from services.notification.usecases.deps import DELIVER

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.notification.domain.phone import Phone
    from services.notification.usecases.deps import Deps

_WORTH_SENDING_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a service asks to be sent. `expire_time` None: a day, or as long as the code holds."""

    sender: str
    tenant: TenantId
    dedupe_key: str
    phone: str
    locale: str
    subject: str
    expire_time: datetime | None
    content: Content


def send_message(order: Order, *, deps: Deps) -> Message:
    """Writes the message and the job that delivers it; a repeat of the dedupe key returns the message that there is.

    Raises ContentNotAllowed, PhoneInvalid, DedupeKeyReused, PhoneLimitReached, MerchantLimitReached, InvalidRequest.
    """
    kind = order.content.kind
    if kind not in SENDERS.get(order.sender, ()):
        raise ContentNotAllowed(kind.value)
    phone = wording.parse_phone(order.phone)
    now = deps.clock.now()
    windows = _windows(order, deps.vault.index("phone", phone.number), now=now, deps=deps)
    try:
        return _take_over(order, phone, windows, now=now, deps=deps)
    except _Full as full:
        deps.shield.remember_full(full.key, full.window, left=full.window.left(now))
        raise _limit_reached(full.window, now=now) from None


def _take_over(
    order: Order, phone: Phone, windows: tuple[tuple[bytes, Window], ...], *, now: datetime, deps: Deps
) -> Message:
    phone_index = windows[0][0]
    known_full = next(((key, window) for key, window in windows if deps.shield.is_full(key, window)), None)
    with deps.db.transaction(merchant=order.tenant) as tx:
        found = messages.find_message_by_dedupe_key(tx, order.tenant, order.sender, order.dedupe_key)
        if found is not None:
            return _same(found, order, phone_index)
        if known_full is not None:
            raise _Full(*known_full)
        written = _write(tx, order, phone, phone_index, now=now, deps=deps)
        if written is None:
            return _same(_twin(tx, order), order, phone_index)
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


def _windows(order: Order, phone_index: bytes, *, now: datetime, deps: Deps) -> tuple[tuple[bytes, Window], ...]:
    """What the message counts towards: its phone, then its merchant. Always in this order, so that no two senders lock
    each other out.
    """
    of_phone = (phone_index, deps.limits.of_phone(order.content.kind, now))
    if order.content.kind.is_of_the_platform:
        return (of_phone,)
    return (of_phone, (order.tenant.bytes, deps.limits.of_merchant(now)))


def _limit_reached(window: Window, *, now: datetime) -> PhoneLimitReached | MerchantLimitReached:
    left = window.left(now)
    return (
        MerchantLimitReached(retry_after=left)
        if window.counter is Counter.MERCHANT
        else PhoneLimitReached(retry_after=left)
    )


def _twin(tx: Connection, order: Order) -> Message:
    """The message that took the dedupe key first."""
    twin = messages.find_message_by_dedupe_key(tx, order.tenant, order.sender, order.dedupe_key)
    if twin is None:
        raise LookupError("a dedupe key is taken and its message is not to be seen")
    return twin


def _same(known: Message, order: Order, phone_index: bytes) -> Message:
    if known.kind is not order.content.kind or known.phone_index != phone_index:
        raise DedupeKeyReused
    return known


def _write(
    tx: Connection, order: Order, phone: Phone, phone_index: bytes, *, now: datetime, deps: Deps
) -> Message | None:
    """Message, text and job; None if a twin was faster."""
    content = order.content
    worth = content.valid_for if isinstance(content, PhoneVerification) else _WORTH_SENDING_FOR
    expire_time = order.expire_time or now + worth
    if expire_time <= now:
        raise InvalidRequest.of("expire_time", "must lie in the future")
    locale = locale_for(order.locale, phone.region)
    template = templates.in_force(tx, order.tenant, TemplateKey(content.kind, locale))
    text = wording.fill(template.text, content, template_locale=locale, requested=order.locale, region=phone.region)
    size = texts.size(text)
    message = Message(
        id=MessageId(deps.ids.new()),
        tenant=order.tenant,
        kind=content.kind,
        state=MessageState.QUEUED,
        sender=order.sender,
        dedupe_key=order.dedupe_key,
        subject=order.subject,
        masked_phone=phone.masked,
        phone_index=phone_index,
        locale=locale,
        encoding=size.encoding,
        segments=size.segments,
        dlt_template_id=template.dlt_template_id,
        create_time=now,
        update_time=now,
        expire_time=expire_time,
        # A secret text is erased when it is sent; if it never is, then when it has expired.
        text_purge_time=expire_time if content.kind.is_secret else now + deps.text_life,
    )
    sealed_phone = deps.vault.seal(tx, order.tenant, "messages.phone", message.id, phone.number)
    if not messages.insert_message(tx, order.tenant, message, sealed_phone=sealed_phone):
        return None
    sealed = SealedText(
        text=deps.vault.seal(tx, order.tenant, "messages.text", message.id, text),
        fingerprint=deps.vault.index("sms", f"{phone.number}\0{text}"),
    )
    kept_texts.insert_text(tx, order.tenant, message.id, sealed, purge_time=message.text_purge_time)
    jobs.enqueue(tx, DELIVER, {"merchant_id": str(order.tenant), "message_id": str(message.id)})
    return message
