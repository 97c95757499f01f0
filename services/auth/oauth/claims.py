"""What tokens say: access tokens (RFC 9068) and ID tokens (OpenID Connect Core)."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from services.auth.domain.login import ASSURANCE
from services.auth.domain.session import ACCESS_FOR
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.auth.domain.session import Session, Subject, Tenant


def access_claims(
    subject: Subject, *, scopes: frozenset[str], issuer: str, audience: str, token_id: UUID, now: datetime
) -> dict[str, Any]:
    """The claims of one access token; `tid` only if it acts for a merchant, `sid` only if it is of a session."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "client_id": subject.client.id,
        "scope": " ".join(sorted(scopes)),
        "iat": int(now.timestamp()),
        "exp": int(subject.ends(now).timestamp()),
        "jti": to_text("jti", token_id),
        **_who(subject),
    }
    if subject.tenant is not None:
        claims |= _tenant(subject.tenant)
    if subject.jkt:
        claims["cnf"] = {"jkt": subject.jkt}
    return claims


def _who(subject: Subject) -> dict[str, Any]:
    if subject.staff is not None:
        staff = subject.staff
        return {
            "sub": to_text("acc", staff.owner_id),
            "act": {"sub": to_text("acc", staff.account_id)},
            "acr": ASSURANCE,
            "amr": list(staff.methods),
        }
    if subject.session is None:
        return {"sub": subject.client.id}
    session = subject.session
    return {
        "sub": to_text("acc", session.account_id),
        "sid": to_text("ses", session.id),
        "acr": ASSURANCE,
        "amr": list(session.methods),
        "auth_time": int(session.auth_time.timestamp()),
    }


def _tenant(tenant: Tenant) -> dict[str, Any]:
    claims: dict[str, Any] = {"tid": to_text("mer", tenant.merchant_id)}
    if tenant.role is not None:
        claims["roles"] = [tenant.role.value]
    if tenant.test_mode:
        claims["mode"] = "test"
    if tenant.refund_ceiling is not None:
        ceiling = tenant.refund_ceiling
        claims["limits"] = {"refund": {"minor": ceiling.minor, "currency": ceiling.currency}}
    return claims


def id_claims(
    session: Session, *, client_id: str, issuer: str, nonce: str, access_token: str, now: datetime
) -> dict[str, Any]:
    """The claims of one ID token. Its audience is the client, so that no service takes it for an access token."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": to_text("acc", session.account_id),
        "aud": client_id,
        "iat": issued,
        "exp": issued + int(ACCESS_FOR.total_seconds()),
        "auth_time": int(session.auth_time.timestamp()),
        "acr": ASSURANCE,
        "amr": list(session.methods),
        "sid": to_text("ses", session.id),
        "at_hash": half_hash(access_token),
    }
    return claims | ({"nonce": nonce} if nonce else {})


def half_hash(token: str) -> str:
    """`at_hash`: the left half of the token's SHA-256, in base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).decode().rstrip("=")
