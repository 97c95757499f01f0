"""Access tokens that must not pass, each made from a good one, by what is wrong with it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.rig import Rig

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_OURS = {"alg": "ES256", "kid": "test", "typ": "at+jwt"}
_RSA = RSAKey.generate_key(2048)
_STRANGER = ECKey.generate_key("P-256")
_P384 = ECKey.generate_key("P-384")
_ED25519 = OKPKey.generate_key("Ed25519")


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def sign(header: bytes, payload: bytes, key: Any, *, alg: str = "ES256") -> str:
    """A compact JWS over exactly these bytes; `alg` is what is signed with, whatever the header says."""
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{encoded(JWSRegistry.algorithms[alg].sign(text.encode(), key))}"


@dataclass(frozen=True)
class Forge:
    """One issuer's key and a good token's claims, to make bad ones of."""

    rig: Rig

    @property
    def key(self) -> ECKey:
        """The key that signs good ones."""
        return self.rig.tokens.key

    @property
    def good(self) -> str:
        """A token that passes."""
        return self.rig.token(merchant=True)

    @property
    def claims(self) -> dict[str, Any]:
        """Of a token that passes."""
        payload = self.good.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return found

    def ours(self, header: dict[str, Any] | None = None, /, **claims: Any) -> str:
        """Signed with the right key; `header` and `claims` replace or add, and None takes away."""
        head = {name: value for name, value in (_OURS | (header or {})).items() if value is not None}
        said = {name: value for name, value in (self.claims | claims).items() if value is not None}
        return sign(_json(head), _json(said), self.key)

    def theirs(self, key: Any, alg: str, **header: Any) -> str:
        """Signed with another key."""
        return sign(_json(_OURS | {"alg": alg} | header), _json(self.claims), key, alg=alg)

    def unsigned(self, alg: object, signature: bytes = b"") -> str:
        """With a signature of any bytes."""
        head = {**_OURS, "alg": alg} if alg is not None else {k: v for k, v in _OURS.items() if k != "alg"}
        return f"{encoded(_json(head))}.{encoded(_json(self.claims))}.{encoded(signature)}"

    def shared(self, secret: bytes, bits: int = 256) -> str:
        """HMAC with what everybody knows."""
        text = self.unsigned(f"HS{bits}").rpartition(".")[0]
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), f'sha{bits}'))}"

    def signature(self, change: Callable[[bytes], bytes]) -> str:
        """A good token with another signature."""
        text, _, tail = self.good.rpartition(".")
        return f"{text}.{encoded(change(base64.urlsafe_b64decode(tail + '==')))}"

    def parts(self, change: Callable[[str, str, str], str]) -> str:
        """A good token put together otherwise."""
        head, payload, tail = self.good.split(".")
        return change(head, payload, tail)


def _flipped(raw: bytes, position: int) -> bytes:
    return raw[:position] + bytes((raw[position] ^ 1,)) + raw[position + 1 :]


def _der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def _pair(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _not_canonical(text: str) -> str:
    """The same bytes to a reader that overlooks the bits that the last character has too many."""
    last = _ALPHABET.index(text[-1])
    assert len(text) % 4 in {2, 3}
    return text[:-1] + _ALPHABET[last ^ 1]


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _with_spare_bits(forge: Forge) -> str:
    """A token whose payload ends in a character with bits to spare."""
    filler = ""
    while len(forge.ours(x=filler).split(".")[1]) % 4 not in {2, 3}:
        filler += "x"
    head, payload, _ = forge.ours(x=filler).split(".")
    text = f"{head}.{_not_canonical(payload)}"
    return f"{text}.{encoded(JWSRegistry.algorithms['ES256'].sign(text.encode(), forge.key))}"


def _repeated_claim(forge: Forge, name: str, value: str) -> str:
    payload = _json(forge.claims)[:-1] + f',"{name}":{value}}}'.encode()
    return sign(_json(_OURS), payload, forge.key)


def _raw_header(forge: Forge, header: bytes) -> str:
    return sign(header, _json(forge.claims), forge.key)


def _encrypted(forge: Forge) -> str:
    public = ECKey.import_key(forge.key.as_dict(private=False) | {"use": "enc", "alg": "ECDH-ES"})
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "cty": "JWT"}
    return jwe.encrypt_compact(header, forge.good.encode(), public, algorithms=["ECDH-ES", "A128GCM"])


def _serialized(forge: Forge) -> str:
    head, payload, tail = forge.good.split(".")
    return json.dumps({"protected": head, "payload": payload, "signature": tail}, separators=(",", ":"))


def _now() -> int:
    return int(time.time())


V = TypeVar("V")
Vectors = dict[str, Callable[["Forge"], str]]


def each(name: str, values: Iterable[V], make: Callable[[Forge, V], str]) -> Vectors:
    """One vector a value, which stands in its name."""
    return {name.format(repr(value)): partial(_forged, make, value) for value in values}


def _forged(make: Callable[[Forge, V], str], value: V, forge: Forge) -> str:
    return make(forge, value)


ALGORITHMS: Vectors = {
    **each("alg {}", ("none", "None", "NONE", "nOnE", "none ", ""), lambda f, v: f.unsigned(v)),
    **each(
        "alg {} with bytes for a signature",
        ("none", "ES256", "HS256", "RS256"),
        lambda f, v: f.unsigned(v, b"\x01" * 64),
    ),
    **each("alg {}", (None, True, 0, ["ES256"], {}), lambda f, v: f.unsigned(v, b"\1" * 64)),
    **each("HS{}, the public key as PEM", (256, 384, 512), lambda f, v: f.shared(f.key.as_pem(private=False), v)),
    "HS256, the public key as PEM without a newline": lambda f: f.shared(f.key.as_pem(private=False).strip()),
    "HS256, the public key as DER": lambda f: f.shared(f.key.as_der(private=False)),
    "HS256, the public key as JWK": lambda f: f.shared(_json(f.key.as_dict(private=False))),
    "HS256, x of the public key": lambda f: f.shared(str(f.key.as_dict(private=False)["x"]).encode()),
    "HS256, no secret": lambda f: f.shared(b""),
    "HS256, the key id": lambda f: f.shared(b"test"),
    "RS256": lambda f: f.theirs(_RSA, "RS256"),
    "PS256": lambda f: f.theirs(_RSA, "PS256"),
    "ES384": lambda f: f.theirs(_P384, "ES384"),
    "EdDSA": lambda f: sign(_json(_OURS | {"alg": "EdDSA"}), _json(f.claims), _ED25519, alg="Ed25519"),
    "Ed25519": lambda f: f.theirs(_ED25519, "Ed25519"),
    "ES256 in the header, RS256 in truth": lambda f: sign(_json(_OURS), _json(f.claims), _RSA, alg="RS256"),
    "RS256 in the header, ours in truth": lambda f: f.ours({"alg": "RS256"}),
    "ES512 in the header, ours in truth": lambda f: f.ours({"alg": "ES512"}),
    "es256": lambda f: f.ours({"alg": "es256"}),
    "ES256 and a space": lambda f: f.ours({"alg": "ES256 "}),
}

KEYS: Vectors = {
    "another key under our id": lambda f: f.theirs(_STRANGER, "ES256"),
    "another key under its own id": lambda f: f.theirs(_STRANGER, "ES256", kid="mine"),
    "its key in the header": lambda f: f.theirs(_STRANGER, "ES256", jwk=_STRANGER.as_dict(private=False)),
    "its key alone in the header": lambda f: f.theirs(
        _STRANGER, "ES256", kid="mine", jwk=_STRANGER.as_dict(private=False)
    ),
    "its key at an address": lambda f: f.theirs(_STRANGER, "ES256", jku="https://evil.example/jwks.json"),
    "its key at an address of ours": lambda f: f.theirs(_STRANGER, "ES256", jku=f"{f.rig.url}/b/x"),
    "its certificate at an address": lambda f: f.theirs(_STRANGER, "ES256", x5u="https://evil.example/c.pem"),
    "its certificate": lambda f: f.theirs(_STRANGER, "ES256", x5c=["MIIB"]),
    "our key in the header": lambda f: f.ours({"jwk": f.key.as_dict(private=False)}),
    "an address in the header": lambda f: f.ours({"jku": f"{f.rig.url}/.well-known/jwks.json"}),
    "no kid": lambda f: f.ours({"kid": None}),
    **each(
        "kid {}",
        ("other", "", "TEST", "test ", "../test", "/dev/null", "../../../../etc/passwd", "x' OR '1'='1", "*"),
        lambda f, v: f.ours({"kid": v}),
    ),
    **each("kid {}", (0, True, ["test"], {"test": "test"}), lambda f, v: f.ours({"kid": v})),
    "kid twice, ours last": lambda f: _raw_header(f, b'{"alg":"ES256","typ":"at+jwt","kid":"mine","kid":"test"}'),
    "kid twice, ours first": lambda f: _raw_header(f, b'{"alg":"ES256","typ":"at+jwt","kid":"test","kid":"mine"}'),
    "alg twice": lambda f: _raw_header(f, b'{"alg":"none","typ":"at+jwt","kid":"test","alg":"ES256"}'),
}

ENCODINGS: Vectors = {
    "padding after the header": lambda f: f.parts(lambda h, p, s: f"{h}=.{p}.{s}"),
    "padding after the payload": lambda f: f.parts(lambda h, p, s: f"{h}.{p}==.{s}"),
    "padding after the signature": lambda f: f.parts(lambda h, p, s: f"{h}.{p}.{_padded(s)}"),
    "a space in the header": lambda f: f.parts(lambda h, p, s: f"{h[:9]} {h[9:]}.{p}.{s}"),
    "a space in the signature": lambda f: f.parts(lambda h, p, s: f"{h}.{p}.{s[:9]} {s[9:]}"),
    "a tab in the payload": lambda f: f.parts(lambda h, p, s: f"{h}.{p[:9]}\t{p[9:]}.{s}"),
    "bits to spare in the signature": lambda f: f.parts(lambda h, p, s: f"{h}.{p}.{_not_canonical(s)}"),
    "bits to spare in the payload": _with_spare_bits,
    "the other alphabet": lambda f: f.parts(lambda h, p, s: f"{h}.{p}.{s[:-2]}+/"),
    "a character of no alphabet": lambda f: f.parts(lambda h, p, s: f"{h}.{p}.{s[:-1]}!"),
    "a comma behind": lambda f: f"{f.good},",
    "a dot behind": lambda f: f"{f.good}.",
    "a dot before": lambda f: f".{f.good}",
    "no header": lambda f: f.parts(lambda _, p, s: f".{p}.{s}"),
    "no payload": lambda f: f.parts(lambda h, _, s: f"{h}..{s}"),
    "no signature": lambda f: f.parts(lambda h, p, _: f"{h}.{p}."),
    "no signature and no dot": lambda f: f.parts(lambda h, p, _: f"{h}.{p}"),
    "dots": lambda _: "..",
    "a fourth part": lambda f: f"{f.good}.{encoded(b'{}')}",
    "a fifth part": lambda f: f"{f.good}.AAAA.AAAA",
    "JSON serialization": _serialized,
    "encrypted": _encrypted,
    "a token in a token": lambda f: sign(_json(_OURS | {"cty": "JWT"}), f.good.encode(), f.key),
    "a header that is a list": lambda f: _raw_header(f, b'["alg","ES256"]'),
    "a header that is text": lambda f: _raw_header(f, b'"ES256"'),
    "a header that is no JSON": lambda f: _raw_header(f, b"{alg:ES256}"),
    "a header with more behind": lambda f: _raw_header(f, _json(_OURS) + b"x"),
    "a header in UTF-16": lambda f: _raw_header(f, _json(_OURS).decode().encode("utf-16")),
    "a header that is no UTF-8": lambda f: _raw_header(f, _json(_OURS)[:-1] + b',"x":"\xff\xfe"}'),
    "a payload that is a list": lambda f: sign(_json(_OURS), b"[]", f.key),
    "a payload that is empty": lambda f: sign(_json(_OURS), b"{}", f.key),
    "a payload that is no JSON": lambda f: sign(_json(_OURS), b"sub=acc_1", f.key),
    "a payload with more behind": lambda f: sign(_json(_OURS), _json(f.claims) + b"{}", f.key),
    "a payload nested deep": lambda f: sign(
        _json(_OURS), _json(f.claims)[:-1] + b',"x":' + b"[" * 2400 + b"]" * 2400 + b"}", f.key
    ),
    "a token of 7 KiB": lambda f: f.parts(lambda h, p, s: f"{h}.{p}{'A' * 7168}.{s}"),
    "a token of 24 KiB": lambda f: f.parts(lambda h, p, s: f"{h}.{p}{'A' * 24576}.{s}"),
}

SIGNATURES: Vectors = {
    **each("bit {} flipped", (0, 31, 32, 63), lambda f, v: f.signature(lambda raw: _flipped(raw, v))),
    **each("{} bytes short", (1, 32, 63), lambda f, v: f.signature(lambda raw: raw[:-v])),
    "half of it twice": lambda f: f.signature(lambda raw: raw[:32] * 2),
    "r and s changed over": lambda f: f.signature(lambda raw: raw[32:] + raw[:32]),
    "a byte more": lambda f: f.signature(lambda raw: raw + b"\0"),
    "a byte before": lambda f: f.signature(lambda raw: b"\0" + raw),
    "r and s of 33 bytes": lambda f: f.signature(lambda raw: b"\0" + raw[:32] + b"\0" + raw[32:]),
    "DER": lambda f: f.signature(_der),
    "r and s are 0": lambda f: f.signature(lambda _: _pair(0, 0)),
    "r is 0": lambda f: f.signature(lambda raw: _pair(0, int.from_bytes(raw[32:], "big"))),
    "s is 0": lambda f: f.signature(lambda raw: _pair(int.from_bytes(raw[:32], "big"), 0)),
    "r and s are 1": lambda f: f.signature(lambda _: _pair(1, 1)),
    "r and s are the order": lambda f: f.signature(lambda _: _pair(_ORDER, _ORDER)),
    "r is the order, s is 0": lambda f: f.signature(lambda _: _pair(_ORDER, 0)),
    "r and s are one below the order": lambda f: f.signature(lambda _: _pair(_ORDER - 1, _ORDER - 1)),
    "ones": lambda f: f.signature(lambda _: b"\xff" * 64),
    "s taken for minus s of another": lambda f: f.signature(
        lambda raw: _pair(int.from_bytes(raw[:32], "big"), (_ORDER - int.from_bytes(raw[32:], "big") + 1) % _ORDER)
    ),
    "the hash of what is signed": lambda f: f.signature(lambda _: hashlib.sha256(b"x").digest() * 2),
    "of another token": lambda f: f.parts(lambda h, p, _: f"{h}.{p}.{f.ours(jti='another').rpartition('.')[2]}"),
    "of the payload alone": lambda f: f.parts(
        lambda h, p, _: f"{h}.{p}.{encoded(JWSRegistry.algorithms['ES256'].sign(p.encode(), f.key))}"
    ),
    "another payload": lambda f: f.parts(lambda h, _, s: f"{h}.{encoded(_json(f.claims | {'roles': ['owner']}))}x.{s}"),
    "another header": lambda f: f.parts(lambda _, p, s: f"{encoded(_json(_OURS | {'x': 1}))}.{p}.{s}"),
}

TYPES: Vectors = {
    **each(
        "typ {}",
        ("JWT", "jwt", "id_token", "dpop+jwt", "logout+jwt", "at", "at+jwt ", "application/jwt", "", 1, None),
        lambda f, v: f.ours({"typ": v}),
    ),
    "an identity token": lambda f: f.ours({"typ": "JWT"}, nonce="n", at_hash="x"),
    "an identity token for another client": lambda f: f.ours({"typ": "JWT"}, aud="billmesh-web"),
    **each(
        "crit {}", (["exp"], ["b64"], ["unknown"], [], "exp"), lambda f, v: f.ours({"crit": v, "exp": 1, "b64": False})
    ),
    "b64 false": lambda f: f.ours({"b64": False}),
}

CLAIMS: Vectors = {
    **each("iss {}", ("https://elsewhere.example", "", None, 7), lambda f, v: f.ours(iss=v)),
    "iss with a slash behind": lambda f: f.ours(iss=f"{f.rig.url}/"),
    "iss in a list": lambda f: f.ours(iss=[f.rig.url]),
    "iss in capitals": lambda f: f.ours(iss=f.rig.url.upper()),
    **each(
        "aud {}",
        ("another-api", "", None, [], ["another-api"], "BILLMESH", "billmesh.evil.example", "billmes"),
        lambda f, v: f.ours(aud=v),
    ),
    "expired": lambda f: f.ours(exp=_now() - 60, iat=_now() - 660),
    "expired long ago": lambda f: f.ours(exp=1, iat=0),
    **each("exp {}", (None, 0, -1, "tomorrow", "9999999999", [], 1e300), lambda f, v: f.ours(exp=v)),
    "a year of life": lambda f: f.ours(exp=_now() + 365 * 86_400),
    "not yet valid": lambda f: f.ours(nbf=_now() + 3600),
    "valid in the year 2600": lambda f: f.ours(nbf=20_000_000_000),
    "nbf that is no number": lambda f: f.ours(nbf="tomorrow"),
    "issued tomorrow": lambda f: f.ours(iat=_now() + 86_400, exp=_now() + 87_000),
    "exp twice": lambda f: _repeated_claim(f, "exp", str(_now() + 600)),
    "sub twice": lambda f: _repeated_claim(f, "sub", '"acc_00000000000000000000000001"'),
    "tid twice": lambda f: _repeated_claim(f, "tid", '"mer_00000000000000000000000001"'),
}

# Well-formed, and ours; only a service knows what such claims have to say.
MEANINGS: Vectors = {
    "no sub": lambda f: f.ours(sub=None),
    "a sub of another kind": lambda f: f.ours(sub="mer_00000000000000000000000001"),
    "a tid of another kind": lambda f: f.ours(tid="acc_00000000000000000000000001"),
    "roles that are none": lambda f: f.ours(roles=7),
    "bound to what we do not know": lambda f: f.ours(cnf={"x5t#S256": "x"}),
}

GROUPS = {
    "algorithm": ALGORITHMS,
    "key": KEYS,
    "encoding": ENCODINGS,
    "signature": SIGNATURES,
    "type": TYPES,
    "claim": CLAIMS,
    "meaning": MEANINGS,
}


def vectors() -> Iterator[tuple[str, str]]:
    """Group and name of each."""
    return ((group, name) for group, found in GROUPS.items() for name in found)
