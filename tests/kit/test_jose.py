"""Reading a JWS strictly, whatever comes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from services.kit import dpop, jose
from services.kit.dpop import ProofInvalid
from services.kit.jose import Unreadable
from tests.kit.proofs import encoded, proof, signed

KEY = ECKey.generate_key("P-256")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = proof(KEY, now=NOW)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_the_parts_of_one() -> None:
    parts = jose.read(signed(KEY, {"alg": "ES256"}, {"a": [1, {"b": None}]}))
    assert (parts.header, parts.claims) == ({"alg": "ES256"}, {"a": [1, {"b": None}]})
    assert len(parts.signature) == 64


@pytest.mark.parametrize(
    "payload",
    [b"{}x", b"[]", b"", b"nul", b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":NaN}', b'{"a":-Infinity}', b"\xff"],
)
def test_payloads_that_two_readers_could_read_otherwise(payload: bytes) -> None:
    with pytest.raises(Unreadable):
        jose.read(f"{encoded({'alg': 'ES256'})}.{encoded(payload)}.{encoded(bytes(64))}")


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    with pytest.raises(Unreadable):
        jose.read(text)


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_one_character_of_a_good_proof(position: int, character: str) -> None:
    changed = GOOD[:position] + character + GOOD[position + 1 :]
    if changed != GOOD:
        with pytest.raises(ProofInvalid):
            dpop.check(changed, method="GET", url="https://edge.test/v1/bills", now=NOW)


@given(st.sampled_from(["typ", "alg", "jwk", "htm", "htu", "iat", "jti", "ath"]), JSON)
def test_any_value_in_a_proof(name: str, value: object) -> None:
    """Refused, or as good as it was; never a fault."""
    header: dict[str, object] = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.as_dict(private=False)}
    claims: dict[str, object] = {
        "htm": "GET",
        "htu": "https://edge.test/v1/bills",
        "iat": int(NOW.timestamp()),
        "jti": "1",
        "ath": "x",
    }
    (header if name in header else claims)[name] = value
    text = signed(KEY, header, claims)
    try:
        found = dpop.check(text, method="GET", url="https://edge.test/v1/bills", now=NOW)
    except ProofInvalid:
        return
    assert found.jkt == KEY.thumbprint()


@given(st.sampled_from(["kty", "crv", "x", "y", "d", "n", "e", "use"]), JSON)
def test_any_value_in_a_key(name: str, value: object) -> None:
    jwk = {**KEY.as_dict(private=False), name: value}
    text = signed(KEY, {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}, {})
    with pytest.raises(ProofInvalid):
        dpop.check(text, method="GET", url="https://edge.test/v1/bills", now=NOW)
