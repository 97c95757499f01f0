"""Tokens with which support staff look at a merchant's data, in the name of the owner who lets them (RFC 8693)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.auth.domain.audit import Action
from services.auth.domain.login import ASSURANCE
from services.auth.domain.names import AccountId, SessionId
from services.auth.domain.roles import Role
from services.auth.domain.session import Staff, Subject, Tenant
from services.auth.oauth.answers import Refused
from services.auth.store import members, sessions, support_access
from services.auth.usecases import audit, tenants
from services.kit.db import become
from services.kit.ids import InvalidId, from_text, to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.usecases.deps import Deps


def subject(tx: Connection, deps: Deps, *, client: Client, token: str, merchant: str, jkt: str) -> Subject:
    """Whom the token names that staff get for their own. Raises Refused, `invalid_target` where nobody lets them."""
    if not client.first_party:
        raise Refused("unauthorized_client", "The client is not registered for this grant_type.")
    now = deps.clock.now()
    own = deps.keys.claims(token)
    if own is None or not _is_a_persons(own, client=client, jkt=jkt):
        raise Refused("invalid_grant", "The subject_token is not your own access token, got by this client.")
    staff_id, session_id = _ids(own)
    become(tx, account=staff_id)
    session = sessions.load(tx, staff_id, session_id)
    if session is None or not session.alive(now) or not support_access.is_staff(tx, staff_id):
        raise Refused("invalid_grant", "The subject_token is not that of support staff who are signed in.")
    merchant_id = tenants.merchant_id(merchant)
    become(tx, merchant=merchant_id)
    grant = support_access.find_grant(tx, merchant_id, now)
    # Whoever let them in may have left, or lost the right to.
    if grant is None or members.load_role(tx, merchant_id, grant.account_id) is not Role.OWNER:
        raise Refused("invalid_target", "The merchant lets nobody look.")
    audit.note(
        tx,
        deps,
        Action.SUPPORT_TOKEN_ISSUED,
        merchant=merchant_id,
        account=grant.account_id,
        actor=to_text("acc", staff_id),
        client=client.id,
        target=to_text("mer", merchant_id),
    )
    return Subject(
        client=client,
        session=None,
        tenant=Tenant(merchant_id=merchant_id, role=Role.VIEWER, test_mode=False),
        staff=Staff(account_id=staff_id, methods=session.methods, owner_id=grant.account_id),
        jkt=jkt,
        until=grant.expire_time,
    )


def _is_a_persons(claims: dict[str, Any], *, client: Client, jkt: str) -> bool:
    """Theirs, got by this client, for no merchant and in nobody's name; and they hold its key if it is bound to one."""
    bound = claims.get("cnf")
    return (
        claims.get("client_id") == client.id
        and claims.get("acr") == ASSURANCE
        and not {"act", "tid", "mode"} & claims.keys()
        and (bound is None or bound == {"jkt": jkt})
    )


def _ids(claims: dict[str, Any]) -> tuple[AccountId, SessionId]:
    try:
        return AccountId(from_text("acc", str(claims.get("sub")))), SessionId(from_text("ses", str(claims.get("sid"))))
    except InvalidId as error:
        raise Refused("invalid_grant", "The subject_token is not a person's.") from error
