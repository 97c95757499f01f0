"""Giving the factors again in a session that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.errors.sign_in import SessionNotFound
from services.auth.domain.login import Opened, Stage
from services.auth.domain.throttle import Rule
from services.auth.store import sessions
from services.auth.usecases.challenges import open_challenge
from services.auth.usecases.deps import network, new_secret
from services.auth.usecases.factors import subject

if TYPE_CHECKING:
    from services.auth.domain.names import AccountId, SessionId
    from services.auth.usecases.deps import Deps


def begin_step_up(deps: Deps, *, account_id: AccountId, session_id: SessionId | None) -> Opened:
    """Opens a challenge for the session. Answered, its tokens say so from the next refresh on.

    Raises SessionNotFound or TooManyAttempts.
    """
    deps.throttle.admit(Rule.BEGIN_LOGIN, network=network(), name=str(account_id))
    with deps.db.transaction(account=account_id) as tx:
        session = sessions.load(tx, account_id, session_id) if session_id else None
        if session is None or not session.alive(deps.clock.now()):
            raise SessionNotFound
        return open_challenge(
            tx,
            deps=deps,
            token=new_secret(),
            stage=Stage.PASSWORD,
            account_id=account_id,
            whom=subject(deps.vault, str(account_id)),
            request=None,
            session_id=session.id,
        )
