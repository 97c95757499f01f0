"""Texts of messages, until they are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, insert, select

from services.kit.sql import later, run
from services.notification.store.tables import message_texts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.notification.domain.message import MessageId, TenantId

_FORGET_DUE = """
DELETE FROM message_texts WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM message_texts WHERE purge_time <= now() ORDER BY purge_time LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


class SealedText(NamedTuple):
    """A text as it is kept, the keyed hash of recipient and text, and the subject line that an e-mail has."""

    text: bytes
    fingerprint: bytes
    subject_line: bytes | None = None


def insert_text(
    tx: Connection, tenant: TenantId, message_id: MessageId, sealed: SealedText, *, purge_time: datetime
) -> None:
    """Writes the text of a new message."""
    tx.execute(
        insert(message_texts).values(
            merchant_id=tenant,
            message_id=message_id,
            text=sealed.text,
            subject_line=sealed.subject_line,
            fingerprint=sealed.fingerprint,
            purge_time=purge_time,
        )
    )


def load_text(tx: Connection, tenant: TenantId, message_id: MessageId) -> SealedText | None:
    """The text; None once it is forgotten."""
    columns = (message_texts.c.text, message_texts.c.fingerprint, message_texts.c.subject_line)
    statement = select(*columns).where(message_texts.c.merchant_id == tenant, message_texts.c.message_id == message_id)
    row = tx.execute(statement).one_or_none()
    if row is None:
        return None
    return SealedText(
        bytes(row.text), bytes(row.fingerprint), None if row.subject_line is None else bytes(row.subject_line)
    )


def forget_text(tx: Connection, tenant: TenantId, message_id: MessageId) -> None:
    """Erases the text for good."""
    tx.execute(
        delete(message_texts).where(message_texts.c.merchant_id == tenant, message_texts.c.message_id == message_id)
    )


def forget_due_texts(tx: Connection, *, limit: int) -> int:  # no tenant: the chore erases what is due, whosever it is
    """Erases up to `limit` texts whose time has come; how many there were."""
    later(tx, "SELECT set_config('app.chore', 'forget_texts', true)")
    return run(tx, _FORGET_DUE, (limit,)).rowcount
