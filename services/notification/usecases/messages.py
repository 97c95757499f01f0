"""What a merchant's staff see of their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.notification.domain.errors import MessageNotFound
from services.notification.domain.message import Message, MessageDetail, MessageId, MessageKind, MessageState, TenantId
from services.notification.store import messages, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from services.notification.usecases.deps import Deps


def get_message(tenant: TenantId, message_id: MessageId, *, deps: Deps) -> MessageDetail:
    """One message with its text and attempts. Raises MessageNotFound."""
    with deps.db.transaction(merchant=tenant) as tx:
        message = messages.find_message(tx, tenant, message_id)
        if message is None:
            raise MessageNotFound
        sealed = None if message.kind.is_secret else texts.load_text(tx, tenant, message_id)
        text, subject_line = None, ""
        if sealed is not None:
            text = deps.vault.open(tx, tenant, "messages.text", message_id, sealed.text)
            if sealed.subject_line is not None:
                subject_line = deps.vault.open(tx, tenant, "messages.subject_line", message_id, sealed.subject_line)
        made = messages.list_attempts(tx, tenant, message_id)
        return MessageDetail(message=message, text=text, subject_line=subject_line, attempts=made)


def list_messages(
    tenant: TenantId,
    *,
    subject: str,
    states: Collection[MessageState],
    kinds: Collection[MessageKind],
    before: MessageId | None,
    limit: int,
    deps: Deps,
) -> Sequence[Message]:
    """Newest first, those older than `before`."""
    with deps.db.transaction(merchant=tenant) as tx:
        return messages.list_messages(
            tx, tenant, subject=subject, states=states, kinds=kinds, before=before, limit=limit
        )
