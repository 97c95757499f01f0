"""What a payment gateway is to this service, and what its adapters share: calls to one host, and signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from services.billing.domain.gateway import GatewayRefused, GatewaySignatureInvalid, GatewayUnavailable
from services.kit.money import Money, UnknownCurrency, exponent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.billing.domain.gateway import GatewayEvent, Keys, LinkTerms

_TIMEOUT = httpx.Timeout(8.0, connect=3.0)
_LONGEST_ANSWER = 1024 * 1024
_MOST = 10**15
_SERVER_FAULT = 500
_TRY_AGAIN = frozenset((408, 409, 425, 429))


class PaymentGateway(Protocol):
    """Makes pages to pay on, and reads what the gateway tells."""

    def create_link(self, terms: LinkTerms, keys: Keys) -> str:
        """The page's address; the same for the same reference. Raises GatewayRefused, GatewayUnavailable."""
        ...

    def read_event(self, body: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> GatewayEvent | None:
        """What is told; None if it does not matter here. `headers` by name in lower case.

        Raises GatewaySignatureInvalid.
        """
        ...


class Host:
    """The one host that an adapter calls. Nothing of a request or of an answer leads anywhere else."""

    def __init__(self, url: str) -> None:
        """`url` is of the configuration, never of a merchant."""
        # No proxies or credentials out of the environment, and no way to another host by a redirect.
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    def call(self, verb: str, path: str, *, keys: tuple[str, str], **how: Any) -> dict[str, Any]:
        """The JSON object that is answered. Raises GatewayRefused, GatewayUnavailable."""
        try:
            response = self._client.request(verb, path, auth=keys, **how)
        except httpx.HTTPError as error:
            raise GatewayUnavailable from error
        if response.status_code >= _SERVER_FAULT or response.status_code in _TRY_AGAIN:
            raise GatewayUnavailable
        if not response.is_success:
            raise GatewayRefused(response.status_code)
        found = parsed(response.content[:_LONGEST_ANSWER])
        if found is None:
            raise GatewayUnavailable
        return found


def parsed(body: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def at(found: object, *path: str) -> Any:
    """What stands there in nested objects; None for nothing."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def text_at(found: object, *path: str) -> str:
    """The text that stands there; empty for anything else, and for what no id of a gateway is."""
    text = at(found, *path)
    return text if isinstance(text, str) and len(text) <= 255 and text.isprintable() else ""  # noqa: PLR2004 - Stripe's


def require_signature(secret: str, signed: bytes, given: tuple[str, ...]) -> None:
    """One of the given ones is the HMAC-SHA256 in hexadecimal. Raises GatewaySignatureInvalid."""
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    # Each is compared in constant time, and all of them are.
    if not any([hmac.compare_digest(expected, each.encode()) for each in given]):  # noqa: C419 - see above
        raise GatewaySignatureInvalid


def money(amount: object, currency: object, *, scaled: Mapping[str, int] | None = None) -> Money | None:
    """An amount above zero in minor units, else None. `scaled`: by how much the gateway counts a currency finer."""
    if (
        not isinstance(amount, int)
        or isinstance(amount, bool)
        or not 0 < amount <= _MOST
        or not isinstance(currency, str)
    ):
        return None
    code = currency.upper()
    try:
        exponent(code)
    except UnknownCurrency:
        return None
    minor, rest = divmod(amount, (scaled or {}).get(code, 1))
    return None if rest else Money(minor, code)
