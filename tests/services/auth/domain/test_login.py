"""Challenges: what they ask for, in which order, and when they are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.auth.domain.errors.sign_in import ChallengeExpired, FactorOutOfTurn
from services.auth.domain.login import Challenge, Factor, Opened, Stage, both_factors, lifetime
from services.auth.domain.names import AuthenticatorId

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHALLENGE = Challenge(
    digest=b"d",
    stage=Stage.PASSWORD,
    account_id=None,
    subject=b"s",
    enrolling=None,
    request=None,
    granted=frozenset(),
    expire_time=NOW + timedelta(minutes=10),
)
ASKED = {
    Stage.PASSWORD: {Factor.PASSWORD, Factor.PASSKEY},
    Stage.PASSKEY: {Factor.PASSKEY},
    Stage.TOTP: {Factor.TOTP, Factor.RECOVERY_CODE, Factor.PASSKEY},
    Stage.CONSENT: set(),
}


@pytest.mark.parametrize("stage", ASKED)
@pytest.mark.parametrize("factor", Factor)
def test_what_each_stage_takes(stage: Stage, factor: Factor) -> None:
    challenge = replace(CHALLENGE, stage=stage)
    assert set(challenge.factors) == ASKED[stage]
    if factor in ASKED[stage]:
        challenge.expect(factor, NOW)
        return
    with pytest.raises(FactorOutOfTurn) as refused:
        challenge.expect(factor, NOW)
    assert refused.value.metadata["factor"] == (challenge.factors[0] if challenge.factors else "consent")


def test_a_sign_up_takes_its_own_authenticator_alone() -> None:
    challenge = replace(CHALLENGE, stage=Stage.TOTP, enrolling=AuthenticatorId(uuid4()))
    assert challenge.factors == (Factor.TOTP,)
    assert (lifetime(None), lifetime(challenge.enrolling)) == (timedelta(minutes=10), timedelta(hours=1))


def test_consent_is_asked_for_last() -> None:
    for stage in (Stage.PASSWORD, Stage.PASSKEY, Stage.TOTP):
        with pytest.raises(FactorOutOfTurn):
            replace(CHALLENGE, stage=stage).expect_consent(NOW)
    replace(CHALLENGE, stage=Stage.CONSENT).expect_consent(NOW)


def test_what_is_over_takes_nothing() -> None:
    done = replace(CHALLENGE, stage=Stage.DONE)
    for challenge, now in ((done, NOW), (CHALLENGE, CHALLENGE.expire_time)):
        with pytest.raises(ChallengeExpired):
            challenge.expect(Factor.PASSWORD, now)
        with pytest.raises(ChallengeExpired):
            challenge.expect_consent(now)


def test_two_factors_say_so_and_tokens_stay_out_of_logs() -> None:
    assert both_factors(("pwd", "otp")) == ("pwd", "otp", "mfa")
    opened = Opened(token="a secret", factors=(Factor.TOTP,), expire_time=NOW)  # noqa: S106 - of a test
    assert "secret" not in repr(opened)
