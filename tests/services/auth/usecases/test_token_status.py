"""Revocation, introspection, and whose a token is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from joserfc import jwk

from services.auth.domain.client import Authentication
from services.auth.domain.names import SessionId
from services.auth.usecases import sessions, token_status
from services.kit.ids import from_text, to_text
from tests.services.auth.partners import Partner, said
from tests.services.auth.people import claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

INACTIVE = {"active": False}


@pytest.fixture
def owner(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, owner: Person) -> MerchantId:
    return open_shop(deps, owner)


@pytest.fixture
def partner(partners: Partners, owner: Person, shop: MerchantId) -> Partner:
    return partners.register(owner, shop)


@pytest.fixture
def other(partners: Partners, owner: Person, shop: MerchantId) -> Partner:
    return partners.register(owner, shop)


def test_what_a_client_learns_of_its_own(
    partners: Partners, partner: Partner, owner: Person, shop: MerchantId, clock: FixedClock
) -> None:
    _, body = partners.redeem(partners.code(owner, partner), partner)
    access = partners.introspect(partner, body["access_token"])
    assert access == {"active": True, "token_type": "Bearer", **claims(body["access_token"])}
    refresh = partners.introspect(partner, body["refresh_token"])
    assert (refresh["active"], refresh["sub"]) == (True, to_text("acc", owner.account_id))
    own = partners.own_token(partner)[1]["access_token"]
    assert partners.introspect(partner, own)["sub"] == partner.client_id
    clock.advance(timedelta(minutes=10))
    assert partners.introspect(partner, body["access_token"]) == INACTIVE
    clock.advance(timedelta(days=30))
    assert partners.introspect(partner, body["refresh_token"]) == INACTIVE


def test_a_bound_token_says_so(partners: Partners, partner: Partner) -> None:
    key = jwk.ECKey.generate_key("P-256")
    _, body = partners.token(dpop=key, **partners.shown(partner, grant_type="client_credentials"))
    found = partners.introspect(partner, body["access_token"])
    assert (found["token_type"], found["cnf"]) == ("DPoP", {"jkt": key.thumbprint()})


def test_of_others_it_learns_nothing(
    partners: Partners, partner: Partner, other: Partner, owner: Person, people: People
) -> None:
    _, body = partners.redeem(partners.code(owner, partner), partner)
    ours = people.tokens(owner)
    for token in (
        body["access_token"],
        body["refresh_token"],
        ours["access_token"],
        ours["refresh_token"],
        ours["id_token"],
        partners.own_token(partner)[1]["access_token"],
        "nonsense",
        "a.b.c",
        "x" * 43,
    ):
        assert partners.introspect(other, token) == INACTIVE


def test_used_and_ended_tokens_are_inactive(partners: Partners, partner: Partner, owner: Person, deps: Deps) -> None:
    _, body = partners.redeem(partners.code(owner, partner), partner)
    form = partners.shown(partner, grant_type="refresh_token", refresh_token=body["refresh_token"])
    _, second = partners.token(**form)
    assert partners.introspect(partner, body["refresh_token"]) == INACTIVE
    assert partners.introspect(partner, second["refresh_token"])["active"]
    session = SessionId(from_text("ses", claims(body["access_token"])["sid"]))
    sessions.revoke_session(deps, account_id=owner.account_id, session_id=session)
    for token in (second["refresh_token"], second["access_token"], body["access_token"]):
        assert partners.introspect(partner, token) == INACTIVE


def test_only_clients_that_authenticate_ask(
    partners: Partners, deps: Deps, owner: Person, shop: MerchantId, partner: Partner
) -> None:
    public = partners.register(owner, shop, authentication=Authentication.NONE)
    for asking, form, error in (
        (public, {"token": "t"}, "invalid_client"),
        (Partner("billmesh-web"), {"token": "t"}, "invalid_client"),
        (Partner(partner.client_id), {"token": "t"}, "invalid_client"),
        (Partner(partner.client_id, "w" * 43), {"token": "t"}, "invalid_client"),
        (partner, {}, "invalid_request"),
    ):
        received = partners.received("/oauth2/introspect", partners.shown(asking, **form))
        status, body = said(token_status.introspect(deps, received=received))
        assert (status, body["error"]) == (400, error)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_client_gives_its_tokens_up(
    partners: Partners, partner: Partner, owner: Person, deps: Deps, kind: str
) -> None:
    _, body = partners.redeem(partners.code(owner, partner), partner)
    for _ in range(2):
        assert partners.revoke(partner, body[kind]) == 200
    form = partners.shown(partner, grant_type="refresh_token", refresh_token=body["refresh_token"])
    assert partners.token(**form)[1]["error"] == "invalid_grant"
    assert partners.introspect(partner, body["access_token"]) == INACTIVE
    with deps.db.transaction(account=owner.account_id) as tx:
        query = "SELECT actor_id, target_id FROM audit_events WHERE action = 'session.revoked'"
        assert [tuple(row) for row in tx.exec_driver_sql(query)] == [
            (partner.client_id, claims(body["access_token"])["sid"])
        ]


def test_and_no_others(partners: Partners, partner: Partner, other: Partner, owner: Person) -> None:
    _, body = partners.redeem(partners.code(owner, partner), partner)
    for token in (body["refresh_token"], body["access_token"], "nonsense"):
        assert partners.revoke(other, token) == 200
    assert partners.introspect(partner, body["refresh_token"])["active"]


def test_a_clients_own_token_ends_by_itself(partners: Partners, partner: Partner, deps: Deps) -> None:
    token = partners.own_token(partner)[1]["access_token"]
    received = partners.received("/oauth2/revoke", partners.shown(partner, token=token))
    status, body = said(token_status.revoke(deps, received=received))
    assert (status, body["error"]) == (400, "unsupported_token_type")
    assert partners.introspect(partner, token)["active"]


def test_a_public_client_gives_its_own_up(partners: Partners, people: People, owner: Person) -> None:
    own = people.tokens(owner)
    assert partners.revoke(Partner("billmesh-web"), own["refresh_token"]) == 200
    refreshed = people.refresh(own["refresh_token"])[1]
    assert partners.revoke(Partner("billmesh-cli"), refreshed["refresh_token"]) == 200
    assert people.refresh(refreshed["refresh_token"])[1]["error"] == "invalid_grant"


def test_standard_claims_by_scope(people: People, deps: Deps) -> None:
    person = people.sign_up(verified=True, email="asha.rao@example.com")

    def info(*scopes: str) -> dict[str, object]:
        return said(token_status.user_info(deps, account_id=person.account_id, scopes=frozenset(scopes)))[1]

    sub = to_text("acc", person.account_id)
    assert info("openid") == {"sub": sub}
    assert info("openid", "profile") == {"sub": sub, "name": "Asha Rao", "locale": "en"}
    assert info("openid", "phone") == {
        "sub": sub,
        "phone_number": person.phone.e164,
        "phone_number_verified": True,
    }
    assert info("openid", "email") == {"sub": sub, "email": "asha.rao@example.com", "email_verified": False}
