"""Merchants' own OAuth clients. A transaction that has named a client sees it, whosever it is, and its merchant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, func, select, text, update

from services.auth.domain.api_client import ApiClient
from services.auth.domain.client import Authentication, Grant
from services.auth.domain.names import AccountId, ApiClientId, MerchantId
from services.auth.store.tables import api_clients, consents, merchants

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_NAME = text("SELECT set_config('app.client_id', :client_id, true)")
_COLUMNS = (
    api_clients.c.id,
    api_clients.c.merchant_id,
    api_clients.c.display_name,
    api_clients.c.test_mode,
    api_clients.c.acts_for,
    api_clients.c.grant_types,
    api_clients.c.scopes,
    api_clients.c.authentication,
    api_clients.c.jwks,
    api_clients.c.redirect_uris,
    api_clients.c.old_secret_expire_time,
    api_clients.c.create_time,
    api_clients.c.create_account_id,
    api_clients.c.last_use_time,
)


def create(tx: Connection, merchant_id: MerchantId, *, client: ApiClient, secret_digest: bytes | None) -> None:
    """Writes a new client."""
    tx.execute(
        api_clients.insert().values(
            merchant_id=merchant_id,
            id=client.id,
            display_name=client.display_name,
            test_mode=client.test_mode,
            acts_for=client.acts_for,
            grant_types=sorted(client.grant_types),
            scopes=sorted(client.scopes),
            authentication=client.authentication.value,
            jwks=client.keys,
            redirect_uris=list(client.redirect_uris),
            secret_digest=secret_digest,
            create_time=client.create_time,
            create_account_id=client.create_account_id,
        )
    )


def find(tx: Connection, *, client_id: ApiClientId) -> tuple[ApiClient, str] | None:  # no tenant: found by its id alone
    """The client of that id, whosever it is, and the name of its merchant."""
    tx.execute(_NAME, {"client_id": str(client_id)})
    query = (
        select(*_COLUMNS, merchants.c.display_name.label("publisher_name"))
        .join(merchants, merchants.c.id == api_clients.c.merchant_id)
        .where(api_clients.c.id == client_id)
    )
    row = tx.execute(query).one_or_none()
    return (_client(row), row.publisher_name) if row else None


def load_secrets(tx: Connection, *, client_id: ApiClientId, now: datetime) -> list[bytes]:  # no tenant: as `find`
    """Digests of the secrets that are taken now. For a client that `find` found in the same transaction."""
    query = select(
        api_clients.c.secret_digest, api_clients.c.old_secret_digest, api_clients.c.old_secret_expire_time
    ).where(api_clients.c.id == client_id)
    row = tx.execute(query).one_or_none()
    if row is None or row.secret_digest is None:
        return []
    old = row.old_secret_expire_time is not None and row.old_secret_expire_time > now
    return [bytes(row.secret_digest), *([bytes(row.old_secret_digest)] if old else [])]


def load(tx: Connection, merchant_id: MerchantId, client_id: ApiClientId) -> ApiClient | None:
    """One of the merchant's."""
    query = select(*_COLUMNS).where(api_clients.c.merchant_id == merchant_id, api_clients.c.id == client_id)
    row = tx.execute(query).one_or_none()
    return _client(row) if row else None


def load_page(tx: Connection, merchant_id: MerchantId, *, before: UUID | None, limit: int) -> list[ApiClient]:
    """Up to `limit` of the merchant's, newest first, older than `before`."""
    query = select(*_COLUMNS).where(api_clients.c.merchant_id == merchant_id)
    if before is not None:
        query = query.where(api_clients.c.id < before)
    return [_client(row) for row in tx.execute(query.order_by(api_clients.c.id.desc()).limit(limit))]


def count(tx: Connection, merchant_id: MerchantId) -> int:
    """How many the merchant has."""
    query = select(func.count()).select_from(api_clients).where(api_clients.c.merchant_id == merchant_id)
    return tx.execute(query).scalar_one()


def save_secret(
    tx: Connection, merchant_id: MerchantId, client_id: ApiClientId, *, digest: bytes, keep_old_until: datetime | None
) -> ApiClient:
    """Gives a client that is there another secret."""
    statement = update(api_clients).where(api_clients.c.merchant_id == merchant_id, api_clients.c.id == client_id)
    statement = statement.values(
        secret_digest=digest,
        old_secret_digest=api_clients.c.secret_digest if keep_old_until else None,
        old_secret_expire_time=keep_old_until,
    )
    return _client(tx.execute(statement.returning(*_COLUMNS)).one())


def note_use(tx: Connection, merchant_id: MerchantId, client_id: ApiClientId, *, hour: datetime) -> None:
    """Notes that the client got a token in that hour; a write only if it is the first there."""
    tx.execute(
        update(api_clients)
        .where(
            api_clients.c.merchant_id == merchant_id,
            api_clients.c.id == client_id,
            api_clients.c.last_use_time.is_(None) | (api_clients.c.last_use_time < hour),
        )
        .values(last_use_time=hour)
    )


def remove(tx: Connection, merchant_id: MerchantId, client_id: ApiClientId) -> bool:
    """Deletes a client; False if there is none."""
    statement = delete(api_clients).where(api_clients.c.merchant_id == merchant_id, api_clients.c.id == client_id)
    return tx.execute(statement).rowcount == 1


def forget_consents(tx: Connection, *, client_id: ApiClientId) -> None:  # no tenant: of a client that is gone, of all
    """Deletes what people had allowed it."""
    tx.execute(_NAME, {"client_id": str(client_id)})
    tx.execute(delete(consents).where(consents.c.client_id == client_id))


def _client(row: Row[Any]) -> ApiClient:
    return ApiClient(
        id=ApiClientId(row.id),
        merchant_id=MerchantId(row.merchant_id),
        display_name=row.display_name,
        test_mode=row.test_mode,
        acts_for=MerchantId(row.acts_for),
        grant_types=frozenset(map(Grant, row.grant_types)),
        scopes=frozenset(row.scopes),
        authentication=Authentication(row.authentication),
        keys=row.jwks,
        redirect_uris=tuple(row.redirect_uris),
        create_time=row.create_time,
        create_account_id=AccountId(row.create_account_id),
        last_use_time=row.last_use_time,
        old_secret_expire_time=row.old_secret_expire_time,
    )
