"""Roles, sessions, challenges, members, clients: the small rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain import login, session
from services.auth.domain.client import AuthorizationRequest, Client, Clients, redirect_with
from services.auth.domain.countries import COUNTRIES
from services.auth.domain.errors.merchants import LastOwner, MemberNotActive, OwnerRequired, PlaceUnknown
from services.auth.domain.errors.sign_in import (
    ChallengeExpired,
    ClientUnknown,
    FactorOutOfTurn,
    RedirectUriNotRegistered,
    ScopeUnknown,
)
from services.auth.domain.login import Challenge, Factor, Stage
from services.auth.domain.member import Member, MemberState, check_leave, check_owner, check_role_change
from services.auth.domain.merchant import MerchantDraft, check_place
from services.auth.domain.names import AccountId, MemberId, MerchantId, Phone, SessionId
from services.auth.domain.roles import ALL_SCOPES, MERCHANT_SCOPES, PERSON_SCOPES, ROLE_SCOPES, Role, effective_scopes
from services.auth.domain.session import RefreshToken, Verdict, judge
from services.auth.domain.verification import code_of
from services.kit.ids import at

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REQUEST = AuthorizationRequest(
    client_id="web",
    redirect_uri="https://edge.test/cb",
    scopes=frozenset(),
    state="",
    code_challenge="c" * 43,
    device_name="",
)


def test_owners_may_everything_and_alone_the_members() -> None:
    assert ROLE_SCOPES[Role.OWNER] == MERCHANT_SCOPES
    assert ROLE_SCOPES[Role.OWNER] - ROLE_SCOPES[Role.MANAGER] == {"members:write", "clients:write"}
    assert all(scope.endswith(":read") for scope in ROLE_SCOPES[Role.VIEWER])
    assert not MERCHANT_SCOPES & PERSON_SCOPES
    for role in Role:
        assert ROLE_SCOPES[role] <= ALL_SCOPES
        assert effective_scopes(PERSON_SCOPES, role) == frozenset()
    assert effective_scopes(ALL_SCOPES, None) == PERSON_SCOPES


def refresh_token(use_time: datetime | None) -> RefreshToken:
    return RefreshToken(
        digest=b"",
        account_id=AccountId(at(NOW)),
        session_id=SessionId(at(NOW)),
        client_id="web",
        merchant_id=None,
        use_time=use_time,
    )


@pytest.mark.parametrize(
    ("used_ago", "successor_used", "verdict"),
    [
        (None, False, Verdict.GOOD),
        (0, False, Verdict.GOOD),
        (20, False, Verdict.GOOD),
        (20, True, Verdict.STALE),
        (21, False, Verdict.STOLEN),
        (21, True, Verdict.STOLEN),
    ],
)
def test_what_a_refresh_token_is_worth(used_ago: int | None, successor_used: bool, verdict: Verdict) -> None:
    use_time = None if used_ago is None else NOW - timedelta(seconds=used_ago)
    assert judge(refresh_token(use_time), successor_used=successor_used, now=NOW) is verdict


def test_a_session_lives_until_it_is_ended_or_idle() -> None:
    alive = session.Session(
        id=SessionId(at(NOW)),
        account_id=AccountId(at(NOW)),
        client_id="web",
        device_name="",
        granted=frozenset(),
        auth_time=NOW,
        last_use_time=NOW,
        expire_time=NOW + session.IDLE_FOR,
    )
    assert alive.alive(NOW)
    assert not alive.alive(alive.expire_time)


def challenge(stage: Stage) -> Challenge:
    return Challenge(
        digest=b"",
        stage=stage,
        account_id=None,
        subject=b"",
        enrolling=None,
        request=REQUEST,
        granted=frozenset(),
        expire_time=NOW + login.lifetime(None),
    )


def test_a_challenge_asks_for_one_factor_after_the_other() -> None:
    challenge(Stage.PASSWORD).expect(Factor.PASSWORD, NOW)
    challenge(Stage.TOTP).expect(Factor.TOTP, NOW)
    with pytest.raises(FactorOutOfTurn) as refused:
        challenge(Stage.PASSWORD).expect(Factor.TOTP, NOW)
    assert refused.value.metadata == {"factor": "password"}
    assert challenge(Stage.DONE).factors == ()
    with pytest.raises(ChallengeExpired):
        challenge(Stage.DONE).expect(Factor.TOTP, NOW)
    with pytest.raises(ChallengeExpired):
        challenge(Stage.TOTP).expect(Factor.TOTP, NOW + login.VALID_FOR)


def test_clients_get_what_they_registered() -> None:
    clients = Clients(
        (Client(id="web", redirect_uris=frozenset(("https://edge.test/cb",)), scopes=frozenset(("a", "b"))),)
    )
    assert clients.granted_scopes(REQUEST) == {"a", "b"}
    with pytest.raises(ClientUnknown):
        Clients(()).granted_scopes(REQUEST)
    for uri in (
        "https://edge.test/cb/",
        "https://EDGE.test/cb",
        "https://edge.test/cb?x=1",
        "https://edge.test.evil/cb",
    ):
        with pytest.raises(RedirectUriNotRegistered):
            clients.granted_scopes(_with(redirect_uri=uri))
    assert clients.granted_scopes(_with(scopes=frozenset(("a",)))) == {"a"}
    with pytest.raises(ScopeUnknown):
        clients.granted_scopes(_with(scopes=frozenset(("a", "c"))))


def _with(**values: object) -> AuthorizationRequest:
    fields = {name: getattr(REQUEST, name) for name in AuthorizationRequest.__slots__}
    return AuthorizationRequest(**(fields | values))


def test_a_redirect_keeps_its_own_query() -> None:
    assert redirect_with("https://a.test/cb?x=1", code="c d", state="", iss="https://i") == (
        "https://a.test/cb?x=1&code=c+d&iss=https%3A%2F%2Fi"
    )


def member(role: Role, state: MemberState = MemberState.ACTIVE) -> Member:
    return Member(
        id=MemberId(at(NOW)),
        merchant_id=MerchantId(at(NOW)),
        account_id=None,
        display_name="",
        phone=None,
        role=role,
        state=state,
        create_time=NOW,
        join_time=None,
        expire_time=NOW if state is MemberState.INVITED else None,
    )


def test_a_merchant_keeps_an_owner() -> None:
    check_owner(Role.OWNER)
    for role in (None, Role.MANAGER):
        with pytest.raises(OwnerRequired):
            check_owner(role)
    check_role_change(member(Role.OWNER), owners=2)
    check_leave(member(Role.MANAGER), owners=1)
    check_leave(member(Role.OWNER, MemberState.INVITED), owners=1)
    with pytest.raises(LastOwner):
        check_role_change(member(Role.OWNER), owners=1)
    with pytest.raises(MemberNotActive):
        check_role_change(member(Role.VIEWER, MemberState.INVITED), owners=1)
    assert member(Role.VIEWER, MemberState.INVITED).lapsed(NOW)


def test_places_are_known() -> None:
    draft = MerchantDraft(
        display_name="Shop", legal_name="Shop", country_code="IN", time_zone="Asia/Kolkata", address=None
    )
    check_place(draft, time_zones=frozenset(("Asia/Kolkata",)), prefix="merchant")
    wrong = MerchantDraft(display_name="Shop", legal_name="Shop", country_code="XX", time_zone="Moon", address=None)
    with pytest.raises(PlaceUnknown) as refused:
        check_place(wrong, time_zones=frozenset(("Asia/Kolkata",)), prefix="merchant")
    assert [v.field for v in refused.value.fields] == ["merchant.country_code", "merchant.time_zone"]
    assert len(COUNTRIES) == 249
    assert {"IN", "FI", "US"} <= COUNTRIES


def test_codes_have_six_digits() -> None:
    assert code_of(b"\0" * 32) == "000000"
    assert len(code_of(b"\xff" * 32)) == 6


def test_phones_hide_in_logs() -> None:
    assert "9845" not in repr(Phone("+919845012345"))
