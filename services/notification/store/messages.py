"""Messages and their attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Row, Select, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql

from services.notification.domain.message import (
    Attempt,
    AttemptState,
    Channel,
    DeliveryError,
    Fault,
    Message,
    MessageId,
    MessageKind,
    MessageState,
    TenantId,
)
from services.notification.domain.text import Encoding, Size
from services.notification.store.tables import attempts, message_texts, messages

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy import Connection

_MESSAGE = tuple(column for column in messages.c if column.name not in {"phone", "email"})
# What a channel calls its recipient: columns are masked_…, …_index, and the sealed one itself.
_RECIPIENT = {Channel.SMS: "phone", Channel.EMAIL: "email"}


def insert_message(tx: Connection, tenant: TenantId, message: Message, *, sealed_recipient: bytes) -> bool:
    """Writes a new message; False if its dedupe key is taken. Waits for a twin that is not yet committed."""
    recipient = _RECIPIENT[message.channel]
    size = message.size
    values = _values(message) | {
        "merchant_id": tenant,
        "id": message.id,
        "kind": message.kind.value,
        "sender": message.sender,
        "dedupe_key": message.dedupe_key,
        "subject": message.subject,
        "channel": message.channel.value,
        f"masked_{recipient}": message.masked_recipient,
        f"{recipient}_index": message.recipient_index,
        recipient: sealed_recipient,
        "locale": message.locale,
        "encoding": None if size is None else size.encoding.value,
        "segments": None if size is None else size.segments,
        "dlt_template_id": message.dlt_template_id,
        "create_time": message.create_time,
        "expire_time": message.expire_time,
        "text_purge_time": message.text_purge_time,
    }
    statement = postgresql.insert(messages).values(values)
    taken = statement.on_conflict_do_nothing(index_elements=("merchant_id", "sender", "dedupe_key"))
    return tx.execute(taken).rowcount == 1


def find_message(tx: Connection, tenant: TenantId, message_id: MessageId) -> Message | None:
    """One message."""
    return _one(tx, _select(tenant).where(messages.c.id == message_id))


def find_message_by_dedupe_key(tx: Connection, tenant: TenantId, sender: str, dedupe_key: str) -> Message | None:
    """The message that `sender` knows by this key."""
    return _one(tx, _select(tenant).where(messages.c.sender == sender, messages.c.dedupe_key == dedupe_key))


def lock_message(tx: Connection, tenant: TenantId, message_id: MessageId) -> Message | None:
    """One message; nobody else changes it or its attempts until this transaction ends."""
    return _one(tx, _select(tenant).where(messages.c.id == message_id).with_for_update())


def load_sealed_recipient(tx: Connection, tenant: TenantId, message: Message) -> bytes:
    """The sealed phone or address of a message that exists."""
    column = messages.c[_RECIPIENT[message.channel]]
    chosen = select(column).where(messages.c.merchant_id == tenant, messages.c.id == message.id)
    return bytes(tx.execute(chosen).scalar_one())


def list_messages(
    tx: Connection,
    tenant: TenantId,
    *,
    subject: str,
    states: Collection[MessageState],
    kinds: Collection[MessageKind],
    before: MessageId | None,
    limit: int,
) -> Sequence[Message]:
    """Newest first, those older than `before`. Empty filters let everything through."""
    statement = _select(tenant).order_by(messages.c.id.desc()).limit(limit)
    if subject:
        statement = statement.where(messages.c.subject == subject)
    if states:
        statement = statement.where(messages.c.state.in_([state.value for state in states]))
    if kinds:
        statement = statement.where(messages.c.kind.in_([kind.value for kind in kinds]))
    if before is not None:
        statement = statement.where(messages.c.id < before)
    return [_message(row) for row in tx.execute(statement)]


def update_message(tx: Connection, tenant: TenantId, message: Message) -> None:
    """Writes what can change: state, error, number of attempts."""
    chosen = (messages.c.merchant_id == tenant) & (messages.c.id == message.id)
    tx.execute(update(messages).where(chosen).values(_values(message)))


def insert_attempt(tx: Connection, tenant: TenantId, message_id: MessageId, attempt: Attempt) -> None:
    """Writes an attempt that is about to be made."""
    key = {"merchant_id": tenant, "message_id": message_id, "number": attempt.number, "start_time": attempt.start_time}
    tx.execute(insert(attempts).values(key | _attempt_values(attempt)))


def update_attempt(tx: Connection, tenant: TenantId, message_id: MessageId, attempt: Attempt) -> None:
    """Writes an attempt's outcome. Raises IntegrityError if its provider id is another attempt's."""
    chosen = (
        (attempts.c.merchant_id == tenant)
        & (attempts.c.message_id == message_id)
        & (attempts.c.number == attempt.number)
    )
    tx.execute(update(attempts).where(chosen).values(_attempt_values(attempt)))


def list_attempts(tx: Connection, tenant: TenantId, message_id: MessageId) -> tuple[Attempt, ...]:
    """All attempts of a message, first one first."""
    statement = (
        select(attempts)
        .where(attempts.c.merchant_id == tenant, attempts.c.message_id == message_id)
        .order_by(attempts.c.number)
    )
    return tuple(_attempt(row) for row in tx.execute(statement))


def find_holder(tx: Connection, tenant: TenantId, provider_id: str) -> tuple[MessageId, int] | None:
    """Message and number of the attempt that has this provider id."""
    statement = select(attempts.c.message_id, attempts.c.number).where(
        attempts.c.merchant_id == tenant, attempts.c.provider_id == provider_id
    )
    row = tx.execute(statement).one_or_none()
    return None if row is None else (MessageId(row.message_id), row.number)


def provider_ids_taken(tx: Connection, tenant: TenantId, provider_ids: Collection[str]) -> frozenset[str]:
    """Those of `provider_ids` that belong to an attempt already."""
    statement = select(attempts.c.provider_id).where(
        attempts.c.merchant_id == tenant, attempts.c.provider_id.in_(provider_ids)
    )
    return frozenset(tx.execute(statement).scalars())


def has_twin_under_way(tx: Connection, tenant: TenantId, fingerprint: bytes, *, besides: tuple[MessageId, int]) -> bool:
    """Whether another attempt with the same phone and text is being made right now, so that the provider's list could
    show its message too.
    """
    same_message = (attempts.c.merchant_id == message_texts.c.merchant_id) & (
        attempts.c.message_id == message_texts.c.message_id
    )
    statement = (
        select(attempts.c.number)
        .join(message_texts, same_message)
        .where(
            message_texts.c.merchant_id == tenant,
            message_texts.c.fingerprint == fingerprint,
            attempts.c.state == AttemptState.SENDING.value,
            tuple_(attempts.c.message_id, attempts.c.number) != besides,
        )
        .limit(1)
    )
    return tx.execute(statement).first() is not None


def _select(tenant: TenantId) -> Select[Any]:
    return select(*_MESSAGE).where(messages.c.merchant_id == tenant)


def _one(tx: Connection, statement: Select[Any]) -> Message | None:
    row = tx.execute(statement).one_or_none()
    return None if row is None else _message(row)


def _values(message: Message) -> dict[str, object]:
    return {
        "state": message.state.value,
        "attempt_count": message.attempt_count,
        "update_time": message.update_time,
        **_error_values(message.error),
    }


def _attempt_values(attempt: Attempt) -> dict[str, object]:
    return {
        "state": attempt.state.value,
        "provider_id": attempt.provider_id,
        "end_time": attempt.end_time,
        **_error_values(attempt.error),
    }


def _error_values(error: DeliveryError | None) -> dict[str, object]:
    if error is None:
        return {"fault": None, "provider_code": 0}
    return {"fault": error.fault.value, "provider_code": error.provider_code}


def _error(row: Row[Any]) -> DeliveryError | None:
    return None if row.fault is None else DeliveryError(Fault(row.fault), row.provider_code)


def _message(row: Row[Any]) -> Message:
    channel = Channel(row.channel)
    by_sms = channel is Channel.SMS
    return Message(
        id=MessageId(row.id),
        tenant=TenantId(row.merchant_id),
        kind=MessageKind(row.kind),
        state=MessageState(row.state),
        sender=row.sender,
        dedupe_key=row.dedupe_key,
        subject=row.subject,
        channel=channel,
        masked_recipient=row.masked_phone if by_sms else row.masked_email,
        recipient_index=bytes(row.phone_index if by_sms else row.email_index),
        locale=row.locale,
        size=Size(Encoding(row.encoding), row.segments) if by_sms else None,
        dlt_template_id=row.dlt_template_id,
        create_time=row.create_time,
        update_time=row.update_time,
        expire_time=row.expire_time,
        text_purge_time=row.text_purge_time,
        attempt_count=row.attempt_count,
        error=_error(row),
    )


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        number=row.number,
        state=AttemptState(row.state),
        start_time=row.start_time,
        end_time=row.end_time,
        provider_id=row.provider_id,
        error=_error(row),
    )
