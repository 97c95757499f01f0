"""Time steps, with the vectors of RFC 4226 and RFC 6238."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import partial

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth import authenticator_apps
from services.auth.domain import totp
from services.auth.domain.names import AuthenticatorId
from services.auth.domain.totp import NEVER, Authenticator, AuthenticatorState, Enrolment, matching_step, step_of
from services.kit.ids import at

# Both RFCs use the ASCII secret "12345678901234567890".
SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("counter", "code"),
    list(
        enumerate(("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"))
    ),
)
def test_rfc_4226_appendix_d(counter: int, code: str) -> None:
    assert authenticator_apps.code_at(SECRET, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        # The RFC gives eight digits; apps show the last six.
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    code_at = partial(authenticator_apps.code_at, SECRET)
    assert code_at(step_of(now)) == code[2:]
    assert matching_step(code[2:], now=now, last_step=NEVER, code_at=code_at) == seconds // 30


def numbered(step: int) -> str:
    return f"{step % 10**6:06d}"


@given(st.integers(min_value=0, max_value=2**31), st.integers(min_value=-3, max_value=3))
def test_one_step_before_and_after_is_taken_and_no_other(seconds: int, away: int) -> None:
    now = datetime.fromtimestamp(seconds + 30, UTC)
    step = step_of(now) + away
    found = matching_step(numbered(step), now=now, last_step=NEVER, code_at=numbered)
    assert found == (step if abs(away) <= 1 else None)


@given(st.integers(min_value=100, max_value=2**31), st.integers(min_value=-1, max_value=1))
def test_no_step_is_taken_twice(seconds: int, used: int) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    last = step_of(now) + used
    for step in range(last - 2, last + 3):
        found = matching_step(numbered(step), now=now, last_step=last, code_at=numbered)
        assert found is None or found > last


def test_any_authenticator_app_agrees() -> None:
    secret = authenticator_apps.new_secret()
    assert len(base64.b32decode(secret)) == 20
    uri = authenticator_apps.otpauth_uri(secret, account_name="+919845012345", issuer_name="Billmesh")
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    moment = datetime(2026, 3, 1, 12, 0, 15, tzinfo=UTC)
    assert app.at(moment) == authenticator_apps.code_at(secret, step_of(moment))
    svg = authenticator_apps.qr_svg(uri)
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert "script" not in svg


def test_pending_lapses_after_an_hour() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    pending = Authenticator(
        id=AuthenticatorId(at(now)), display_name="Phone", state=AuthenticatorState.PENDING, create_time=now
    )
    assert not pending.lapsed(now + totp.PENDING_FOR)
    assert pending.lapsed(now + totp.PENDING_FOR + timedelta(seconds=1))
    assert "secret" not in repr(Enrolment(pending, "secret"))
