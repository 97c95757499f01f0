"""What use cases are given."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.kit import context

if TYPE_CHECKING:
    from services.auth.breaches import Breaches
    from services.auth.clients import Messages, PersonLinks
    from services.auth.domain.client import Clients
    from services.auth.keys import KeyRing
    from services.auth.passwords import Passwords
    from services.auth.relying_party import RelyingParty
    from services.auth.throttle import Throttle
    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database
    from services.kit.dpop import Replays
    from services.kit.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Of the use cases that answer calls."""

    db: Database
    clock: Clock
    ids: Ids
    vault: Vault
    passwords: Passwords
    breaches: Breaches
    throttle: Throttle
    relying_party: RelyingParty
    keys: KeyRing
    # Our own; merchants' are in the database.
    clients: Clients
    # Proofs of possession that were used up at the OAuth endpoints.
    replays: Replays
    # Origin of the edge: the `iss` of tokens.
    issuer: str
    # The `aud` of access tokens.
    audience: str
    # What authenticator apps show.
    issuer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDeps:
    """Of the jobs."""

    db: Database
    clock: Clock
    vault: Vault
    messages: Messages
    person_links: PersonLinks
    # Origin of the edge, for links in messages.
    public_url: str


def new_secret() -> str:
    """43 characters of base64url: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret that `new_secret` made. Nobody guesses 256 bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


def network() -> str | None:
    """The address that the present call came from, as the edge saw it; None if unknown."""
    call = context.current()
    return call.caller.network if call else None
