"""Factors, recovery and sessions over the wire."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import grpc
import pytest
from billmesh.auth.v1 import (
    account_service_pb2,
    account_service_pb2_grpc,
    authenticator_service_pb2,
    authenticator_service_pb2_grpc,
    login_service_pb2,
    login_service_pb2_grpc,
    oauth_service_pb2,
    oauth_service_pb2_grpc,
    passkey_service_pb2,
    passkey_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
)
from google.api.httpbody_pb2 import HttpBody

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.usecases import emails, verifications
from services.auth.usecases.recovery import Started
from services.kit.ids import from_text, to_text
from tests.fakes.passkeys import SoftAuthenticator
from tests.harness import Harness, refusal
from tests.services.auth.handlers.test_sign_in import AUTHORIZATION, post
from tests.services.auth.people import PASSWORD, REDIRECT, VERIFIER, claims, new_email, new_phone
from tests.services.auth.usecases.test_recovery import code_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People, Person

NEW = "an entirely new secret"


def refused(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    found = refusal(raised.value)
    return found.code, found.reason


def code(person: Person, clock: FixedClock) -> str:
    clock.advance(timedelta(seconds=30))
    return authenticator_apps.code_at(person.secret, totp.step_of(clock.now()))


def own(auth: Harness, person: Person, **more: Any) -> grpc.Channel:
    return auth.as_person(person.account_id, scopes=["account", "profile"], **more)


def redeem(channel: grpc.Channel, granted: login_service_pb2.AuthorizationGrant) -> dict[str, Any]:
    _, tokens = post(
        channel,
        grant_type="authorization_code",
        client_id="billmesh-cli",
        code=granted.code,
        redirect_uri=REDIRECT,
        code_verifier=VERIFIER,
    )
    return tokens


def test_a_passkey_from_registration_to_token(auth: Harness, people: People, clock: FixedClock) -> None:
    person, device = people.sign_up(), SoftAuthenticator("https://edge.test", portable=True)
    passkeys = passkey_service_pb2_grpc.PasskeyServiceStub(own(auth, person))
    begun = passkeys.BeginPasskeyRegistration(passkey_service_pb2.BeginPasskeyRegistrationRequest())
    assert begun.expire_time.ToDatetime() == (clock.now() + timedelta(minutes=10)).replace(tzinfo=None)
    made = passkeys.FinishPasskeyRegistration(
        passkey_service_pb2.FinishPasskeyRegistrationRequest(
            registration_token=begun.registration_token,
            credential_json=device.create(begun.options_json),
            display_name="Laptop",
        )
    )
    assert (made.id[:4], made.display_name, made.backed_up) == ("pky_", "Laptop", True)
    assert not made.HasField("last_use_time")
    logins = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    challenge = logins.BeginLogin(login_service_pb2.BeginLoginRequest(authorization=AUTHORIZATION))
    assert list(challenge.factors) == [login_service_pb2.FACTOR_PASSKEY]
    answered = logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(
            challenge_token=challenge.challenge_token, passkey_json=device.get(challenge.passkey_options_json)
        )
    )
    tokens = redeem(auth.anonymous(), answered.grant)
    assert claims(tokens["access_token"])["amr"] == ["swk", "user", "mfa"]
    (listed,) = passkeys.ListPasskeys(passkey_service_pb2.ListPasskeysRequest()).passkeys
    assert listed.HasField("last_use_time")
    passkeys.DeletePasskey(passkey_service_pb2.DeletePasskeyRequest(id=made.id))
    assert refused(lambda: passkeys.DeletePasskey(passkey_service_pb2.DeletePasskeyRequest(id=made.id))) == (
        grpc.StatusCode.NOT_FOUND,
        "PASSKEY_NOT_FOUND",
    )


def test_what_asks_for_a_recent_sign_in(auth: Harness, people: People, clock: FixedClock) -> None:
    person = people.sign_up()
    channel = own(auth, person, auth_time=clock.now() - timedelta(minutes=6))
    passkeys = passkey_service_pb2_grpc.PasskeyServiceStub(channel)
    authenticators = authenticator_service_pb2_grpc.AuthenticatorServiceStub(channel)
    calls: list[Callable[[], object]] = [
        lambda: passkeys.BeginPasskeyRegistration(passkey_service_pb2.BeginPasskeyRegistrationRequest()),
        lambda: passkeys.DeletePasskey(passkey_service_pb2.DeletePasskeyRequest(id=to_text("pky", person.account_id))),
        lambda: authenticators.RegenerateRecoveryCodes(authenticator_service_pb2.RegenerateRecoveryCodesRequest()),
    ]
    for call in calls:
        assert refused(call) == (grpc.StatusCode.UNAUTHENTICATED, "STEP_UP_REQUIRED")


def test_stepping_up_lets_them(auth: Harness, people: People, clock: FixedClock) -> None:
    person = people.sign_up()
    tokens = people.tokens(person)
    session = from_text("ses", claims(tokens["access_token"])["sid"])
    clock.advance(timedelta(hours=1))
    said = {"sid": to_text("ses", session)}
    logins = login_service_pb2_grpc.LoginServiceStub(own(auth, person, **said))
    challenge = logins.BeginStepUp(login_service_pb2.BeginStepUpRequest())
    token = challenge.challenge_token
    logins.AnswerFactor(login_service_pb2.AnswerFactorRequest(challenge_token=token, password=PASSWORD))
    answered = logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(challenge_token=token, totp_code=code(person, clock))
    )
    assert answered.stepped_up.auth_time.ToDatetime() == clock.now().replace(tzinfo=None)
    refreshed = people.refresh(tokens["refresh_token"])[1]
    assert claims(refreshed["access_token"])["auth_time"] == int(clock.now().timestamp())
    stranger = login_service_pb2_grpc.LoginServiceStub(own(auth, people.sign_up(), **said))
    assert refused(lambda: stranger.BeginStepUp(login_service_pb2.BeginStepUpRequest())) == (
        grpc.StatusCode.NOT_FOUND,
        "SESSION_NOT_FOUND",
    )


def test_recovery_codes_are_shown_once_and_counted(auth: Harness, people: People) -> None:
    person = people.sign_up()
    channel = own(auth, person)
    authenticators = authenticator_service_pb2_grpc.AuthenticatorServiceStub(channel)
    made = authenticators.RegenerateRecoveryCodes(authenticator_service_pb2.RegenerateRecoveryCodesRequest())
    accounts = account_service_pb2_grpc.AccountServiceStub(channel)
    assert accounts.GetMe(account_service_pb2.GetMeRequest()).recovery_codes_left == len(made.codes) == 10
    logins = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    token = people.challenge(person).token
    answered = logins.AnswerFactor(
        login_service_pb2.AnswerFactorRequest(challenge_token=token, recovery_code=made.codes[0].lower())
    )
    assert answered.grant.code
    assert accounts.GetMe(account_service_pb2.GetMeRequest()).recovery_codes_left == 9


def test_an_address_from_code_to_sign_in(auth: Harness, deps: Deps, people: People) -> None:
    email = new_email()
    person = people.sign_up(email=email)
    accounts = account_service_pb2_grpc.AccountServiceStub(own(auth, person))
    assert not accounts.GetMe(account_service_pb2.GetMeRequest()).HasField("email_verify_time")
    started = accounts.StartEmailVerification(account_service_pb2.StartEmailVerificationRequest())
    assert started.resend_time.seconds < started.expire_time.seconds
    sent = verifications.code_of(deps.vault, emails.start_verification(deps, account_id=person.account_id))
    me = accounts.ConfirmEmail(account_service_pb2.ConfirmEmailRequest(code=sent))
    assert me.HasField("email_verify_time")
    logins = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    begun = logins.BeginLogin(
        login_service_pb2.BeginLoginRequest(identifier=email.upper(), authorization=AUTHORIZATION)
    )
    answer = login_service_pb2.AnswerFactorRequest(challenge_token=begun.challenge_token, password=PASSWORD)
    assert logins.AnswerFactor(answer).challenge.factors
    bare = account_service_pb2_grpc.AccountServiceStub(own(auth, people.sign_up()))
    assert refused(lambda: bare.StartEmailVerification(account_service_pb2.StartEmailVerificationRequest())) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "EMAIL_MISSING",
    )


def test_recovery_over_the_wire(auth: Harness, deps: Deps, people: People, clock: FixedClock) -> None:
    person = people.sign_up(verified=True)
    accounts = account_service_pb2_grpc.AccountServiceStub(auth.anonymous())

    def start(identifier: str) -> account_service_pb2.StartRecoveryResponse:
        return accounts.StartRecovery(account_service_pb2.StartRecoveryRequest(identifier=identifier))

    def finish(token: str, **values: str) -> account_service_pb2.FinishRecoveryResponse:
        started = Started(token=token, expire_time=clock.now())
        given = {"recovery_token": token, "code": code_of(deps, started), "new_password": NEW} | values
        return accounts.FinishRecovery(account_service_pb2.FinishRecoveryRequest(**given))

    known, unknown = start(person.phone.e164), start(new_phone().e164)
    assert known.expire_time == unknown.expire_time
    assert len(known.SerializeToString()) == len(unknown.SerializeToString())
    for token in (known.recovery_token, unknown.recovery_token):
        assert refused(lambda token=token: finish(token, code="000000")) == (  # type: ignore[misc] # a loop's own
            grpc.StatusCode.INVALID_ARGUMENT,
            "VERIFICATION_CODE_WRONG",
        )
    waiting = finish(known.recovery_token)
    me = account_service_pb2_grpc.AccountServiceStub(own(auth, person))
    shown = me.GetMe(account_service_pb2.GetMeRequest()).recovery_available_time
    assert waiting.waiting_until == shown
    assert not me.CancelRecovery(account_service_pb2.CancelRecoveryRequest()).HasField("recovery_available_time")
    assert me.CancelRecovery(account_service_pb2.CancelRecoveryRequest()).id == to_text("acc", person.account_id)
    again = start(person.phone.e164)
    finished = finish(again.recovery_token, totp_code=code(person, clock))
    assert finished.WhichOneof("result") == "finished"
    assert not finished.finished.HasField("enrolment")
    person.password = NEW
    people.sign_in(person)
    assert refused(lambda: start("not a name")) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


def test_where_sessions_are(auth: Harness, people: People) -> None:
    person = people.sign_up()
    channel = auth.anonymous()
    stub = oauth_service_pb2_grpc.OAuthServiceStub(channel)

    def token(address: str, **form: str) -> dict[str, Any]:
        body = HttpBody(content_type="application/x-www-form-urlencoded", data=urlencode(form).encode())
        metadata = (("x-envoy-external-address", address),)
        answer = stub.IssueToken(oauth_service_pb2.IssueTokenRequest(body=body), metadata=metadata)
        said: dict[str, Any] = json.loads(answer.data)
        return said

    tokens = token(
        "8.8.8.8",
        grant_type="authorization_code",
        client_id="billmesh-cli",
        code=people.sign_in(person),
        redirect_uri=REDIRECT,
        code_verifier=VERIFIER,
    )
    other = people.tokens(person)
    sid = claims(tokens["access_token"])["sid"]
    sessions = session_service_pb2_grpc.SessionServiceStub(own(auth, person, sid=sid))

    def listed() -> dict[str, tuple[str, str]]:
        found = sessions.ListSessions(session_service_pb2.ListSessionsRequest()).sessions
        return {session.id: (session.network, session.country_code) for session in found}

    assert listed()[sid] == ("8.8.8.0/24", "US")
    tokens = token(
        "2001:db8:1:2::3", grant_type="refresh_token", client_id="billmesh-cli", refresh_token=tokens["refresh_token"]
    )
    assert listed()[sid] == ("2001:db8:1::/48", "")
    assert len(listed()) == 2
    kept = sessions.RevokeAllSessions(session_service_pb2.RevokeAllSessionsRequest(keep_current=True))
    assert kept.revoked_count == 1
    assert set(listed()) == {sid}
    assert people.refresh(other["refresh_token"])[1]["error"] == "invalid_grant"
    assert people.refresh(tokens["refresh_token"])[0] == 200
    assert sessions.RevokeAllSessions(session_service_pb2.RevokeAllSessionsRequest()).revoked_count == 1
    assert listed() == {}


def test_a_network_that_asks_too_fast_is_told_when_to_come_back(auth: Harness) -> None:
    accounts = account_service_pb2_grpc.AccountServiceStub(auth.anonymous())
    here = (("x-envoy-external-address", "203.0.113.77"),)

    def start() -> object:
        request = account_service_pb2.StartRecoveryRequest(identifier=new_phone().e164)
        return accounts.StartRecovery(request, metadata=here)

    for _ in range(20):
        start()
    assert refused(start) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")
    elsewhere = account_service_pb2.StartRecoveryRequest(identifier=new_phone().e164)
    accounts.StartRecovery(elsewhere, metadata=(("x-envoy-external-address", "203.0.113.78"),))


@pytest.mark.parametrize(
    "answer",
    [{"recovery_code": "short"}, {"recovery_code": "x" * 41}, {"passkey_json": "{"}, {"passkey_json": "x" * 8193}],
)
def test_a_malformed_answer_is_refused(auth: Harness, answer: dict[str, str]) -> None:
    logins = login_service_pb2_grpc.LoginServiceStub(auth.anonymous())
    request = login_service_pb2.AnswerFactorRequest(challenge_token="t" * 43, **answer)
    assert refused(lambda: logins.AnswerFactor(request))[1] == "INVALID_REQUEST"
