"""Verifications of phones and e-mail addresses under way: an account has at most one of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.names import AccountId, Email, Phone, VerificationId
from services.auth.domain.verification import Verification
from services.auth.store.accounts import email_index, phone_index
from services.auth.store.tables import email_verifications, phone_verifications

if TYPE_CHECKING:
    from services.kit.crypto import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is verified, and where it is kept."""

    table: Table
    # Of the columns: "phone" or "email".
    name: str

    @property
    def purpose(self) -> str:
        """Under which the place is sealed."""
        return f"{self.table.name}.{self.name}"


PHONE = Kind(table=phone_verifications, name="phone")
EMAIL = Kind(table=email_verifications, name="email")


def load_for_update(tx: Connection, account_id: AccountId, kind: Kind, *, vault: Vault) -> Verification | None:
    """The account's, and nobody else changes it before this transaction ends."""
    query = select(kind.table).where(kind.table.c.account_id == account_id)
    row = tx.execute(query.with_for_update()).one_or_none()
    if row is None:
        return None
    sealed = bytes(row._mapping[f"{kind.name}_sealed"])  # noqa: SLF001 - SQLAlchemy's own way to a column by name
    place = vault.open(tx, account_id, kind.purpose, row.id, sealed)
    return Verification(
        id=VerificationId(row.id),
        to=Phone(place) if kind is PHONE else Email(place),
        tries=row.tries,
        sends=row.sends,
        expire_time=row.expire_time,
        last_send_time=row.last_send_time,
        confirm_time=row.confirm_time,
    )


def save(tx: Connection, account_id: AccountId, *, vault: Vault, verification: Verification) -> None:
    """Writes it in place of any of its kind before."""
    to = verification.to
    if isinstance(to, Phone):
        kind, place, index = PHONE, to.e164, phone_index(vault, to)
    else:
        kind, place, index = EMAIL, to.address, email_index(vault, to)
    values = {
        "id": verification.id,
        f"{kind.name}_sealed": vault.seal(tx, account_id, kind.purpose, verification.id, place),
        f"{kind.name}_index": index,
        "tries": verification.tries,
        "sends": verification.sends,
        "expire_time": verification.expire_time,
        "last_send_time": verification.last_send_time,
        "confirm_time": verification.confirm_time,
    }
    statement = insert(kind.table).values(account_id=account_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=[kind.table.c.account_id], set_=values))


def remove(tx: Connection, account_id: AccountId, kind: Kind) -> None:
    """Ends the one under way."""
    tx.execute(delete(kind.table).where(kind.table.c.account_id == account_id))
