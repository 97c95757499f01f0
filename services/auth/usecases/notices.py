"""Telling people what was done to the security of their account, where they read it: by SMS and by mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent, SecurityNews
from services.auth.domain.names import AccountId, Email, Phone
from services.auth.store import accounts
from services.kit import jobs
from services.kit.ids import to_text

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from services.auth.usecases.deps import Deps, JobDeps

# Where the person looks at it, under the edge's origin.
_PAGE = "/account/security"
_FORMER = "notices.former"


def tell(
    tx: Connection,
    deps: Deps,
    account_id: AccountId,
    event: SecurityEvent,
    *,
    available_time: datetime | None = None,
    former: Phone | Email | None = None,
) -> None:
    """Has the account's verified phone and e-mail address told; and `former`, which it had until now.

    `tx` acts for the person. `available_time`: from when on a waiting recovery may be finished.
    """
    notice_id = deps.ids.new()
    arguments: dict[str, object] = {
        "account_id": str(account_id),
        "notice_id": str(notice_id),
        "event": event.value,
        "time": deps.clock.now().isoformat(),
        "available_time": available_time.isoformat() if available_time else None,
        "former": None,
    }
    if former is not None:
        text = former.e164 if isinstance(former, Phone) else former.address
        arguments["former"] = deps.vault.seal(tx, account_id, _FORMER, notice_id, text).hex()
    jobs.enqueue(tx, "auth.send_security_notice", arguments)


def addressees(
    tx: Connection, deps: JobDeps, account_id: AccountId, notice_id: UUID, *, former: str | None
) -> tuple[list[Phone | Email], str]:
    """Who is told, each once, and in which language. What was never verified may be a stranger's: not that."""
    account = accounts.load(tx, account_id, vault=deps.vault)
    if account is None:
        return [], ""
    told: list[Phone | Email] = []
    if account.phone_verify_time is not None:
        told.append(account.phone)
    if account.email_verify_time is not None:
        told.append(Email(account.email))
    if former is not None:
        text = deps.vault.open(tx, account_id, _FORMER, notice_id, bytes.fromhex(former))
        place: Phone | Email = Phone(text) if text.startswith("+") else Email(text)
        if place not in told:
            told.append(place)
    return told, account.locale


def news(deps: JobDeps, *, event: str, time: str, available_time: str | None) -> SecurityNews:
    """What they are told."""
    return SecurityNews(
        event=SecurityEvent(event),
        time=datetime.fromisoformat(time),
        link=f"{deps.public_url}{_PAGE}",
        available_time=datetime.fromisoformat(available_time) if available_time else None,
    )


def key_of(notice_id: UUID, number: int) -> str:
    """By which the message to one addressee is sent once."""
    return f"{to_text('ntc', notice_id)}:{number}"
