"""Merchants' own clients, as partners would have them ask for tokens."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from uuid import uuid4

from billmesh.auth.v1 import api_client_service_pb2
from joserfc import jwk

from services.auth.convert.api_clients import with_secret_to_proto
from services.auth.domain.api_client import ApiClientDraft
from services.auth.domain.client import Authentication, Grant
from services.auth.domain.login import Granted, Opened
from services.auth.domain.names import ApiClientId, SignInName
from services.auth.oauth.received import ASSERTION_TYPE, Received
from services.auth.usecases import api_clients, authorization_endpoint, logins, token_status, tokens
from services.auth.usecases import device_grants as devices
from services.kit import context, idempotency
from services.kit.ids import from_text
from tests.kit.proofs import proof, signed
from tests.services.auth.people import FORM, VERIFIER, challenge_of

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.oauth.answers import Answer
    from services.auth.usecases.deps import Deps
    from tests.services.auth.people import People, Person

CALLBACK = "https://partner.example/callback"
Key = jwk.ECKey | jwk.RSAKey | jwk.OKPKey


@dataclass
class Partner:
    """A client and what it knows of itself."""

    client_id: str
    secret: str = ""
    key: Key | None = None

    @property
    def id(self) -> ApiClientId:
        """As the store knows it."""
        return ApiClientId(from_text("cli", self.client_id))

    @property
    def basic(self) -> str:
        """The Authorization header."""
        return "Basic " + base64.b64encode(f"{quote(self.client_id)}:{quote(self.secret)}".encode()).decode()


@dataclass
class Partners:
    """Registers them, and speaks for them."""

    deps: Deps
    people: People

    def register(self, owner: Person, shop: MerchantId, *, key: Key | None = None, **values: Any) -> Partner:
        """A client of the shop's: one that shows a secret, unless `key` or `values` say otherwise."""
        public = values.get("authentication") is Authentication.NONE
        draft = ApiClientDraft(
            **{
                "display_name": "Ledger Sync",
                "test_mode": False,
                "grant_types": frozenset((Grant.AUTHORIZATION_CODE, Grant.DEVICE_CODE))
                | (frozenset() if public else {Grant.CLIENT_CREDENTIALS}),
                "scopes": frozenset(("openid", "profile", "email", "bills:read", "bills:write", "customers:read")),
                "authentication": Authentication.PRIVATE_KEY if key else Authentication.SECRET,
                "keys": {"keys": [key.as_dict(private=False)]} if key else None,
                "redirect_uris": (CALLBACK,),
                **values,
            }
        )
        request = api_client_service_pb2.CreateApiClientRequest(request_id=str(uuid4()))
        made = api_clients.create_api_client(
            self.deps,
            once=idempotency.once(
                request,
                api_client_service_pb2.ApiClientWithSecret,
                with_secret_to_proto,
                owner=shop,
                vault=self.deps.vault,
            ),
            merchant_id=shop,
            account_id=owner.account_id,
            draft=draft,
        )
        return Partner(made.client.id, made.secret, key)

    def assertion(self, partner: Partner, /, *, alg: str = "ES256", key: Key | None = None, **claims: Any) -> str:
        """A client assertion (RFC 7523) of now."""
        now = int(self.deps.clock.now().timestamp())
        said = {
            "iss": partner.client_id,
            "sub": partner.client_id,
            "aud": self.deps.issuer,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(16),
            **claims,
        }
        signer = key or partner.key
        assert signer is not None
        kept = {name: value for name, value in said.items() if value is not None}
        return signed(signer, {"alg": alg}, kept, alg="Ed25519" if alg == "EdDSA" else alg)

    def shown(self, partner: Partner, **form: str) -> dict[str, str]:
        """A form with what the client shows."""
        if partner.key is not None:
            return {
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": self.assertion(partner),
                **form,
            }
        return {"client_id": partner.client_id} | ({"client_secret": partner.secret} if partner.secret else {}) | form

    def received(
        self, path: str, form: dict[str, str], *, authorization: str = "", dpop: Key | None = None, **more: Any
    ) -> Received:
        """A request with `form`; `dpop`: with a proof of that key, of which `more` is."""
        proofs: tuple[str, ...] = ()
        if dpop is not None:
            proofs = (
                proof(dpop, now=self.deps.clock.now(), **{"method": "POST", "url": f"{self.deps.issuer}{path}"} | more),
            )
        return Received(
            path=path,
            content_type=FORM,
            body=urlencode(form).encode(),
            authorizations=(authorization,) if authorization else (),
            proofs=proofs,
        )

    def token(self, *, authorization: str = "", dpop: Any = None, **form: str) -> tuple[int, dict[str, Any]]:
        """What the token endpoint says; `dpop`: with a proof of that key."""
        return self.ask(self.received("/oauth2/token", form, authorization=authorization, dpop=dpop))

    def ask(self, received: Received, *, request_id: str = "") -> tuple[int, dict[str, Any]]:
        """What the token endpoint says to a request that comes as the call of that id."""
        with context.entered(context.Call(method="", request_id=request_id, expires_at=0.0)):
            return said(tokens.issue_token(self.deps, endpoint=self.people.endpoint, received=received))

    def own_token(self, partner: Partner, **form: str) -> tuple[int, dict[str, Any]]:
        """A token for the client itself."""
        return self.token(**self.shown(partner, grant_type="client_credentials", **form))

    def asked(self, partner: Partner | None = None, **parameters: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None takes one out."""
        given = {
            "client_id": partner.client_id if partner else "billmesh-cli",
            "redirect_uri": CALLBACK if partner else "http://127.0.0.1/callback",
            "response_type": "code",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "state": "a state",
            **parameters,
        }
        return {name: value for name, value in given.items() if value is not None}

    def authorize(self, parameters: dict[str, str]) -> Answer:
        """What /oauth2/authorize says."""
        return authorization_endpoint.authorize_by_query(self.deps, query=urlencode(parameters))

    def handle(self, partner: Partner | None = None, **parameters: str | None) -> str:
        """What the sign-in page gets."""
        return handle_of(self.authorize(self.asked(partner, **parameters)))

    def code(self, person: Person, partner: Partner, **parameters: str | None) -> str:
        """An authorization code: the person signs in and allows it."""
        return query_of(self.allowed(person, self.handle(partner, **parameters)).redirect_to)["code"]

    def allowed(self, person: Person, handle: str, *, allowed: bool = True) -> Granted:
        """The person signs in, and allows it or not if they are asked."""
        name = SignInName(account_id=person.account_id)
        opened = logins.begin_login(self.deps, name=name, handle=handle, device_name="Firefox")
        opened = logins.answer_password(self.deps, token=opened.token, password=person.password)
        answered = logins.answer_code(self.deps, token=opened.token, code=self.people.totp(person))
        if isinstance(answered, Granted):
            return answered
        assert isinstance(answered, Opened)
        return logins.decide_consent(self.deps, token=answered.token, allowed=allowed)

    def redeem(self, code: str, partner: Partner, /, **form: str) -> tuple[int, dict[str, Any]]:
        """Redeems an authorization code."""
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        return self.token(**self.shown(partner, **grant, **form))

    def begin_device(self, partner: Partner, **form: str) -> dict[str, Any]:
        """A device's codes."""
        received = self.received("/oauth2/device_authorization", self.shown(partner, **form))
        status, body = said(devices.begin(self.deps, received=received))
        assert status == 200, body
        return body

    def poll(self, partner: Partner, device_code: str) -> tuple[int, dict[str, Any]]:
        """What a device is told."""
        grant = Grant.DEVICE_CODE.value
        return self.token(**self.shown(partner, grant_type=grant, device_code=device_code))

    def introspect(self, partner: Partner, token: str) -> dict[str, Any]:
        """What the client learns of a token."""
        received = self.received("/oauth2/introspect", self.shown(partner, token=token))
        status, body = said(token_status.introspect(self.deps, received=received))
        assert status == 200, body
        return body

    def revoke(self, partner: Partner, token: str) -> int:
        """The status of a revocation."""
        received = self.received("/oauth2/revoke", self.shown(partner, token=token))
        return token_status.revoke(self.deps, received=received).status


def said(answer: Answer) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    return answer.status, json.loads(answer.body)


def query_of(url: str) -> dict[str, str]:
    """The parameters in a URL, each of which is there once."""
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


def location_of(answer: Answer) -> str:
    """Where a browser is sent."""
    return dict(answer.headers)["location"]


def handle_of(answer: Answer) -> str:
    """The handle that the sign-in page gets."""
    location = location_of(answer)
    assert urlsplit(location).path == "/sign-in", location
    return query_of(location)["request"]
