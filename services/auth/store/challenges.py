"""Sign-ins under way, and the codes they end in. Both are found by the digest of a secret that only its holder has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select, update

from services.auth.domain.client import AuthorizationRequest
from services.auth.domain.login import Challenge, Stage
from services.auth.domain.names import AccountId, AuthenticatorId, SessionId
from services.auth.domain.session import AuthorizationCode
from services.auth.store.tables import authorization_codes, challenges

if TYPE_CHECKING:
    from datetime import datetime

# What a challenge that steps a session up has in its row.
_NO_REQUEST = AuthorizationRequest(
    client_id="", redirect_uri="", scopes=frozenset(), state="", code_challenge="", device_name=""
)


def create(tx: Connection, *, challenge: Challenge) -> None:  # no tenant: nobody has signed in yet
    """Writes a new challenge."""
    request = challenge.request or _NO_REQUEST
    tx.execute(
        challenges.insert().values(
            digest=challenge.digest,
            stage=challenge.stage.value,
            account_id=challenge.account_id,
            subject=challenge.subject,
            enrolling=challenge.enrolling,
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            scopes=sorted(request.scopes),
            state=request.state,
            code_challenge=request.code_challenge,
            device_name=request.device_name,
            nonce=request.nonce,
            dpop_jkt=request.dpop_jkt,
            prompt=sorted(request.prompt),
            handle=request.handle,
            granted=sorted(challenge.granted),
            methods=list(challenge.methods),
            session_id=challenge.session_id,
            expire_time=challenge.expire_time,
        )
    )


def load(tx: Connection, *, digest: bytes) -> Challenge | None:  # no tenant: as above
    """The challenge of that token."""
    row = tx.execute(select(challenges).where(challenges.c.digest == digest)).one_or_none()
    return _challenge(row) if row else None


def load_for_update(tx: Connection, *, digest: bytes) -> Challenge | None:  # no tenant: as above
    """As `load`, and nobody else answers it before this transaction ends."""
    row = tx.execute(select(challenges).where(challenges.c.digest == digest).with_for_update()).one_or_none()
    return _challenge(row) if row else None


def advance(  # no tenant: as above
    tx: Connection,
    *,
    challenge: Challenge,
    to: Stage,
    methods: tuple[str, ...] = (),
    account_id: AccountId | None = None,
    auth_time: datetime | None = None,
) -> bool:
    """Moves the challenge on, with how its person has proved who they are; False if it is not where it was any more.

    `account_id`: whom it turned out to be about; None: no change.
    """
    statement = update(challenges).where(
        challenges.c.digest == challenge.digest, challenges.c.stage == challenge.stage.value
    )
    values = {
        "stage": to.value,
        "methods": list(methods),
        "account_id": account_id or challenge.account_id,
        "auth_time": auth_time,
    }
    return tx.execute(statement.values(values)).rowcount == 1


def create_code(tx: Connection, *, code: AuthorizationCode) -> None:  # no tenant: found by its secret alone
    """Writes what a sign-in ended in."""
    tx.execute(
        authorization_codes.insert().values(
            digest=code.digest,
            account_id=code.account_id,
            session_id=code.session_id,
            client_id=code.client_id,
            redirect_uri=code.redirect_uri,
            code_challenge=code.code_challenge,
            device_name=code.device_name,
            granted=sorted(code.granted),
            auth_time=code.auth_time,
            methods=list(code.methods),
            nonce=code.nonce,
            dpop_jkt=code.dpop_jkt,
            expire_time=code.expire_time,
        )
    )


def load_code(tx: Connection, *, digest: bytes) -> AuthorizationCode | None:  # no tenant: as above
    """The code, used or not."""
    row = tx.execute(select(authorization_codes).where(authorization_codes.c.digest == digest)).one_or_none()
    if row is None:
        return None
    return AuthorizationCode(
        digest=digest,
        account_id=AccountId(row.account_id),
        session_id=SessionId(row.session_id),
        client_id=row.client_id,
        redirect_uri=row.redirect_uri,
        code_challenge=row.code_challenge,
        device_name=row.device_name,
        granted=frozenset(row.granted),
        auth_time=row.auth_time,
        methods=tuple(row.methods),
        nonce=row.nonce,
        dpop_jkt=row.dpop_jkt,
        expire_time=row.expire_time,
        use_time=row.use_time,
    )


def use_code(tx: Connection, *, digest: bytes, now: datetime) -> bool:  # no tenant: as above
    """Uses the code up; False if someone was faster."""
    statement = update(authorization_codes).where(
        authorization_codes.c.digest == digest, authorization_codes.c.use_time.is_(None)
    )
    return tx.execute(statement.values(use_time=now)).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: as above
    """Forgets challenges and codes that ended before."""
    tx.execute(delete(challenges).where(challenges.c.expire_time < before))
    tx.execute(delete(authorization_codes).where(authorization_codes.c.expire_time < before))


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(
        digest=bytes(row.digest),
        stage=Stage(row.stage),
        account_id=AccountId(row.account_id) if row.account_id else None,
        subject=bytes(row.subject),
        enrolling=AuthenticatorId(row.enrolling) if row.enrolling else None,
        request=None
        if row.session_id
        else AuthorizationRequest(
            client_id=row.client_id,
            redirect_uri=row.redirect_uri,
            scopes=frozenset(row.scopes),
            state=row.state,
            code_challenge=row.code_challenge,
            device_name=row.device_name,
            nonce=row.nonce,
            dpop_jkt=row.dpop_jkt,
            prompt=frozenset(row.prompt),
            handle=bytes(row.handle) if row.handle else None,
        ),
        granted=frozenset(row.granted),
        expire_time=row.expire_time,
        session_id=SessionId(row.session_id) if row.session_id else None,
        methods=tuple(row.methods),
        auth_time=row.auth_time,
    )
