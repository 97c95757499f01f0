"""What people allowed third parties' clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.consent import Consent
from services.auth.domain.names import AccountId, ApiClientId
from services.auth.store.tables import consents

if TYPE_CHECKING:
    from uuid import UUID


def save(tx: Connection, account_id: AccountId, *, consent: Consent) -> None:
    """Writes a consent, in place of the one before for the same client."""
    written = {
        "client_name": consent.client_name,
        "publisher_name": consent.publisher_name,
        "scopes": sorted(consent.scopes),
        "update_time": consent.update_time,
    }
    statement = insert(consents).values(
        account_id=account_id, client_id=consent.client_id, create_time=consent.create_time, **written
    )
    tx.execute(statement.on_conflict_do_update(index_elements=("account_id", "client_id"), set_=written))


def load(tx: Connection, account_id: AccountId, *, client_id: ApiClientId) -> Consent | None:
    """What the person allowed the client."""
    found = _page(tx, account_id, only=client_id)
    return found[0] if found else None


def load_page(tx: Connection, account_id: AccountId, *, after: UUID | None, limit: int) -> list[Consent]:
    """Up to `limit` consents, by client id, later than `after`."""
    return _page(tx, account_id, after=after, limit=limit)


def delete_one(tx: Connection, account_id: AccountId, *, client_id: ApiClientId) -> bool:
    """Takes a consent back; False if there is none."""
    statement = delete(consents).where(consents.c.account_id == account_id, consents.c.client_id == client_id)
    return tx.execute(statement).rowcount == 1


def _page(
    tx: Connection,
    account_id: AccountId,
    *,
    only: ApiClientId | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> list[Consent]:
    query = select(
        consents.c.client_id,
        consents.c.client_name,
        consents.c.publisher_name,
        consents.c.scopes,
        consents.c.create_time,
        consents.c.update_time,
    ).where(consents.c.account_id == account_id)
    if only is not None:
        query = query.where(consents.c.client_id == only)
    if after is not None:
        query = query.where(consents.c.client_id > after)
    return [
        Consent(
            client_id=ApiClientId(row.client_id),
            client_name=row.client_name,
            publisher_name=row.publisher_name,
            scopes=frozenset(row.scopes),
            create_time=row.create_time,
            update_time=row.update_time,
        )
        for row in tx.execute(query.order_by(consents.c.client_id).limit(limit))
    ]
