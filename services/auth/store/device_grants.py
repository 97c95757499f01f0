"""Devices that wait to be let in. Found by the digest of a secret that the device has, or of the code that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.device import Approval, DeviceGrant, DeviceState
from services.auth.domain.names import AccountId, MerchantId, SessionId
from services.auth.store.tables import device_grants

if TYPE_CHECKING:
    from datetime import datetime


def create(  # no tenant: nobody has decided yet
    tx: Connection, *, grant: DeviceGrant, user_code_index: bytes
) -> bool:
    """Writes a new one; False if another device shows the same code."""
    statement = insert(device_grants).values(
        digest=grant.digest,
        user_code_index=user_code_index,
        client_id=grant.client_id,
        granted=sorted(grant.granted),
        network=grant.network,
        state=grant.state.value,
        interval_seconds=grant.interval,
        expire_time=grant.expire_time,
    )
    return tx.execute(statement.on_conflict_do_nothing()).rowcount == 1


def load_for_update(tx: Connection, *, digest: bytes) -> DeviceGrant | None:  # no tenant: as above
    """The device's own; its other polls wait until this transaction ends."""
    row = tx.execute(select(device_grants).where(device_grants.c.digest == digest).with_for_update()).one_or_none()
    return _grant(row) if row else None


def find_for_update(tx: Connection, *, user_code_index: bytes) -> DeviceGrant | None:  # no tenant: as above
    """The one that shows the code; nobody else decides before this transaction ends."""
    query = select(device_grants).where(device_grants.c.user_code_index == user_code_index)
    row = tx.execute(query.with_for_update()).one_or_none()
    return _grant(row) if row else None


def note_poll(tx: Connection, *, digest: bytes, interval: int, now: datetime) -> None:  # no tenant: as above
    """Notes when the device asked, and for how long it waits next time."""
    statement = update(device_grants).where(device_grants.c.digest == digest)
    tx.execute(statement.values(last_poll_time=now, interval_seconds=interval))


def decide(  # no tenant: as above
    tx: Connection, *, digest: bytes, approval: Approval | None
) -> None:
    """Lets a device in that is loaded for update, or not."""
    values: dict[str, Any] = {"state": DeviceState.DENIED.value}
    if approval is not None:
        values = {
            "state": DeviceState.ALLOWED.value,
            "account_id": approval.account_id,
            "merchant_id": approval.merchant_id,
            "session_id": approval.session_id,
            "auth_time": approval.auth_time,
            "methods": list(approval.methods),
        }
    tx.execute(update(device_grants).where(device_grants.c.digest == digest).values(values))


def use(tx: Connection, *, digest: bytes, now: datetime) -> bool:  # no tenant: as above
    """Uses it up; False if someone was faster."""
    statement = update(device_grants).where(device_grants.c.digest == digest, device_grants.c.use_time.is_(None))
    return tx.execute(statement.values(use_time=now)).rowcount == 1


def sweep(tx: Connection, *, before: datetime) -> None:  # no tenant: as above
    """Forgets those that ended before."""
    tx.execute(delete(device_grants).where(device_grants.c.expire_time < before))


def _grant(row: Row[Any]) -> DeviceGrant:
    approval = None
    if row.state == DeviceState.ALLOWED.value:
        approval = Approval(
            account_id=AccountId(row.account_id),
            merchant_id=MerchantId(row.merchant_id) if row.merchant_id else None,
            session_id=SessionId(row.session_id),
            auth_time=row.auth_time,
            methods=tuple(row.methods),
        )
    return DeviceGrant(
        digest=bytes(row.digest),
        client_id=row.client_id,
        granted=frozenset(row.granted),
        network=row.network,
        state=DeviceState(row.state),
        expire_time=row.expire_time,
        interval=row.interval_seconds,
        last_poll_time=row.last_poll_time,
        approval=approval,
        use_time=row.use_time,
    )
