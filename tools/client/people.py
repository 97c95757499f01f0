"""People as they use the product: they sign up, keep an authenticator, sign in, get tokens. There is no other way."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyotp

from tools.client.edge import Edge, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENT_ID = "billmesh-cli"
REDIRECT_URI = "http://127.0.0.1/callback"
_STEP_SECONDS = 30
# Seconds before its end at which a token is renewed.
_MARGIN = 60


class Authenticator:
    """An authenticator app with one secret. Each code is given once."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._totp = pyotp.TOTP(secret)
        self._last_step = 0

    def code(self) -> str:
        """A code not given before: this step's, or the next one's, which the server takes as well; else it waits."""
        step = max(int(time.time()) // _STEP_SECONDS, self._last_step + 1)
        early = (step - 1) * _STEP_SECONDS - time.time()
        if early > 0:
            time.sleep(early)
        self._last_step = step
        return self._totp.at(step * _STEP_SECONDS)


@dataclass
class Tokens:
    """What a sign-in brought."""

    access: str
    refresh: str
    expires_at: float


@dataclass
class Person:
    """Someone with an account, at one edge. Tokens are fetched and renewed as they are needed."""

    edge: Edge
    identifier: str
    password: str
    authenticator: Authenticator
    account_id: str = ""
    _refresh: str = ""
    _tokens: dict[str, Tokens] = field(default_factory=dict)

    @classmethod
    def sign_up(cls, edge: Edge, *, phone: str, display_name: str, password: str, locale: str = "en") -> Person:
        """Makes an account with its first authenticator and signs in."""
        verifier, authorization = _authorization()
        created = edge.json(
            "POST",
            "/v1/accounts",
            {
                "phone": phone,
                "displayName": display_name,
                "password": password,
                "locale": locale,
                "authorization": authorization,
                "requestId": str(uuid.uuid4()),
            },
        )
        uri = created["enrolment"]["otpauthUri"]
        secret = parse_qs(urlsplit(uri).query)["secret"][0]
        person = cls(edge, created["accountId"], password, Authenticator(secret), created["accountId"])
        person._finish(created["challenge"]["challengeToken"], verifier)
        return person

    @classmethod
    def from_run(cls, edge: Edge, sign_in: dict[str, Any]) -> Person:
        """One of the demo sign-ins of a run.json."""
        return cls(edge, sign_in["identifier"], sign_in["password"], Authenticator(sign_in["totp_secret"]))

    def sign_in(self) -> None:
        """Password, then a code of the authenticator, then the token endpoint with PKCE."""
        challenge, verifier = self._begin()
        self._password(challenge)
        self._finish(challenge, verifier)

    def sign_in_with(self, recovery_code: str) -> None:
        """As `sign_in`, with a recovery code in place of the authenticator's."""
        challenge, verifier = self._begin()
        self._password(challenge)
        answer = self._answer(challenge, recoveryCode=recovery_code)
        self._redeem(answer["grant"]["code"], verifier)

    def step_up(self) -> None:
        """Gives both factors again, so that tokens from now on pass where a recent sign-in is asked for."""
        challenge = self.edge.json("POST", "/v1/me/login:stepUp", {}, token=self.token())["challengeToken"]
        self._password(challenge)
        self._code(challenge)
        self._tokens.clear()

    def recovery_codes(self) -> list[str]:
        """Ten new ones; those before are void."""
        return list(self.recently("/v1/me/recoveryCodes:regenerate", {})["codes"])

    def recover(self, read_code: Callable[[], str], password: str, *, recovery_code: str = "") -> dict[str, Any]:
        """Forgets the password: reads the code where `read_code` finds it, and sets `password`.

        The second factor is the authenticator, or `recovery_code`. The answer is FinishRecovery's.
        """
        started = self.edge.json("POST", "/v1/recovery:start", {"identifier": self.identifier})
        second = {"recoveryCode": recovery_code} if recovery_code else {"totpCode": self.authenticator.code()}
        body = {"recoveryToken": started["recoveryToken"], "code": read_code(), "newPassword": password, **second}
        answer = self.edge.json("POST", "/v1/recovery:finish", body)
        self.password = password
        self._refresh = ""
        self._tokens.clear()
        return answer

    def token(self, merchant_id: str = "") -> str:
        """A valid access token: the person's own, or one to act for a merchant."""
        known = self._tokens.get(merchant_id)
        if known is None or time.time() > known.expires_at - _MARGIN:
            if not self._refresh:
                self.edge.again(self.sign_in)
            known = self._tokens.get(merchant_id) or self._renew(merchant_id)
            if time.time() > known.expires_at - _MARGIN:
                known = self._renew(merchant_id)
        return known.access

    def verify_phone(self, read_sms: Callable[[], str], phone: str = "") -> None:
        """Asks for the code, reads it where `read_sms` finds it, and gives it back. From then on the phone signs in."""
        self.recently("/v1/me/phone:start", {"phone": phone} if phone else {})
        account = self.edge.json("POST", "/v1/me/phone:confirm", {"code": read_sms()}, token=self.token())
        self.identifier = account["phone"]

    def verify_email(self, email: str, read_mail: Callable[[], str]) -> None:
        """Makes `email` the account's and proves it. From then on it signs in, too."""
        self.edge.json("PATCH", "/v1/me", {"email": email}, token=self.token())
        self.recently("/v1/me/email:start", {})
        self.edge.json("POST", "/v1/me/email:confirm", {"code": read_mail()}, token=self.token())

    def recently(self, path: str, body: dict[str, Any], *, merchant_id: str = "") -> dict[str, Any]:
        """A call that asks for a recent sign-in: with both factors once more, if it is not recent enough."""
        try:
            return self.edge.json("POST", path, body, token=self.token(merchant_id))
        except Refused as refused:
            if refused.reason != "STEP_UP_REQUIRED":
                raise
        self.step_up()
        return self.edge.json("POST", path, body, token=self.token(merchant_id))

    def _begin(self) -> tuple[str, str]:
        verifier, authorization = _authorization()
        began = self.edge.json(
            "POST", "/v1/login:begin", {"identifier": self.identifier, "authorization": authorization}
        )
        return began["challengeToken"], verifier

    def _answer(self, challenge_token: str, **answer: str) -> dict[str, Any]:
        return self.edge.json("POST", "/v1/login:answer", {"challengeToken": challenge_token, **answer})

    def _password(self, challenge_token: str) -> None:
        self._answer(challenge_token, password=self.password)

    def _code(self, challenge_token: str) -> dict[str, Any]:
        for _ in range(3):
            # A code that another program of ours has used is refused; the next one is not.
            try:
                return self._answer(challenge_token, totpCode=self.authenticator.code())
            except Refused as refused:
                if refused.reason != "FACTOR_REFUSED":
                    raise
        raise RuntimeError("no code of the authenticator was accepted")

    def _finish(self, challenge_token: str, verifier: str) -> None:
        self._redeem(self._code(challenge_token)["grant"]["code"], verifier)

    def _redeem(self, code: str, verifier: str) -> None:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": CLIENT_ID,
            "code_verifier": verifier,
        }
        self._keep("", self.edge.form("/oauth2/token", fields))

    def _renew(self, merchant_id: str) -> Tokens:
        fields = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh,
            "client_id": CLIENT_ID,
            "merchant_id": merchant_id,
        }
        # For 20 seconds a refresh token may be used again, which is for answers lost on the way.
        return self._keep(merchant_id, self.edge.form("/oauth2/token", fields, repeatable=True))

    def _keep(self, merchant_id: str, answer: dict[str, Any]) -> Tokens:
        self._refresh = answer["refresh_token"]
        tokens = Tokens(answer["access_token"], self._refresh, time.time() + int(answer["expires_in"]))
        self._tokens[merchant_id] = tokens
        return tokens


def _authorization() -> tuple[str, dict[str, str]]:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    request = {
        "clientId": CLIENT_ID,
        "redirectUri": REDIRECT_URI,
        "codeChallenge": challenge,
        "codeChallengeMethod": "S256",
        "deviceName": "command line",
    }
    return verifier, request
