"""Which keys a client can register."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jwk

from services.auth.domain.errors.clients import ClientKeysInvalid
from services.auth.oauth.client_keys import read_set, write_set
from tests.kit.proofs import encoded

EC = jwk.ECKey.generate_key("P-256")
ED = jwk.OKPKey.generate_key("Ed25519")
RSA = jwk.RSAKey.generate_key(2048)


def public(key: Any, **more: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False)) | more


def read(*keys: Any) -> dict[str, Any]:
    return read_set(json.dumps({"keys": keys}), field="f")


def test_public_keys_that_sign() -> None:
    kept = read(
        public(EC, kid="a", alg="ES256", use="sig"),
        public(ED, kid="b", alg="EdDSA"),
        public(RSA, kid="c", alg="PS256", key_ops=["verify"]),
    )
    assert [key["kid"] for key in kept["keys"]] == ["a", "b", "c"]
    assert kept["keys"][0].keys() == {"kty", "crv", "x", "y", "kid", "alg"}
    assert json.loads(write_set(kept)) == kept
    assert len(read(public(EC))["keys"]) == 1


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ([], "one to"),
        ([public(EC, kid=str(number)) for number in range(11)], "one to"),
        (["a key"], "object"),
        ([dict(EC.as_dict(private=True))], "private"),
        ([dict(RSA.as_dict(private=True))], "private"),
        ([public(EC) | {"k": "AAAA"}], "private"),
        ([dict(jwk.OctKey.generate_key(256).as_dict(private=True))], "private"),
        ([{"kty": "oct"}], "kty"),
        ([{"kty": ["EC"]}], "kty"),
        ([public(jwk.ECKey.generate_key("P-384"))], "curve"),
        ([public(jwk.OKPKey.generate_key("X25519"))], "curve"),
        ([public(jwk.OKPKey.generate_key("Ed448"))], "curve"),
        ([public(RSA, n=encoded(b"\xff" * 128))], "2048"),
        ([public(RSA, n=public(RSA)["n"] * 4)], "2048"),
        ([public(RSA, e="AQ")], "2048"),
        ([public(RSA, e="AQAAAAAAAAAB")], "2048"),
        ([public(RSA, n="not base64!")], "2048"),
        ([public(EC, x="AAAA")], "curve"),
        ([public(EC, alg="HS256")], "alg"),
        ([public(EC, alg="RS256")], "alg"),
        ([public(RSA, alg="ES256")], "alg"),
        ([public(EC, use="enc")], "signatures"),
        ([public(EC, key_ops=["sign"])], "signatures"),
        ([public(EC, x5u="https://evil.example/cert")], "x5u"),
        ([public(EC, x5c=["AAAA"])], "x5c"),
        ([public(EC, kid=7)], "text"),
        ([public(EC, kid="")], "text"),
        ([public(EC, kid="same"), public(ED, kid="same")], "kid"),
        ([public(EC), public(ED, kid="b")], "kid"),
    ],
)
def test_others_are_refused(keys: list[Any], why: str) -> None:
    with pytest.raises(ClientKeysInvalid) as refused:
        read(*keys)
    assert why in refused.value.fields[0].description


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"keys": {}}', '{"keys": null}', "[" * 10_000])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(ClientKeysInvalid):
        read_set(text, field="f")
