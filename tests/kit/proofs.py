"""Makes DPoP proofs as a client does, and whatever else a test wants in them."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

if TYPE_CHECKING:
    from datetime import datetime

Key = ECKey | OKPKey | RSAKey


def encoded(value: bytes | object) -> str:
    """Base64url without padding, of bytes or of JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(key: Key, header: object, claims: object, *, alg: str = "ES256") -> str:
    """A compact JWS; `alg` is what is signed with, whatever the header says."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(JWSRegistry.algorithms[alg].sign(text.encode(), key))}"


def proof(
    key: Key,
    *,
    now: datetime,
    method: str = "GET",
    url: str = "https://edge.test/v1/bills",
    access_token: str | None = None,
    alg: str = "ES256",
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A proof; `header` and `claims` replace or add, and None takes away."""
    said: dict[str, Any] = {"htm": method, "htu": url, "iat": int(now.timestamp()), "jti": str(uuid4())}
    if access_token is not None:
        said["ath"] = encoded(hashlib.sha256(access_token.encode()).digest())
    head = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False)} | (header or {})
    said |= claims
    return signed(
        key,
        {name: value for name, value in head.items() if value is not None},
        {name: value for name, value in said.items() if value is not None},
        alg="Ed25519" if alg == "EdDSA" else alg,
    )
