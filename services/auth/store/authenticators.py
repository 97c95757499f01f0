"""Authenticators and their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select, update

from services.auth.domain.names import AccountId, AuthenticatorId
from services.auth.domain.totp import Authenticator, AuthenticatorState, Enrolment
from services.auth.store.tables import authenticators

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from services.kit.crypto import Vault

_SECRET = "authenticators.secret"  # noqa: S105 - the column's name
_COLUMNS = (
    authenticators.c.id,
    authenticators.c.display_name,
    authenticators.c.state,
    authenticators.c.last_step,
    authenticators.c.last_use_time,
    authenticators.c.create_time,
)


def create(tx: Connection, account_id: AccountId, *, vault: Vault, enrolment: Enrolment, request_id: UUID) -> None:
    """Writes a new authenticator and seals its secret."""
    authenticator = enrolment.authenticator
    tx.execute(
        authenticators.insert().values(
            account_id=account_id,
            id=authenticator.id,
            display_name=authenticator.display_name,
            state=authenticator.state.value,
            secret_sealed=vault.seal(tx, account_id, _SECRET, authenticator.id, enrolment.secret),
            last_step=authenticator.last_step,
            request_id=request_id,
            create_time=authenticator.create_time,
        )
    )


def load_all(tx: Connection, account_id: AccountId) -> list[Authenticator]:
    """All of the account's, oldest first."""
    query = select(*_COLUMNS).where(authenticators.c.account_id == account_id).order_by(authenticators.c.id)
    return [_authenticator(row) for row in tx.execute(query)]


def load_enrolments(
    tx: Connection, account_id: AccountId, *, vault: Vault, state: AuthenticatorState
) -> list[Enrolment]:
    """Those in `state`, with their secrets, to check a code against."""
    query = select(*_COLUMNS, authenticators.c.secret_sealed).where(
        authenticators.c.account_id == account_id, authenticators.c.state == state.value
    )
    return [_enrolment(tx, account_id, vault, row) for row in tx.execute(query.order_by(authenticators.c.id))]


def find_enrolment(tx: Connection, account_id: AccountId, *, vault: Vault, request_id: UUID) -> Enrolment | None:
    """What a request id made before."""
    query = select(*_COLUMNS, authenticators.c.secret_sealed).where(
        authenticators.c.account_id == account_id, authenticators.c.request_id == request_id
    )
    row = tx.execute(query).one_or_none()
    return _enrolment(tx, account_id, vault, row) if row else None


def consume_step(
    tx: Connection, account_id: AccountId, authenticator_id: AuthenticatorId, *, step: int, now: datetime
) -> bool:
    """Uses up the codes of `step` and before, and confirms a pending one; False if they were used up already."""
    statement = (
        update(authenticators)
        .where(
            authenticators.c.account_id == account_id,
            authenticators.c.id == authenticator_id,
            authenticators.c.last_step < step,
        )
        .values(last_step=step, last_use_time=now, state=AuthenticatorState.CONFIRMED.value)
    )
    return tx.execute(statement).rowcount == 1


def remove(tx: Connection, account_id: AccountId, authenticator_ids: Sequence[AuthenticatorId]) -> None:
    """Deletes them."""
    if authenticator_ids:
        tx.execute(
            delete(authenticators).where(
                authenticators.c.account_id == account_id, authenticators.c.id.in_(authenticator_ids)
            )
        )


def _authenticator(row: Row[Any]) -> Authenticator:
    return Authenticator(
        id=AuthenticatorId(row.id),
        display_name=row.display_name,
        state=AuthenticatorState(row.state),
        create_time=row.create_time,
        last_use_time=row.last_use_time,
        last_step=row.last_step,
    )


def _enrolment(tx: Connection, account_id: AccountId, vault: Vault, row: Row[Any]) -> Enrolment:
    return Enrolment(_authenticator(row), vault.open(tx, account_id, _SECRET, row.id, bytes(row.secret_sealed)))
