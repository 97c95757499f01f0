"""What clients ask for at /oauth2/authorize and push to /oauth2/par. Found by the digest of a secret of its holder."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from services.auth.domain.client import AuthorizationRequest
from services.auth.store.tables import authorization_requests as requests

if TYPE_CHECKING:
    from datetime import datetime

    from services.kit.crypto import Vault

# The tenant whose data key seals what belongs to no one yet.
_PLATFORM = UUID(int=0)
_HINT = "authorization_requests.login_hint"


def create(  # no tenant: nobody has signed in yet
    tx: Connection,
    *,
    vault: Vault,
    digest: bytes,
    request: AuthorizationRequest,
    pushed: bool,
    expire_time: datetime,
) -> None:
    """Writes a new one, `pushed` or given at /oauth2/authorize."""
    tx.execute(
        requests.insert().values(
            digest=digest,
            pushed=pushed,
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            scopes=sorted(request.scopes),
            state=request.state,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            dpop_jkt=request.dpop_jkt,
            prompt=sorted(request.prompt),
            max_age_seconds=None if request.max_age is None else int(request.max_age.total_seconds()),
            login_hint_sealed=(
                vault.seal(tx, _PLATFORM, _HINT, _row_id(digest), request.login_hint) if request.login_hint else None
            ),
            expire_time=expire_time,
        )
    )


def load(  # no tenant: as above
    tx: Connection, *, vault: Vault, digest: bytes, pushed: bool, now: datetime
) -> tuple[AuthorizationRequest, datetime] | None:
    """One that is open, with the moment when it ends."""
    query = select(requests).where(
        requests.c.digest == digest,
        requests.c.pushed == pushed,
        requests.c.use_time.is_(None),
        requests.c.expire_time > now,
    )
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    sealed = row.login_hint_sealed
    request = AuthorizationRequest(
        client_id=row.client_id,
        redirect_uri=row.redirect_uri,
        scopes=frozenset(row.scopes),
        state=row.state,
        code_challenge=row.code_challenge,
        device_name="",
        nonce=row.nonce,
        dpop_jkt=row.dpop_jkt,
        prompt=frozenset(row.prompt),
        max_age=None if row.max_age_seconds is None else timedelta(seconds=row.max_age_seconds),
        login_hint=vault.open(tx, _PLATFORM, _HINT, _row_id(digest), bytes(sealed)) if sealed else "",
        handle=None if pushed else digest,
    )
    return request, row.expire_time


def use(tx: Connection, *, digest: bytes, now: datetime) -> bool:  # no tenant: as above
    """Uses it up; False if someone was faster."""
    statement = update(requests).where(requests.c.digest == digest, requests.c.use_time.is_(None))
    return tx.execute(statement.values(use_time=now)).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: as above
    """Forgets those that ended before."""
    tx.execute(delete(requests).where(requests.c.expire_time < before))


def _row_id(digest: bytes) -> UUID:
    return UUID(bytes=digest[:16])
