"""Accounts, their verified phones, and sign-ups under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.account import Account, AccountState
from services.auth.domain.names import AccountId, AuthenticatorId, Email, Phone
from services.auth.store.tables import (
    accounts,
    email_claims,
    phone_claims,
    recovery_codes,
    recovery_waits,
    sign_ups,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.kit.crypto import Vault

PHONE = "accounts.phone"
_EMAIL = "accounts.email"
_CHALLENGE = "sign_ups.challenge"

_COLUMNS = (
    accounts.c.id,
    accounts.c.state,
    accounts.c.display_name,
    accounts.c.phone_sealed,
    accounts.c.phone_verify_time,
    accounts.c.email_sealed,
    accounts.c.locale,
    accounts.c.create_time,
    accounts.c.password_change_time,
    accounts.c.revision,
    accounts.c.email_verify_time,
    select(func.count())
    .select_from(recovery_codes)
    .where(recovery_codes.c.account_id == accounts.c.id, recovery_codes.c.use_time.is_(None))
    .correlate(accounts)
    .scalar_subquery()
    .label("recovery_codes_left"),
    select(recovery_waits.c.available_time)
    .where(recovery_waits.c.account_id == accounts.c.id)
    .correlate(accounts)
    .scalar_subquery()
    .label("recovery_available_time"),
)


def email_index(vault: Vault, email: Email) -> bytes:
    """By which a sealed e-mail address is found."""
    return vault.index("email", email.normalised)


def phone_index(vault: Vault, phone: Phone) -> bytes:
    """By which a sealed phone is found."""
    return vault.index("phone", phone.e164)


def create(tx: Connection, account_id: AccountId, *, vault: Vault, account: Account, password_hash: str) -> None:
    """Writes a new account."""
    tx.execute(
        accounts.insert().values(
            id=account_id,
            state=account.state.value,
            display_name=account.display_name,
            phone_sealed=vault.seal(tx, account_id, PHONE, account_id, account.phone.e164),
            phone_index=phone_index(vault, account.phone),
            locale=account.locale,
            password_hash=password_hash,
            password_change_time=account.password_change_time,
            create_time=account.create_time,
            revision=account.revision,
            **_email(tx, account_id, vault, account.email),
        )
    )


def load(tx: Connection, account_id: AccountId, *, vault: Vault) -> Account | None:
    """The account, if it is there."""
    row = tx.execute(select(*_COLUMNS).where(accounts.c.id == account_id)).one_or_none()
    return _account(tx, vault, row) if row else None


def exists(tx: Connection, account_id: AccountId) -> bool:
    """Whether the account is there."""
    return tx.execute(select(accounts.c.id).where(accounts.c.id == account_id)).one_or_none() is not None


def load_for_update(tx: Connection, account_id: AccountId, *, vault: Vault) -> Account | None:
    """As `load`, and nobody else changes it before this transaction ends."""
    row = tx.execute(select(*_COLUMNS).where(accounts.c.id == account_id).with_for_update(key_share=True)).one_or_none()
    return _account(tx, vault, row) if row else None


def load_password_hash(tx: Connection, account_id: AccountId) -> str | None:
    """What a password is checked against; None if nobody may sign in to the account."""
    query = select(accounts.c.password_hash).where(
        accounts.c.id == account_id, accounts.c.state == AccountState.ACTIVE.value
    )
    found: str | None = tx.execute(query).scalar_one_or_none()
    return found


def activate(tx: Connection, account_id: AccountId) -> None:
    """Ends the sign-up: from now on one can sign in."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(state=AccountState.ACTIVE.value))


def save_profile(tx: Connection, account_id: AccountId, *, vault: Vault, account: Account) -> Account:
    """Writes display name, e-mail and locale of an account that is loaded for update; its revision grows."""
    values: dict[str, Any] = {
        "display_name": account.display_name,
        "locale": account.locale,
        "email_verify_time": account.email_verify_time,
        "revision": account.revision + 1,
    }
    values |= _email(tx, account_id, vault, account.email)
    row = tx.execute(update(accounts).where(accounts.c.id == account_id).values(values).returning(*_COLUMNS)).one()
    return _account(tx, vault, row)


def save_password(tx: Connection, account_id: AccountId, *, vault: Vault, password_hash: str, now: datetime) -> Account:
    """Replaces the password."""
    values = {"password_hash": password_hash, "password_change_time": now, "revision": accounts.c.revision + 1}
    row = tx.execute(update(accounts).where(accounts.c.id == account_id).values(values).returning(*_COLUMNS)).one()
    return _account(tx, vault, row)


def save_verified_phone(tx: Connection, account_id: AccountId, *, vault: Vault, phone: Phone, now: datetime) -> Account:
    """Makes `phone` the account's, verified."""
    values = {
        "phone_sealed": vault.seal(tx, account_id, PHONE, account_id, phone.e164),
        "phone_index": phone_index(vault, phone),
        "phone_verify_time": now,
        "revision": accounts.c.revision + 1,
    }
    row = tx.execute(update(accounts).where(accounts.c.id == account_id).values(values).returning(*_COLUMNS)).one()
    return _account(tx, vault, row)


def save_verified_email(tx: Connection, account_id: AccountId, *, vault: Vault, now: datetime) -> Account:
    """Notes that the account's address is verified."""
    values = {"email_verify_time": now, "revision": accounts.c.revision + 1}
    row = tx.execute(update(accounts).where(accounts.c.id == account_id).values(values).returning(*_COLUMNS)).one()
    return _account(tx, vault, row)


def delete_pending(tx: Connection, account_id: AccountId) -> None:
    """Removes an account whose sign-up was never finished, and its authenticator."""
    tx.execute(delete(accounts).where(accounts.c.id == account_id, accounts.c.state == AccountState.PENDING.value))


def find_claimant(tx: Connection, *, index: bytes) -> AccountId | None:  # no tenant: this is how one is found
    """Whose verified phone this is."""
    found: UUID | None = tx.execute(
        select(phone_claims.c.account_id).where(phone_claims.c.phone_index == index)
    ).scalar_one_or_none()
    return AccountId(found) if found else None


def claim_phone(tx: Connection, account_id: AccountId, *, index: bytes, now: datetime) -> bool:
    """Makes the phone the account's sign-in name in place of any before; False if it is another account's."""
    tx.execute(delete(phone_claims).where(phone_claims.c.account_id == account_id, phone_claims.c.phone_index != index))
    statement = insert(phone_claims).values(phone_index=index, account_id=account_id, create_time=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=[phone_claims.c.phone_index]))
    return find_claimant(tx, index=index) == account_id


def find_email_claimant(tx: Connection, *, index: bytes) -> AccountId | None:  # no tenant: this is how one is found
    """Whose verified e-mail address this is."""
    found: UUID | None = tx.execute(
        select(email_claims.c.account_id).where(email_claims.c.email_index == index)
    ).scalar_one_or_none()
    return AccountId(found) if found else None


def claim_email(tx: Connection, account_id: AccountId, *, index: bytes, now: datetime) -> bool:
    """Makes the address the account's sign-in name in place of any before; False if it is another account's."""
    tx.execute(delete(email_claims).where(email_claims.c.account_id == account_id, email_claims.c.email_index != index))
    statement = insert(email_claims).values(email_index=index, account_id=account_id, create_time=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=[email_claims.c.email_index]))
    return find_email_claimant(tx, index=index) == account_id


def release_email(tx: Connection, account_id: AccountId) -> None:
    """Lets others have the account's address."""
    tx.execute(delete(email_claims).where(email_claims.c.account_id == account_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What one CreateAccount made."""

    fingerprint: bytes
    account_id: AccountId
    authenticator_id: AuthenticatorId
    challenge_token: str
    expire_time: datetime


def claim_sign_up(  # no tenant: the account is only being made
    tx: Connection, *, request_id: UUID, vault: Vault, sign_up: SignUp
) -> bool:
    """Takes the request id; False if it was taken, after waiting for whoever took it."""
    statement = insert(sign_ups).values(
        request_id=request_id,
        fingerprint=sign_up.fingerprint,
        account_id=sign_up.account_id,
        authenticator_id=sign_up.authenticator_id,
        challenge_sealed=vault.seal(tx, sign_up.account_id, _CHALLENGE, request_id, sign_up.challenge_token),
        expire_time=sign_up.expire_time,
    )
    return tx.execute(statement.on_conflict_do_nothing()).rowcount == 1


def find_sign_up(tx: Connection, *, request_id: UUID, vault: Vault) -> SignUp | None:  # no tenant: as above
    """What this request id made before."""
    row = tx.execute(select(sign_ups).where(sign_ups.c.request_id == request_id)).one_or_none()
    if row is None:
        return None
    return SignUp(
        fingerprint=bytes(row.fingerprint),
        account_id=AccountId(row.account_id),
        authenticator_id=AuthenticatorId(row.authenticator_id),
        challenge_token=vault.open(tx, row.account_id, _CHALLENGE, request_id, bytes(row.challenge_sealed)),
        expire_time=row.expire_time,
    )


def pop_expired_sign_ups(tx: Connection, *, now: datetime, most: int) -> list[AccountId]:  # no tenant: a sweep
    """Forgets up to `most` sign-ups past their time; their accounts, confirmed or not."""
    old = (
        select(sign_ups.c.request_id).where(sign_ups.c.expire_time < now).limit(most).with_for_update(skip_locked=True)
    )
    statement = delete(sign_ups).where(sign_ups.c.request_id.in_(old)).returning(sign_ups.c.account_id)
    return [AccountId(found) for found in tx.execute(statement).scalars()]


def _email(tx: Connection, account_id: AccountId, vault: Vault, email: str) -> dict[str, Any]:
    if not email:
        return {"email_sealed": None, "email_index": None}
    return {
        "email_sealed": vault.seal(tx, account_id, _EMAIL, account_id, email),
        "email_index": email_index(vault, Email(email)),
    }


def _account(tx: Connection, vault: Vault, row: Row[Any]) -> Account:
    account_id = AccountId(row.id)
    sealed_email = row.email_sealed
    return Account(
        id=account_id,
        state=AccountState(row.state),
        display_name=row.display_name,
        phone=Phone(vault.open(tx, account_id, PHONE, account_id, bytes(row.phone_sealed))),
        phone_verify_time=row.phone_verify_time,
        email=vault.open(tx, account_id, _EMAIL, account_id, bytes(sealed_email)) if sealed_email else "",
        locale=row.locale,
        create_time=row.create_time,
        password_change_time=row.password_change_time,
        revision=row.revision,
        email_verify_time=row.email_verify_time,
        recovery_codes_left=row.recovery_codes_left,
        recovery_available_time=row.recovery_available_time,
    )
