"""Proofs of possession: which hold, for what, and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from services.kit import dpop
from services.kit.dpop import Proof, ProofInvalid, Replays, Target
from tests.kit.proofs import encoded, proof, signed
from tests.redis_server import AWAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from services.kit.config import Settings
    from tests.kit.proofs import Key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://edge.test/v1/bills"
TOKEN = "a.b.c"  # noqa: S105 - any text
EC = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)


def check(text: str, **more: Any) -> Proof:
    return dpop.check(text, **{"method": "GET", "url": URL, "now": NOW, **more})


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("ES256", EC),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
        ("RS256", RSA),
        ("PS256", RSA),
    ],
)
def test_a_proof_names_its_key(alg: str, key: Key) -> None:
    found = check(proof(key, now=NOW, alg=alg, jti="once"))
    assert found == Proof(key.thumbprint(), "once", NOW)
    assert set(dpop.ALGORITHMS) >= {alg}


def test_at_a_resource_it_is_for_one_token() -> None:
    assert check(proof(EC, now=NOW, access_token=TOKEN), access_token=TOKEN).jkt == EC.thumbprint()
    for text in (proof(EC, now=NOW), proof(EC, now=NOW, access_token=f"{TOKEN}d"), proof(EC, now=NOW, ath=7)):
        with pytest.raises(ProofInvalid, match="ath"):
            check(text, access_token=TOKEN)


@pytest.mark.parametrize(
    "url",
    [
        "https://edge.test/v1/bills?page_size=1",
        "HTTPS://EDGE.test/v1/bills#part",
        "https://edge.test:443/v1/bills",
        "https://edge.test/v1/%62ills",
    ],
)
def test_one_address_has_several_spellings(url: str) -> None:
    check(proof(EC, now=NOW, url=url))
    check(proof(EC, now=NOW), url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://edge.test/v1/bills/",
        "https://edge.test/v1/Bills",
        "https://edge.test/v1%2Fbills",
        "http://edge.test/v1/bills",
        "https://edge.test:8443/v1/bills",
        "https://edge.test.evil.example/v1/bills",
        "https://edge.test@evil.example/v1/bills",
        "https://x@edge.test/v1/bills",
        "https://[edge.test/v1/bills",
        "https://edge.test:x/v1/bills",
        "/v1/bills",
        "",
        7,
        None,
    ],
)
def test_another_address(url: object) -> None:
    with pytest.raises(ProofInvalid, match="htu"):
        check(proof(EC, now=NOW, htu=url))


@pytest.mark.parametrize("seconds", [-60, -59.5, 0, 5])
def test_a_proof_is_good_for_a_minute(seconds: float) -> None:
    check(proof(EC, now=NOW, iat=NOW.timestamp() + seconds))


@pytest.mark.parametrize("iat", [NOW.timestamp() - 61, NOW.timestamp() + 6, None, "now", True, [], 1e300, -1e300])
def test_a_proof_of_another_time(iat: object) -> None:
    with pytest.raises(ProofInvalid, match="iat"):
        check(proof(EC, now=NOW, iat=iat))


def _of_another_key() -> str:
    return signed(
        ECKey.generate_key("P-256"),
        {"typ": "dpop+jwt", "alg": "ES256", "jwk": EC.as_dict(private=False)},
        {"htm": "GET", "htu": URL, "iat": NOW.timestamp(), "jti": "1"},
    )


def _small_rsa() -> dict[str, str]:
    return {"kty": "RSA", "e": "AQAB", "n": encoded(b"\xff" * 128)}


REFUSED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no JWS": lambda: "a.b",
    "padding": lambda: proof(EC, now=NOW) + "=",
    "two in one": lambda: f"{proof(EC, now=NOW)},{proof(EC, now=NOW)}",
    "another method": lambda: proof(EC, now=NOW, method="POST"),
    "a method in small letters": lambda: proof(EC, now=NOW, method="get"),
    "no method": lambda: proof(EC, now=NOW, htm=None),
    "no id": lambda: proof(EC, now=NOW, jti=None),
    "an empty id": lambda: proof(EC, now=NOW, jti=""),
    "an id that is none": lambda: proof(EC, now=NOW, jti=1),
    "an endless id": lambda: proof(EC, now=NOW, jti="x" * 513),
    "an access token": lambda: proof(EC, now=NOW, header={"typ": "at+jwt"}),
    "no type": lambda: proof(EC, now=NOW, header={"typ": None}),
    "an extension": lambda: proof(EC, now=NOW, header={"crit": ["exp"]}),
    "no key": lambda: proof(EC, now=NOW, header={"jwk": None}),
    "a key that is none": lambda: proof(EC, now=NOW, header={"jwk": "x"}),
    "a private key": lambda: proof(EC, now=NOW, header={"jwk": EC.as_dict(private=True)}),
    "another curve": lambda: proof(EC, now=NOW, header={"jwk": ECKey.generate_key("P-384").as_dict(private=False)}),
    "a point that is not on the curve": lambda: proof(
        EC, now=NOW, header={"jwk": {"kty": "EC", "crv": "P-256", "x": encoded(b"\1" * 32), "y": encoded(b"\2" * 32)}}
    ),
    "half a key": lambda: proof(EC, now=NOW, header={"jwk": {"kty": "EC", "crv": "P-256"}}),
    "a small RSA key": lambda: proof(RSA, now=NOW, alg="RS256", header={"jwk": _small_rsa()}),
    "a key for agreement": lambda: proof(
        OKPKey.generate_key("Ed25519"), now=NOW, alg="EdDSA", header={"jwk": {"kty": "OKP", "crv": "X25519", "x": "AA"}}
    ),
    "another kind of key": lambda: proof(EC, now=NOW, header={"alg": "RS256"}),
    "a shared secret": lambda: proof(
        EC, now=NOW, header={"alg": "HS256", "jwk": OctKey.generate_key(256).as_dict(private=True)}
    ),
    "no algorithm": lambda: proof(EC, now=NOW, header={"alg": "none"}),
    "another key's signature": _of_another_key,
    "a signature of zeros": lambda: proof(EC, now=NOW).rpartition(".")[0] + "." + encoded(bytes(64)),
    "no signature": lambda: proof(EC, now=NOW).rpartition(".")[0] + ".",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_proves_nothing(case: str) -> None:
    with pytest.raises(ProofInvalid):
        check(REFUSED[case]())


def test_what_the_client_called() -> None:
    method = "/billmesh.billing.v1.BillService/ListBills"
    transcoded = (("x-envoy-original-path", "/v1/bills?x=1"), ("x-envoy-original-method", "GET"))
    assert dpop.target(transcoded, grpc_method=method, public_url="https://edge.test") == Target("GET", URL)
    native = dpop.target((("accept", "x"),), grpc_method=method, public_url="https://edge.test")
    assert native == Target("POST", f"https://edge.test{method}")


def test_one_proof_at_most() -> None:
    assert dpop.presented((("dpop", "a"), ("other", "b"))) == "a"
    assert dpop.presented((("other", "b"),)) is None
    with pytest.raises(ProofInvalid, match="more than one"):
        dpop.presented((("dpop", "a"), ("dpop", "a")))


@pytest.fixture(params=["memory", "redis", "redis away"])
def shared(request: pytest.FixtureRequest) -> SecretStr | None:
    """Where processes share what was used, if anywhere."""
    if request.param == "redis":
        url: SecretStr = request.getfixturevalue("redis_url")
        return url
    return AWAY if request.param == "redis away" else None


def _replays(settings: Settings, url: SecretStr | None) -> Replays:
    return Replays(settings.model_copy(update={"redis_url": url}))


def test_a_proof_is_used_once(kit_settings: Settings, shared: SecretStr | None) -> None:
    replays = _replays(kit_settings, shared)
    one, other = Proof("key", "1", NOW), Proof("another key", "1", NOW)
    replays.admit(one, request_id="a", now=NOW)
    # The edge sends a call again.
    replays.admit(one, request_id="a", now=NOW)
    replays.admit(other, request_id="b", now=NOW)
    for _ in range(2):
        with pytest.raises(ProofInvalid, match="used before"):
            replays.admit(one, request_id="b", now=NOW + timedelta(seconds=64))
    replays.close()


def test_processes_share_what_was_used(kit_settings: Settings, redis_url: SecretStr) -> None:
    first, second = _replays(kit_settings, redis_url), _replays(kit_settings, redis_url)
    used = Proof("key", "shared", NOW)
    first.admit(used, request_id="a", now=NOW)
    second.admit(used, request_id="a", now=NOW)
    with pytest.raises(ProofInvalid, match="used before"):
        _replays(kit_settings, redis_url).admit(used, request_id="b", now=NOW)


@pytest.mark.parametrize("url", [None, AWAY])
def test_processes_that_share_nothing_each_remember_their_own(kit_settings: Settings, url: SecretStr | None) -> None:
    first, second = _replays(kit_settings, url), _replays(kit_settings, url)
    used = Proof("key", "shared", NOW)
    first.admit(used, request_id="a", now=NOW)
    second.admit(used, request_id="b", now=NOW)


def test_memory_is_bounded(kit_settings: Settings) -> None:
    replays = Replays(kit_settings, remembered=3)
    for number in range(10):
        replays.admit(Proof("key", str(number), NOW), request_id=str(number), now=NOW)
    assert len(replays._seen) == 3
    # What has expired makes room first.
    replays.admit(Proof("key", "late", NOW), request_id="late", now=NOW + timedelta(seconds=66))
    assert len(replays._seen) == 1
