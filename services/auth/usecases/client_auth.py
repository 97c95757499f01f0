"""Who a client is, and whether it is that one."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from services.auth.domain.attempts import Purpose
from services.auth.domain.audit import Action
from services.auth.domain.client import Authentication
from services.auth.oauth.answers import Refused
from services.auth.oauth.client_keys import check_assertion
from services.auth.oauth.received import Credentials, Method, credentials
from services.auth.store import api_clients, client_assertions
from services.auth.usecases import audit
from services.auth.usecases.client_registry import api_client_id, find_client
from services.auth.usecases.deps import digest
from services.auth.usecases.factors import count_try, subject
from services.kit.db import become

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.oauth.received import Received
    from services.auth.usecases.deps import Deps

_UNAUTHORIZED = 401
_SHOWN_BY = {
    Method.NONE: Authentication.NONE,
    Method.SECRET_BASIC: Authentication.SECRET,
    Method.SECRET_POST: Authentication.SECRET,
    Method.PRIVATE_KEY_JWT: Authentication.PRIVATE_KEY,
}


def authenticate(tx: Connection, deps: Deps, *, received: Received, form: dict[str, str]) -> Client:
    """The client that makes the request. Raises Refused; what is written then is to be committed all the same.

    A known client that did not show what it should is noted for its merchant, the first few times.
    """
    shown = credentials(form, received.authorizations)
    client = find_client(tx, deps, shown.client_id)
    try:
        _check(tx, deps, client, shown, path=received.path)
    except Refused:
        if client is not None and client.merchant_id is not None:
            _note_refusal(tx, deps, client, shown.method)
        raise
    if client is None:
        raise _unknown(shown)
    key = api_client_id(client.id)
    if client.merchant_id is not None and key is not None:
        hour = deps.clock.now().replace(minute=0, second=0, microsecond=0)
        become(tx, merchant=client.merchant_id)
        api_clients.note_use(tx, client.merchant_id, key, hour=hour)
    return client


def _check(tx: Connection, deps: Deps, client: Client | None, shown: Credentials, *, path: str) -> None:
    if client is None or client.authentication is not _SHOWN_BY[shown.method]:
        raise _unknown(shown)
    key = api_client_id(client.id)
    if client.public:
        return
    if key is None:
        raise _unknown(shown)
    now = deps.clock.now()
    if shown.assertion is None:
        given = digest(shown.secret)
        # Each is compared whole, whichever fits.
        fits = [hmac.compare_digest(given, known) for known in api_clients.load_secrets(tx, client_id=key, now=now)]
        if not any(fits):
            raise _unknown(shown)
        return
    found = api_clients.find(tx, client_id=key)
    keys = found[0].keys if found else None
    if keys is None:
        raise _unknown(shown)
    audiences = frozenset((deps.issuer, f"{deps.issuer}/oauth2/token", f"{deps.issuer}{path}"))
    good = check_assertion(shown.assertion, keys=keys, client_id=client.id, audiences=audiences, now=now)
    used = hashlib.sha256(good.jti.encode()).digest()
    if not client_assertions.use(tx, client_id=client.id, digest=used, expire_time=good.expire_time):
        raise Refused("invalid_client", "The assertion was used before.")


def _unknown(shown: Credentials) -> Refused:
    """One answer for clients that are not there and for those that show the wrong thing."""
    status = _UNAUTHORIZED if shown.method is Method.SECRET_BASIC else 400
    return Refused("invalid_client", "The client is unknown, or did not authenticate as registered.", status=status)


def _note_refusal(tx: Connection, deps: Deps, client: Client, method: Method) -> None:
    whom = subject(deps.vault, client.id)
    if count_try(tx, purpose=Purpose.CLIENT_REFUSAL, whom=whom, now=deps.clock.now()) is None:
        audit.note(
            tx,
            deps,
            Action.CLIENT_REFUSED,
            merchant=client.merchant_id,
            actor=client.id,
            client=client.id,
            target=client.id,
            method=method.value,
        )
