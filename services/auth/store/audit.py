"""The audit log. The service's role may add rows and read them, nothing else; a trigger binds the owner, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.audit import AuditEvent, Search
from services.auth.domain.names import AccountId, MerchantId
from services.auth.store.tables import audit_events

if TYPE_CHECKING:
    from uuid import UUID


def record(tx: Connection, *, event: AuditEvent) -> None:  # no tenant: it names the one that it is of
    """Writes an event; the same one again changes nothing."""
    statement = insert(audit_events).values(
        id=event.id,
        create_time=event.create_time,
        merchant_id=event.merchant_id,
        account_id=event.account_id,
        action=event.action,
        actor_id=event.actor_id,
        impersonator_id=event.impersonator_id,
        client_id=event.client_id,
        target_id=event.target_id,
        network=event.network,
        country_code=event.country_code,
        request_id=event.request_id,
        details=event.details,
    )
    tx.execute(statement.on_conflict_do_nothing())


def load_page(
    tx: Connection, merchant_id: MerchantId, *, search: Search, before: UUID | None, limit: int
) -> list[AuditEvent]:
    """Up to `limit` events of a merchant, newest first, older than `before`."""
    query = select(audit_events).where(audit_events.c.merchant_id == merchant_id)
    if search.action.endswith("."):
        query = query.where(audit_events.c.action.startswith(search.action, autoescape=True))
    elif search.action:
        query = query.where(audit_events.c.action == search.action)
    if search.actor_id:
        query = query.where(audit_events.c.actor_id == search.actor_id)
    if search.target_id:
        query = query.where(audit_events.c.target_id == search.target_id)
    if search.start_time is not None:
        query = query.where(audit_events.c.create_time >= search.start_time)
    if search.end_time is not None:
        query = query.where(audit_events.c.create_time < search.end_time)
    return _page(tx, query, before, limit)


def load_own(tx: Connection, account_id: AccountId, *, before: UUID | None, limit: int) -> list[AuditEvent]:
    """Up to `limit` events of a person's account, newest first, older than `before`."""
    return _page(tx, select(audit_events).where(audit_events.c.account_id == account_id), before, limit)


def _page(tx: Connection, query: Select[Any], before: UUID | None, limit: int) -> list[AuditEvent]:
    if before is not None:
        query = query.where(audit_events.c.id < before)
    return [_event(row) for row in tx.execute(query.order_by(audit_events.c.id.desc()).limit(limit))]


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        create_time=row.create_time,
        merchant_id=MerchantId(row.merchant_id) if row.merchant_id else None,
        account_id=AccountId(row.account_id) if row.account_id else None,
        action=row.action,
        actor_id=row.actor_id,
        impersonator_id=row.impersonator_id,
        client_id=row.client_id,
        target_id=row.target_id,
        network=row.network,
        country_code=row.country_code,
        request_id=row.request_id,
        details=row.details,
    )
