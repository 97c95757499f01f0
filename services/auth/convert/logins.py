"""Sign-ins."""

from __future__ import annotations

from billmesh.auth.v1 import login_service_pb2

from services.auth import phones
from services.auth.convert.values import account_id, time_to_proto
from services.auth.domain.client import AuthorizationRequest, AuthorizationSummary
from services.auth.domain.login import Answered, Factor, Granted, Opened, SteppedUp
from services.auth.domain.names import Email, SignInName

_FACTORS = {
    Factor.PASSWORD: login_service_pb2.FACTOR_PASSWORD,
    Factor.TOTP: login_service_pb2.FACTOR_TOTP,
    Factor.RECOVERY_CODE: login_service_pb2.FACTOR_RECOVERY_CODE,
    Factor.PASSKEY: login_service_pb2.FACTOR_PASSKEY,
}
_DECISIONS = {login_service_pb2.CONSENT_DECISION_ALLOW: True, login_service_pb2.CONSENT_DECISION_DENY: False}


def authorization_request(request: login_service_pb2.AuthorizationRequest) -> AuthorizationRequest:
    """Valid as the contract says; whether the client may is the use case's to say."""
    return AuthorizationRequest(
        client_id=request.client_id,
        redirect_uri=request.redirect_uri,
        scopes=frozenset(request.scope.split()),
        state=request.state,
        code_challenge=request.code_challenge,
        device_name=request.device_name,
        nonce=request.nonce,
        dpop_jkt=request.dpop_jkt,
    )


def summary_to_proto(summary: AuthorizationSummary) -> login_service_pb2.AuthorizationSummary:
    """What a client asks for."""
    return login_service_pb2.AuthorizationSummary(
        client_id=summary.client_id,
        client_name=summary.client_name,
        publisher_name=summary.publisher_name,
        scopes=sorted(summary.scopes),
        third_party=summary.third_party,
        login_hint=summary.login_hint,
        expire_time=time_to_proto(summary.expire_time),
    )


def decision(value: login_service_pb2.ConsentDecision.ValueType) -> bool | None:
    """Whether it is allowed; None: nobody was asked."""
    return _DECISIONS.get(value)


def sign_in_name(identifier: str) -> SignInName:
    """A phone number, an e-mail address or an account id. Raises PhoneInvalid."""
    if "@" in identifier:
        return SignInName(email=Email(identifier))
    if identifier.startswith("+"):
        return SignInName(phone=phones.parse(identifier, field="identifier"))
    return SignInName(account_id=account_id(identifier))


def challenge_to_proto(opened: Opened) -> login_service_pb2.LoginChallenge:
    """With its token."""
    return login_service_pb2.LoginChallenge(
        challenge_token=opened.token,
        factors=[_FACTORS[factor] for factor in opened.factors],
        expire_time=time_to_proto(opened.expire_time),
        passkey_options_json=opened.passkey_options,
        consent=summary_to_proto(opened.consent) if opened.consent else None,
    )


def answered_to_proto(answered: Answered) -> login_service_pb2.AnswerFactorResponse:
    """Whichever of the three it is."""
    if isinstance(answered, Opened):
        return login_service_pb2.AnswerFactorResponse(challenge=challenge_to_proto(answered))
    if isinstance(answered, SteppedUp):
        stepped_up = login_service_pb2.SteppedUp(auth_time=time_to_proto(answered.auth_time))
        return login_service_pb2.AnswerFactorResponse(stepped_up=stepped_up)
    return login_service_pb2.AnswerFactorResponse(grant=granted_to_proto(answered))


def granted_to_proto(granted: Granted) -> login_service_pb2.AuthorizationGrant:
    """With its code."""
    return login_service_pb2.AuthorizationGrant(
        code=granted.code,
        redirect_to=granted.redirect_to,
        expire_time=time_to_proto(granted.expire_time) if granted.code else None,
    )
