"""What an access token says (RFC 9068)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.auth.domain.login import ASSURANCE, METHODS
from services.auth.domain.session import ACCESS_FOR
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.auth.domain.session import Subject


def access_claims(
    subject: Subject, *, scopes: frozenset[str], issuer: str, audience: str, token_id: UUID, now: datetime
) -> dict[str, Any]:
    """The claims of one access token. `tid` and `roles` are there only if it acts for a merchant."""
    session = subject.session
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": to_text("acc", session.account_id),
        "client_id": session.client_id,
        "sid": to_text("ses", session.id),
        "scope": " ".join(sorted(scopes)),
        "acr": ASSURANCE,
        "amr": list(METHODS),
        "auth_time": int(session.auth_time.timestamp()),
        "iat": issued,
        "exp": issued + int(ACCESS_FOR.total_seconds()),
        "jti": to_text("jti", token_id),
    }
    if subject.merchant_id is not None and subject.role is not None:
        claims |= {"tid": to_text("mer", subject.merchant_id), "roles": [subject.role.value]}
    return claims
