"""The audit log, for what may be about nobody: a wrong password under an unknown name, a recovery of an unknown phone.

A job is enqueued either way, so statements and time are the same; it notes what turns out to be about someone. What is
about nobody leaves nothing behind: strangers must not be able to fill a log from which nothing can be removed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from services.auth.domain.audit import Action, AuditEvent
from services.auth.domain.names import AccountId
from services.auth.places import place_of
from services.auth.store import accounts, audit
from services.auth.usecases.deps import network
from services.kit import context, jobs
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from services.auth.usecases.deps import Deps, JobDeps


def note_later(
    tx: Connection, deps: Deps, action: Action, *, account: AccountId | None, client: str = "", **details: str
) -> None:
    """Has `action` noted of the account, by whoever claims to be its person; of None, nothing."""
    place = place_of(network())
    jobs.enqueue(
        tx,
        "auth.note",
        {
            "event_id": str(deps.ids.new()),
            "time": deps.clock.now().isoformat(),
            "action": action.value,
            "account_id": str(account) if account else None,
            "client_id": client,
            "network": place.network,
            "country_code": place.country_code,
            "request_id": context.request_id(),
            "details": details,
        },
    )


def note(
    deps: JobDeps,
    *,
    event_id: str,
    time: str,
    action: str,
    account_id: str | None,
    client_id: str,
    network: str,
    country_code: str,
    request_id: str,
    details: Mapping[str, str],
) -> None:
    """The job: writes the event, once, if there is such an account."""
    if account_id is None:
        return
    account = AccountId(UUID(account_id))
    with deps.db.transaction(account=account) as tx:
        if not accounts.exists(tx, account):
            return
        audit.record(
            tx,
            event=AuditEvent(
                id=UUID(event_id),
                create_time=datetime.fromisoformat(time),
                merchant_id=None,
                account_id=account,
                action=action,
                actor_id=to_text("acc", account),
                client_id=client_id,
                network=network,
                country_code=country_code,
                request_id=request_id,
                details=dict(details),
            ),
        )
