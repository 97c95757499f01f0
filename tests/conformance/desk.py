"""The person at the screen: answers LoginService in place of the sign-in page, and lets devices in."""

from __future__ import annotations

import json
import ssl
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwk

if TYPE_CHECKING:
    from pathlib import Path

    from tools.client.edge import Edge
    from tools.client.people import Person

CALLBACK = "https://partner.example/callback"
SCOPES = ("openid", "profile", "email", "phone", "bills:own", "customers:read")
_AUTHENTICATIONS = {
    "none": "CLIENT_AUTHENTICATION_NONE",
    "client_secret_basic": "CLIENT_AUTHENTICATION_SECRET",
    "client_secret_post": "CLIENT_AUTHENTICATION_SECRET",
    "private_key_jwt": "CLIENT_AUTHENTICATION_PRIVATE_KEY_JWT",
}


@dataclass(frozen=True)
class Registered:
    """A client of the shop's and what it was given."""

    client_id: str
    method: str
    secret: str = ""
    key: dict[str, Any] = field(default_factory=dict)
    alg: str = ""

    def settings(self, desk: Desk) -> dict[str, Any]:
        """As node/run.mjs reads them."""
        return {
            "issuer": desk.edge.url,
            "clientId": self.client_id,
            "method": self.method,
            "secret": self.secret,
            "privateJwk": self.key,
            "alg": self.alg,
            "redirectUri": CALLBACK,
        }


class Desk:
    """One person, signed in at our own application, who owns a shop."""

    def __init__(self, edge: Edge, person: Person, *, ca: Path) -> None:
        self.edge = edge
        self.person = person
        self.ca = ca
        merchant = {"displayName": "Kulma", "countryCode": "FI", "timeZone": "Europe/Helsinki"}
        once = {"requestId": str(uuid.uuid4())}
        made = edge.json("POST", "/v1/merchants", merchant, token=person.token(), query=once)
        self.merchant_id: str = made["id"]

    def register(self, *, method: str, alg: str = "ES256") -> Registered:
        """A client of the shop's."""
        key = _new_key(alg) if method == "private_key_jwt" else None
        grants = ["GRANT_TYPE_AUTHORIZATION_CODE", "GRANT_TYPE_DEVICE_CODE"]
        if method != "none":
            grants.append("GRANT_TYPE_CLIENT_CREDENTIALS")
        public = jwk.KeySet([key]).as_dict(private=False) if key else None
        client = {
            "displayName": f"Conformance by {method}",
            "mode": "API_CLIENT_MODE_LIVE",
            "grantTypes": grants,
            "scopes": SCOPES,
            "authentication": _AUTHENTICATIONS[method],
            "redirectUris": [CALLBACK],
            "jwksJson": json.dumps(public) if public else "",
        }
        body = {"client": client, "requestId": str(uuid.uuid4())}
        made = self.person.recently("/v1/apiClients", body, merchant_id=self.merchant_id)
        private = dict(key.as_dict(private=True)) if key else {}
        return Registered(made["client"]["id"], method, made["secret"], private, alg)

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What node/run.mjs asks a person to do."""
        if "user_code" in asked:
            return self.enter(asked["user_code"])
        how = {name: asked[name] for name in ("allow", "sign_in") if name in asked}
        return {"location": self.browse(asked["browser"], **how)}

    def browse(self, url: str, *, allow: bool = True, sign_in: bool = False) -> str:
        """Where a browser ends that goes to `url`: back at the client.

        The person allows it or not, and signs in again for it if they are to.
        """
        location = self.redirect(url)
        if not location.startswith(f"{self.edge.url}/sign-in?"):
            return location
        (handle,) = parse_qs(urlsplit(location).query)["request"]
        summary = self.edge.json("GET", f"/v1/login:describe?authorizationRequest={handle}")
        assert summary["publisherName"] == "Kulma"
        assert summary["thirdParty"]
        decision = "CONSENT_DECISION_ALLOW" if allow else "CONSENT_DECISION_DENY"
        if sign_in:
            return self._sign_in(handle, decision)
        body = {"authorizationRequest": handle, "decision": decision, "deviceName": "conformance"}
        granted = self.edge.json("POST", "/v1/me/authorizations", body, token=self.person.token())
        return str(granted["redirectTo"])

    def redirect(self, url: str) -> str:
        """Where the edge sends a browser."""
        verify = ssl.create_default_context(cafile=str(self.ca))
        answer = httpx.get(url, verify=verify, trust_env=False)
        assert answer.status_code == httpx.codes.FOUND, answer.text
        return answer.headers["location"]

    def enter(self, user_code: str) -> dict[str, Any]:
        """Lets a device in, for the shop."""
        path = f"/v1/me/deviceGrants/{user_code}"
        found = self.edge.json("GET", path, token=self.person.token())
        assert found["state"] == "DEVICE_GRANT_STATE_PENDING"
        body = {"decision": "CONSENT_DECISION_ALLOW", "merchantId": self.merchant_id}
        return self.edge.json("POST", f"{path}:decide", body, token=self.person.token())

    def _sign_in(self, handle: str, decision: str) -> str:
        person = self.person
        begun = self.edge.json(
            "POST", "/v1/login:begin", {"identifier": person.account_id, "authorizationRequest": handle}
        )
        answer = {"challengeToken": begun["challengeToken"], "password": person.password}
        challenge = self.edge.json("POST", "/v1/login:answer", answer)["challenge"]
        answer = {"challengeToken": challenge["challengeToken"], "totpCode": person.authenticator.code()}
        answered = self.edge.json("POST", "/v1/login:answer", answer)
        if "grant" in answered:
            return str(answered["grant"]["redirectTo"])
        asked = answered["challenge"]
        assert asked["consent"]["publisherName"] == "Kulma"
        body = {"challengeToken": asked["challengeToken"], "decision": decision}
        return str(self.edge.json("POST", "/v1/login:consent", body)["redirectTo"])


def _new_key(alg: str) -> jwk.ECKey | jwk.RSAKey | jwk.OKPKey:
    parameters: Any = {"kid": f"{alg}-1", "alg": alg, "use": "sig"}
    if alg == "ES256":
        return jwk.ECKey.generate_key("P-256", parameters)
    if alg == "Ed25519":
        return jwk.OKPKey.generate_key("Ed25519", parameters)
    return jwk.RSAKey.generate_key(2048, parameters)
