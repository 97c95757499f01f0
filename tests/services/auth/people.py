"""People who sign up and in, as an application would have them do it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.client import AuthorizationRequest
from services.auth.domain.login import Factor, Granted
from services.auth.domain.names import AccountId, Phone, SignInName
from services.auth.oauth.received import Received
from services.auth.usecases import accounts, later, logins, phones, tokens, verifications
from services.auth.usecases.accounts import SignedUp, SignUpForm
from services.kit.context import Audience, Call, Caller

if TYPE_CHECKING:
    from services.auth.domain.login import Opened
    from services.auth.oauth.answers import Answer
    from services.auth.oauth.endpoint import TokenEndpoint
    from services.auth.usecases.deps import Deps, JobDeps
    from tests.fakes.clock import FixedClock

FORM = "application/x-www-form-urlencoded"
PASSWORD = "a long enough secret"  # noqa: S105 - nobody's
REDIRECT = "http://127.0.0.1/callback"
VERIFIER = "v" * 43


def challenge_of(verifier: str) -> str:
    """PKCE, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def new_phone() -> Phone:
    """A number nobody else in the tests has."""
    return Phone(f"+9198{secrets.randbelow(10**8):08d}")


def call_from(address: str) -> Call:
    """A call that comes from there, to be entered."""
    caller = Caller(audience=Audience.PUBLIC, network=address)
    return Call(method="/test", request_id="test", expires_at=time.monotonic() + 60, caller=caller)


def new_email() -> str:
    """An address nobody else in the tests has."""
    return f"{secrets.token_hex(8)}@mail.test"


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def audited(deps: Deps, account_id: AccountId) -> Counter[str]:
    """How often what was noted of an account."""
    with deps.db.transaction(account=account_id) as tx:
        rows = tx.exec_driver_sql("SELECT action FROM audit_events WHERE account_id = %s", (str(account_id),))
        return Counter(rows.scalars())


def enqueued(deps: Deps, task: str, **arguments: object) -> list[dict[str, Any]]:
    """The arguments of the jobs of `task` that have these, oldest first."""
    with deps.db.transaction() as tx:
        rows = tx.exec_driver_sql(
            "SELECT args FROM procrastinate_jobs WHERE task_name = %s AND args @> %s::jsonb ORDER BY id",
            (task, json.dumps({name: str(value) for name, value in arguments.items()})),
        )
        return list(rows.scalars())


def note_all(deps: Deps, account_id: AccountId) -> None:
    """Does the jobs that note what was tried under the account's name."""
    for arguments in enqueued(deps, "auth.note", account_id=account_id):
        later.note(cast("JobDeps", deps), **arguments)  # which has all that this job needs


def noticed(deps: Deps, account_id: AccountId) -> list[str]:
    """What the account's person is to be told, oldest first."""
    return [job["event"] for job in enqueued(deps, "auth.send_security_notice", account_id=account_id)]


@dataclass
class Person:
    """Someone with an account."""

    account_id: AccountId
    phone: Phone
    secret: str
    authenticator_id: UUID
    password: str = PASSWORD
    # Of the sign-up.
    code: str = field(default="", repr=False)


@dataclass
class People:
    """Makes them. Each sign-in moves the clock one step, so that its code was never used."""

    deps: Deps
    clock: FixedClock
    endpoint: TokenEndpoint

    def request(self, **values: Any) -> AuthorizationRequest:
        """What billmesh-cli asks for."""
        return AuthorizationRequest(
            **{
                "client_id": "billmesh-cli",
                "redirect_uri": REDIRECT,
                "scopes": frozenset(),
                "state": "",
                "code_challenge": challenge_of(VERIFIER),
                "device_name": "test",
                **values,
            }
        )

    def form(self, phone: Phone, **values: Any) -> SignUpForm:
        """A sign-up."""
        given: dict[str, Any] = {
            "phone": phone,
            "display_name": "Asha Rao",
            "password": PASSWORD,
            "email": "",
            "locale": "",
            "request": self.request(),
            "request_id": uuid4(),
        } | values
        bare = {name: str(value) for name, value in given.items() if name != "request_id"} | {"phone": phone.e164}
        return SignUpForm(**given, canonical=json.dumps(bare))

    def start(self, phone: Phone | None = None, **values: Any) -> SignedUp:
        """Signs up, and stops before the code."""
        return accounts.create_account(self.deps, form=self.form(phone or new_phone(), **values))

    def sign_up(self, *, verified: bool = False, **values: Any) -> Person:
        """Someone who can sign in; by phone too if it is `verified`."""
        phone = new_phone()
        signed_up = self.start(phone, **values)
        person = Person(signed_up.account_id, phone, signed_up.enrolment.secret, signed_up.enrolment.authenticator.id)
        person.code = self.answer(signed_up.challenge.token, self.totp(person))
        if verified:
            self.verify(person)
        return person

    def verify(self, person: Person, phone: Phone | None = None) -> None:
        """Proves the phone."""
        verification = phones.start_verification(self.deps, account_id=person.account_id, phone=phone)
        code = verifications.code_of(self.deps.vault, verification)
        phones.confirm_phone(self.deps, account_id=person.account_id, code=code)

    def totp(self, person: Person) -> str:
        """What the person's authenticator shows, a step later than the last one used."""
        self.clock.advance(timedelta(seconds=totp.STEP_SECONDS))
        return authenticator_apps.code_at(person.secret, totp.step_of(self.clock.now()))

    def challenge(self, person: Person, **values: Any) -> Opened:
        """A sign-in that waits for a code."""
        name = SignInName(account_id=person.account_id)
        opened = logins.begin_login(self.deps, name=name, request=self.request(**values))
        return logins.answer_password(self.deps, token=opened.token, password=person.password)

    def sign_in(self, person: Person, **values: Any) -> str:
        """An authorization code."""
        opened = self.challenge(person, **values)
        return self.answer(opened.token, self.totp(person))

    def answer(self, token: str, code: str, factor: Factor = Factor.TOTP) -> str:
        """The authorization code that a right second factor brings."""
        answered = logins.answer_code(self.deps, token=token, code=code, factor=factor)
        assert isinstance(answered, Granted)
        return answered.code

    def token(self, **form: str) -> tuple[int, dict[str, Any]]:
        """What the token endpoint says to a form."""
        received = Received(path="/oauth2/token", content_type=FORM, body=urlencode(form).encode())
        answer: Answer = tokens.issue_token(self.deps, endpoint=self.endpoint, received=received)
        return answer.status, json.loads(answer.body)

    def redeem(self, code: str, /, **form: str) -> tuple[int, dict[str, Any]]:
        """Redeems an authorization code."""
        return self.token(
            **{
                "grant_type": "authorization_code",
                "client_id": "billmesh-cli",
                "code": code,
                "redirect_uri": REDIRECT,
                "code_verifier": VERIFIER,
                **form,
            }
        )

    def refresh(self, refresh_token: str, /, **form: str) -> tuple[int, dict[str, Any]]:
        """Uses a refresh token."""
        return self.token(
            **{
                "grant_type": "refresh_token",
                "client_id": "billmesh-cli",
                "refresh_token": refresh_token,
                **form,
            }
        )

    def tokens(self, person: Person, **form: str) -> dict[str, Any]:
        """Signs in and redeems."""
        status, body = self.redeem(self.sign_in(person), **form)
        assert status == 200, body
        return body


def claims(access_token: str) -> dict[str, Any]:
    """What a token says, unchecked."""
    payload = access_token.split(".")[1]
    body: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return body
