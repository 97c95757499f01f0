"""Sessions and their refresh tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId, MerchantId, SessionId
from services.auth.domain.session import EndReason, RefreshToken, Session
from services.auth.store.tables import refresh_tokens, sessions

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.auth.places import Place

_COLUMNS = (
    sessions.c.account_id,
    sessions.c.id,
    sessions.c.client_id,
    sessions.c.device_name,
    sessions.c.granted,
    sessions.c.auth_time,
    sessions.c.methods,
    sessions.c.dpop_jkt,
    sessions.c.last_use_time,
    sessions.c.expire_time,
    sessions.c.end_time,
    sessions.c.network,
    sessions.c.country_code,
)


def create(tx: Connection, account_id: AccountId, *, session: Session) -> None:
    """Writes a new session."""
    tx.execute(
        sessions.insert().values(
            account_id=account_id,
            id=session.id,
            client_id=session.client_id,
            device_name=session.device_name,
            granted=sorted(session.granted),
            auth_time=session.auth_time,
            methods=list(session.methods),
            dpop_jkt=session.dpop_jkt,
            last_use_time=session.last_use_time,
            expire_time=session.expire_time,
            network=session.network,
            country_code=session.country_code,
        )
    )


def is_familiar(tx: Connection, account_id: AccountId, *, device_name: str, country_code: str) -> bool:
    """Whether the account had a session from a device of that name in that country, ended or not; or none at all."""
    alike = (sessions.c.device_name == device_name) & (sessions.c.country_code == country_code)
    query = select(func.count(), func.count().filter(alike)).where(sessions.c.account_id == account_id)
    everyone, same = tx.execute(query).one()
    return bool(everyone == 0 or same > 0)


def load(tx: Connection, account_id: AccountId, session_id: SessionId) -> Session | None:
    """The session, ended or not."""
    query = select(*_COLUMNS).where(sessions.c.account_id == account_id, sessions.c.id == session_id)
    row = tx.execute(query).one_or_none()
    return _session(row) if row else None


def load_living(
    tx: Connection, account_id: AccountId, *, now: datetime, before: UUID | None, limit: int
) -> list[Session]:
    """Up to `limit` living sessions, newest first, older than `before`."""
    query = select(*_COLUMNS).where(
        sessions.c.account_id == account_id, sessions.c.end_time.is_(None), sessions.c.expire_time > now
    )
    if before is not None:
        query = query.where(sessions.c.id < before)
    return [_session(row) for row in tx.execute(query.order_by(sessions.c.id.desc()).limit(limit))]


def touch(
    tx: Connection,
    account_id: AccountId,
    session_id: SessionId,
    *,
    now: datetime,
    expire_time: datetime,
    place: Place,
) -> bool:
    """Notes a use, and from where; False if the session has ended."""
    statement = update(sessions).where(
        sessions.c.account_id == account_id, sessions.c.id == session_id, sessions.c.end_time.is_(None)
    )
    values: dict[str, Any] = {"last_use_time": now, "expire_time": expire_time}
    if place.network:
        values |= {"network": place.network, "country_code": place.country_code}
    return tx.execute(statement.values(values)).rowcount == 1


def renew(
    tx: Connection, account_id: AccountId, session_id: SessionId, *, methods: tuple[str, ...], now: datetime
) -> bool:
    """Notes that the factors were given again; False if the session has ended."""
    statement = update(sessions).where(
        sessions.c.account_id == account_id,
        sessions.c.id == session_id,
        sessions.c.end_time.is_(None),
        sessions.c.expire_time > now,
    )
    return tx.execute(statement.values(auth_time=now, methods=list(methods))).rowcount == 1


def end(tx: Connection, account_id: AccountId, session_id: SessionId, *, reason: EndReason, now: datetime) -> bool:
    """Ends the session, once; False if it had ended or never was."""
    statement = update(sessions).where(
        sessions.c.account_id == account_id, sessions.c.id == session_id, sessions.c.end_time.is_(None)
    )
    return tx.execute(statement.values(end_time=now, end_reason=reason.value)).rowcount == 1


def end_others(
    tx: Connection, account_id: AccountId, *, keep: SessionId | None, reason: EndReason, now: datetime
) -> int:
    """Ends every session of the account but `keep`; how many."""
    statement = update(sessions).where(sessions.c.account_id == account_id, sessions.c.end_time.is_(None))
    if keep is not None:
        statement = statement.where(sessions.c.id != keep)
    return tx.execute(statement.values(end_time=now, end_reason=reason.value)).rowcount


def end_of_client(tx: Connection, account_id: AccountId, *, client_id: str, reason: EndReason, now: datetime) -> int:
    """Ends every session that the client has for the person: how many."""
    statement = update(sessions).where(
        sessions.c.account_id == account_id, sessions.c.client_id == client_id, sessions.c.end_time.is_(None)
    )
    return tx.execute(statement.values(end_time=now, end_reason=reason.value)).rowcount


def find_people_of(tx: Connection, *, client_id: str) -> list[AccountId]:  # no tenant: of a client that is gone, of all
    """For whom the client may have living sessions."""
    query = select(refresh_tokens.c.account_id).where(refresh_tokens.c.client_id == client_id).distinct()
    return [AccountId(found) for found in tx.execute(query.order_by(refresh_tokens.c.account_id)).scalars()]


def create_refresh_token(tx: Connection, account_id: AccountId, *, token: RefreshToken, now: datetime) -> None:
    """Writes a member of the family; the same one again changes nothing."""
    statement = insert(refresh_tokens).values(
        digest=token.digest,
        account_id=account_id,
        session_id=token.session_id,
        client_id=token.client_id,
        merchant_id=token.merchant_id,
        create_time=now,
    )
    tx.execute(statement.on_conflict_do_nothing())


def load_refresh_token(tx: Connection, *, digest: bytes) -> RefreshToken | None:  # no tenant: found by its secret alone
    """The token, used or not."""
    row = tx.execute(select(refresh_tokens).where(refresh_tokens.c.digest == digest)).one_or_none()
    if row is None:
        return None
    return RefreshToken(
        digest=digest,
        account_id=AccountId(row.account_id),
        session_id=SessionId(row.session_id),
        client_id=row.client_id,
        merchant_id=MerchantId(row.merchant_id) if row.merchant_id else None,
        use_time=row.use_time,
    )


def use_refresh_token(tx: Connection, account_id: AccountId, *, digest: bytes, now: datetime) -> bool:
    """Uses the token up; False if someone was faster, after waiting for them."""
    statement = update(refresh_tokens).where(
        refresh_tokens.c.account_id == account_id,
        refresh_tokens.c.digest == digest,
        refresh_tokens.c.use_time.is_(None),
    )
    return tx.execute(statement.values(use_time=now)).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: a sweep over all
    """Forgets refresh tokens made before: their sessions have long been idle, or have newer ones."""
    tx.execute(delete(refresh_tokens).where(refresh_tokens.c.create_time < before))


def _session(row: Row[Any]) -> Session:
    return Session(
        id=SessionId(row.id),
        account_id=AccountId(row.account_id),
        client_id=row.client_id,
        device_name=row.device_name,
        granted=frozenset(row.granted),
        auth_time=row.auth_time,
        methods=tuple(row.methods),
        dpop_jkt=row.dpop_jkt,
        last_use_time=row.last_use_time,
        expire_time=row.expire_time,
        end_time=row.end_time,
        network=row.network,
        country_code=row.country_code,
    )
