"""What goes beside a refusal in headers: when to try again, and what a caller has to show to be let in.

They are trailing metadata: a refusal has nothing before it, so gRPC sends one block of headers, of which the edge's
transcoder makes those of the JSON answer. Sent ahead, they would also hide the status from the edge, which then
repeated nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from services.kit import dpop
from services.kit.failure import Kind

if TYPE_CHECKING:
    from services.kit.context import Call
    from services.kit.failure import Failure

REALM = "billmesh"
_DPOP = ("DPoP", {"algs": " ".join(dpop.ALGORITHMS)})
_BEARER: tuple[str, dict[str, str]] = ("Bearer", {"realm": REALM})


def headers(failure: Failure, call: Call) -> tuple[tuple[str, str], ...]:
    """Of the answer to `call`, lower case."""
    found = [("x-request-id", call.request_id)]
    if failure.retry_after is not None:
        # Whole seconds (RFC 9110), never too few.
        found.append(("retry-after", str(max(1, math.ceil(failure.retry_after.total_seconds())))))
    found += [("www-authenticate", challenge) for challenge in _challenges(failure, call.scheme)]
    return tuple(found)


def _challenges(failure: Failure, scheme: str | None) -> list[str]:
    """RFC 6750, 9449 and 9470. Without a token both schemes are offered, with one the caller's own."""
    said = failure.metadata
    if failure.reason == "SCOPE_MISSING":
        return [_challenge(_scheme(scheme), error="insufficient_scope", scope=said.get("scope", ""))]
    if failure.kind is not Kind.UNAUTHENTICATED:
        return []
    if failure.reason == "TOKEN_INVALID":
        return [_challenge(_scheme(scheme), error="invalid_token", error_description=failure.message)]
    if failure.reason == "PROOF_INVALID":
        return [_challenge(_DPOP, error="invalid_dpop_proof", error_description=failure.message)]
    if failure.reason == "STEP_UP_REQUIRED":
        wanted = {name: said[name] for name in ("acr_values", "max_age") if name in said}
        error = {"error": "insufficient_user_authentication", "error_description": failure.message}
        return [_challenge(_scheme(scheme), **error, **wanted)]
    return [*offered()]


def offered(**parameters: str) -> tuple[str, ...]:
    """A challenge for each scheme, for a caller of whom none is known."""
    return _challenge(_BEARER, **parameters), _challenge(_DPOP, **parameters)


def _scheme(name: str | None) -> tuple[str, dict[str, str]]:
    return _DPOP if name == "DPoP" else _BEARER


def _challenge(scheme: tuple[str, dict[str, str]], **parameters: str) -> str:
    name, fixed = scheme
    # A quoted string; what is said to the caller is ours, but what it quotes need not be.
    texts = {key: value.replace("\\", "").replace('"', "'") for key, value in {**fixed, **parameters}.items()}
    return f"{name} " + ", ".join(f'{key}="{value}"' for key, value in texts.items())
