"""A WebAuthn authenticator in software: P-256, one credential an account and relying party, as a browser would use it.

Written after the specification alone, so that it shares no code with the library that verifies it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT = 0x01
_USER_VERIFIED = 0x04
_BACKUP_ELIGIBLE = 0x08
_BACKED_UP = 0x10
_ATTESTED = 0x40


def base64url(content: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """The other way round."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Resident:
    """A credential that is found without a name."""

    credential_id: bytes
    user_handle: bytes
    key: ec.EllipticCurvePrivateKey
    rp_id: str
    count: int = 0


@dataclass
class SoftAuthenticator:
    """Keeps credentials. What a test wants to be wrong, it changes; `origin` is what the browser says."""

    origin: str
    verifies_user: bool = True
    present: bool = True
    portable: bool = False
    counts: bool = True
    residents: list[Resident] = field(default_factory=list)

    def create(self, options_json: str, **wrong: Any) -> str:
        """RegistrationResponseJSON to creation options.

        `wrong`: rp_id, challenge, type and credential_id in place of the right ones.
        """
        options = json.loads(options_json)
        if any(
            from_base64url(known["id"]) in {r.credential_id for r in self.residents}
            for known in options["excludeCredentials"]
        ):
            raise ValueError("InvalidStateError: this authenticator is registered already")
        rp_id = wrong.get("rp_id", options["rp"]["id"])
        resident = Resident(
            credential_id=wrong.get("credential_id", secrets.token_bytes(32)),
            user_handle=from_base64url(options["user"]["id"]),
            key=ec.generate_private_key(ec.SECP256R1()),
            rp_id=rp_id,
        )
        # As authenticators do: one for each account and relying party.
        self.residents = [r for r in self.residents if (r.rp_id, r.user_handle) != (rp_id, resident.user_handle)] + [
            resident
        ]
        public = resident.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")})
        attested = bytes(16) + len(resident.credential_id).to_bytes(2, "big") + resident.credential_id + cose
        data = self._authenticator_data(rp_id, resident.count, _ATTESTED) + attested
        return json.dumps(
            {
                "id": base64url(resident.credential_id),
                "rawId": base64url(resident.credential_id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": base64url(self._client_data("webauthn.create", options["challenge"], wrong)),
                    "attestationObject": base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
                    "transports": ["internal", "hybrid"],
                },
            }
        )

    def get(self, options_json: str, *, resident: Resident | None = None, **wrong: Any) -> str:
        """AuthenticationResponseJSON to request options, by the last credential or `resident`. `wrong`: as above."""
        options = json.loads(options_json)
        used = resident or self.residents[-1]
        if self.counts:
            used.count += 1
        data = self._authenticator_data(wrong.get("rp_id", options["rpId"]), used.count, 0)
        client_data = self._client_data("webauthn.get", options["challenge"], wrong)
        signature = used.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return json.dumps(
            {
                "id": base64url(used.credential_id),
                "rawId": base64url(used.credential_id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {
                    "clientDataJSON": base64url(client_data),
                    "authenticatorData": base64url(data),
                    "signature": base64url(signature),
                    "userHandle": base64url(wrong.get("user_handle", used.user_handle)),
                },
            }
        )

    def _authenticator_data(self, rp_id: str, count: int, more: int) -> bytes:
        flags = more
        flags |= _USER_PRESENT if self.present else 0
        flags |= _USER_VERIFIED if self.verifies_user else 0
        flags |= _BACKUP_ELIGIBLE | _BACKED_UP if self.portable else 0
        return hashlib.sha256(rp_id.encode()).digest() + bytes((flags,)) + count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, wrong: dict[str, Any]) -> bytes:
        said = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", challenge),
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(said).encode()
