"""Where a person is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.audit import Action
from services.auth.domain.errors.sign_in import SessionNotFound
from services.auth.domain.session import EndReason
from services.auth.store import sessions
from services.auth.usecases import audit
from services.kit import paging
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, SessionId
    from services.auth.domain.session import Session
    from services.auth.usecases.deps import Deps
    from services.kit.paging import Listed, Page


def list_sessions(deps: Deps, *, account_id: AccountId, page: Page) -> Listed[Session]:
    """A page of living sessions, newest first."""
    before = paging.row_after(page)
    with deps.db.transaction(account=account_id) as tx:
        found = sessions.load_living(tx, account_id, now=deps.clock.now(), before=before, limit=page.size + 1)
    return paging.cut(found, page, key=lambda one: (one.id,))


def revoke_session(deps: Deps, *, account_id: AccountId, session_id: SessionId) -> None:
    """Ends a session; ended before, nothing changes. Raises SessionNotFound."""
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        ended = sessions.end(tx, account_id, session_id, reason=EndReason.REVOKED, now=now)
        if ended:
            audit.note(tx, deps, Action.SESSION_REVOKED, account=account_id, target=to_text("ses", session_id))
        elif sessions.load(tx, account_id, session_id) is None:
            raise SessionNotFound


def revoke_all(deps: Deps, *, account_id: AccountId, keep: SessionId | None) -> int:
    """Ends every session of the account but `keep`; how many."""
    with deps.db.transaction(account=account_id) as tx:
        ended = sessions.end_others(tx, account_id, keep=keep, reason=EndReason.REVOKED, now=deps.clock.now())
        audit.note(tx, deps, Action.SESSIONS_REVOKED, account=account_id, count=str(ended))
    return ended
