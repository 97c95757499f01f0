"""Who may call what, decided by the access option alone, and what a refused caller is told in headers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
from billmesh.options.v1 import access_pb2
from google.protobuf import empty_pb2

from services.kit import access, answers
from services.kit.access import Access
from services.kit.authentication import TokenMissing
from services.kit.authorization import (
    TWO_FACTORS,
    Authorization,
    CallerNotAllowed,
    ScopeMissing,
    StepUpRequired,
    WrongAudience,
)
from services.kit.context import Audience, Call, Caller
from services.kit.dpop import ProofInvalid
from services.kit.failure import Failure, Kind
from services.kit.tokens import TokenInvalid

if TYPE_CHECKING:
    from tests.fakes.clock import FixedClock

METHOD = "/billmesh.sample.v1.SampleService/Do"
FIVE_MINUTES = timedelta(minutes=5)
MERCHANT = Access(
    audience=Audience.MERCHANT,
    scopes=frozenset({"bills:write"}),
    mesh_callers=frozenset({"billing"}),
    max_auth_age=None,
    reads=False,
)
PERSON = replace(MERCHANT, audience=Audience.PERSON, scopes=frozenset({"profile"}))
CLIENT = Caller(
    audience=Audience.MERCHANT, merchant_id=uuid4(), client_id="cli_1", scopes=frozenset({"bills:write", "bills:read"})
)


def staff(clock: FixedClock, **more: Any) -> Caller:
    signed_in = {"account_id": uuid4(), "assurance": TWO_FACTORS, "auth_time": clock.now()}
    return replace(CLIENT, **{**signed_in, "client_id": "billmesh-web", **more})


def decide(clock: FixedClock, option: Access, caller: Caller) -> None:
    call = Call(method=METHOD, request_id="r", expires_at=0, caller=caller)
    Authorization({METHOD: option}, clock)(empty_pb2.Empty(), cast("Any", None), call)


def test_staff_and_clients_pass(clock: FixedClock) -> None:
    decide(clock, MERCHANT, staff(clock))
    decide(clock, MERCHANT, CLIENT)
    decide(clock, MERCHANT, Caller(audience=Audience.MESH, mesh_service="billing"))
    decide(clock, PERSON, staff(clock, audience=Audience.PERSON, merchant_id=None, scopes=frozenset({"profile"})))


def test_everybody_else_is_refused(clock: FixedClock) -> None:
    cases: list[tuple[Access, Caller, type[Failure]]] = [
        (MERCHANT, replace(CLIENT, audience=Audience.PERSON, merchant_id=None), WrongAudience),
        (MERCHANT, replace(CLIENT, scopes=frozenset({"bills:read"})), ScopeMissing),
        (PERSON, staff(clock), WrongAudience),
        # A client without a merchant is no person.
        (PERSON, replace(CLIENT, audience=Audience.PERSON, scopes=PERSON.scopes), WrongAudience),
        (MERCHANT, Caller(audience=Audience.MESH, mesh_service="geo"), CallerNotAllowed),
        (replace(MERCHANT, audience=Audience.MESH), staff(clock), CallerNotAllowed),
    ]
    for option, caller, refusal in cases:
        with pytest.raises(refusal):
            decide(clock, option, caller)
    call = Call(method="/unknown", request_id="r", expires_at=0, caller=CLIENT)
    with pytest.raises(CallerNotAllowed):
        Authorization({METHOD: MERCHANT}, clock)(empty_pb2.Empty(), cast("Any", None), call)


def test_a_person_signs_in_with_two_factors(clock: FixedClock) -> None:
    for weak in (None, "urn:billmesh:aal1", ""):
        with pytest.raises(StepUpRequired) as caught:
            decide(clock, MERCHANT, staff(clock, assurance=weak))
        assert caught.value.metadata == {"acr_values": TWO_FACTORS}


def test_what_asks_for_a_recent_sign_in(clock: FixedClock) -> None:
    option = replace(MERCHANT, max_auth_age=FIVE_MINUTES)
    decide(clock, option, staff(clock))
    decide(clock, option, staff(clock, auth_time=clock.now() - FIVE_MINUTES))
    too_old = staff(clock, auth_time=clock.now() - FIVE_MINUTES - timedelta(seconds=1))
    # A client has never signed in, and support staff not as this person.
    for caller in (too_old, staff(clock, auth_time=None), CLIENT):
        with pytest.raises(StepUpRequired) as caught:
            decide(clock, option, caller)
        assert caught.value.metadata == {"acr_values": TWO_FACTORS, "max_age": "300"}


def test_support_staff_only_look(clock: FixedClock) -> None:
    caller = staff(clock, actor_id=uuid4(), auth_time=None)
    decide(clock, replace(MERCHANT, reads=True), caller)
    with pytest.raises(CallerNotAllowed):
        decide(clock, MERCHANT, caller)


def test_how_recent_the_option_says() -> None:
    def age(**values: Any) -> timedelta | None:
        return access.max_auth_age(access_pb2.Access(**values))

    assert age() is None
    assert age(min_assurance=access_pb2.ASSURANCE_TWO_FACTORS) is None
    assert age(min_assurance=access_pb2.ASSURANCE_RECENT_TWO_FACTORS) == FIVE_MINUTES
    assert age(max_auth_age_seconds=3600) == timedelta(hours=1)
    recent = access_pb2.ASSURANCE_RECENT_TWO_FACTORS
    assert age(min_assurance=recent, max_auth_age_seconds=60) == timedelta(minutes=1)


class Busy(Failure):
    kind = Kind.EXHAUSTED
    reason = "BUSY"


@pytest.mark.parametrize(("wait", "said"), [(0, "1"), (0.2, "1"), (1, "1"), (1.01, "2"), (3600, "3600")])
def test_a_wait_is_whole_seconds_and_enough(wait: float, said: str) -> None:
    call = Call(method=METHOD, request_id="r", expires_at=0)
    beside = answers.headers(Busy("Busy.", retry_after=timedelta(seconds=wait)), call)
    assert beside == (("x-request-id", "r"), ("retry-after", said))


STEP_UP = (
    'Bearer realm="billmesh", error="insufficient_user_authentication", '
    'error_description="Sign in again, with both factors, for this.", '
    f'acr_values="{TWO_FACTORS}", max_age="300"'
)


@pytest.mark.parametrize(
    ("scheme", "failure", "challenges"),
    [
        (None, TokenMissing(), ['Bearer realm="billmesh"', 'DPoP algs="ES256 EdDSA Ed25519 RS256 PS256"']),
        ("Bearer", TokenInvalid(), ['Bearer realm="billmesh", error="invalid_token", error_description=']),
        ("DPoP", TokenInvalid(), ['DPoP algs="ES256 EdDSA Ed25519 RS256 PS256", error="invalid_token", error_']),
        ("DPoP", ProofInvalid('a "quoted\\" one'), ["DPoP algs="]),
        (
            "Bearer",
            StepUpRequired(FIVE_MINUTES),
            [STEP_UP],
        ),
        (
            "Bearer",
            ScopeMissing(frozenset({"b", "a"})),
            ['Bearer realm="billmesh", error="insufficient_scope", scope="a b"'],
        ),
        ("Bearer", WrongAudience(Audience.PERSON), []),
        (None, Busy("Busy."), []),
    ],
)
def test_challenges(scheme: str | None, failure: Failure, challenges: list[str]) -> None:
    call = Call(method=METHOD, request_id="r", expires_at=0, scheme=scheme)
    found = [value for name, value in answers.headers(failure, call) if name == "www-authenticate"]
    assert len(found) == len(challenges)
    for value, beginning in zip(found, challenges, strict=True):
        assert value.startswith(beginning)
        assert "\\" not in value
        assert value.count('"') % 2 == 0
