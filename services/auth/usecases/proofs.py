"""Proofs of possession at the OAuth endpoints (RFC 9449 section 5): the key to which what is issued is bound."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.auth.oauth.answers import Refused
from services.kit import context, dpop

if TYPE_CHECKING:
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps


def proven(deps: Deps, received: Received) -> Received:
    """The same with the key that its proof has proven, which is used up; as it is without one. Raises Refused.

    May ask Redis: to be called outside of a transaction.
    """
    if not received.proofs:
        return received
    if len(received.proofs) > 1:
        raise Refused("invalid_dpop_proof", "There is more than one proof.")
    now = deps.clock.now()
    try:
        proof = dpop.check(received.proofs[0], method="POST", url=f"{deps.issuer}{received.path}", now=now)
        deps.replays.admit(proof, request_id=context.request_id(), now=now)
    except dpop.ProofInvalid as error:
        raise Refused("invalid_dpop_proof", error.message.replace('"', "'").replace("\\", "")) from error
    return replace(received, jkt=proof.jkt)
