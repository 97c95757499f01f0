"""Support staff look at a merchant's data: with its owner's leave, in the owner's name, and never more than look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwk

from services.auth.config import AuthSettings
from services.auth.domain.names import SessionId
from services.auth.domain.roles import ROLE_SCOPES, Role
from services.auth.usecases import sessions, support_access
from services.kit.ids import from_text, to_text
from services.kit.tokens import Verifier
from tests.services.auth.partners import Partner
from tests.services.auth.people import claims
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type


@pytest.fixture
def owner(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, owner: Person) -> MerchantId:
    return open_shop(deps, owner)


@pytest.fixture
def helper(deps: Deps, people: People) -> Person:
    """One of our support staff."""
    person = people.sign_up()
    support_access.appoint(deps, account_id=person.account_id, is_staff=True)
    return person


@pytest.fixture
def leave(deps: Deps, owner: Person, shop: MerchantId) -> None:
    """The owner lets staff look for an hour."""
    support_access.grant_support_access(
        deps, merchant_id=shop, account_id=owner.account_id, duration=timedelta(hours=1)
    )


def exchange(partners: Partners, token: str, shop: MerchantId, /, **form: Any) -> tuple[int, dict[str, Any]]:
    dpop = form.pop("dpop", None)
    given = {
        "grant_type": EXCHANGE,
        "client_id": "billmesh-cli",
        "subject_token": token,
        "subject_token_type": ACCESS_TOKEN,
        "merchant_id": to_text("mer", shop),
        **form,
    }
    return partners.token(dpop=dpop, **given)


@pytest.mark.usefixtures("leave")
def test_staff_see_what_a_viewer_sees_in_the_owners_name(
    partners: Partners,
    people: People,
    deps: Deps,
    settings: AuthSettings,
    clock: FixedClock,
    helper: Person,
    owner: Person,
    shop: MerchantId,
) -> None:
    own = people.tokens(helper)["access_token"]
    status, body = exchange(partners, own, shop)
    assert status == 200
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope", "issued_token_type"}
    assert set(body["scope"].split()) == ROLE_SCOPES[Role.VIEWER]
    said = claims(body["access_token"])
    assert said["sub"] == to_text("acc", owner.account_id)
    assert said["act"] == {"sub": to_text("acc", helper.account_id)}
    assert (said["tid"], said["roles"]) == (to_text("mer", shop), ["viewer"])
    assert not {"auth_time", "sid"} & said.keys()
    caller = Verifier(settings, source=deps.keys, clock=clock).verify(body["access_token"])
    assert (caller.actor_id, caller.account_id) == (helper.account_id, owner.account_id)
    with deps.db.transaction(merchant=shop) as tx:
        query = "SELECT actor_id FROM audit_events WHERE action = 'support.token_issued'"
        assert tx.exec_driver_sql(query).scalars().all() == [to_text("acc", helper.account_id)]
    # Narrower, as any token.
    assert exchange(partners, own, shop, scope="bills:read")[1]["scope"] == "bills:read"
    assert exchange(partners, own, shop, scope="bills:write")[1]["error"] == "invalid_scope"
    # Such a token gets no other.
    assert exchange(partners, body["access_token"], shop)[1]["error"] == "invalid_grant"


@pytest.mark.usefixtures("leave")
def test_not_longer_than_the_owner_lets_them(
    partners: Partners, people: People, clock: FixedClock, helper: Person, shop: MerchantId
) -> None:
    clock.advance(timedelta(minutes=57))
    own = people.tokens(helper)["access_token"]
    _, body = exchange(partners, own, shop)
    said = claims(body["access_token"])
    assert body["expires_in"] == said["exp"] - said["iat"] < 180
    clock.advance(timedelta(minutes=3))
    assert exchange(partners, own, shop)[1]["error"] == "invalid_target"


def test_nobody_looks_without_leave(
    partners: Partners, people: People, deps: Deps, helper: Person, owner: Person, shop: MerchantId
) -> None:
    own = people.tokens(helper)["access_token"]
    assert exchange(partners, own, shop)[1]["error"] == "invalid_target"
    for merchant in ("", "mer_nonsense", to_text("mer", deps.ids.new())):
        assert exchange(partners, own, shop, merchant_id=merchant)[1]["error"] == "invalid_target"
    support_access.grant_support_access(
        deps, merchant_id=shop, account_id=owner.account_id, duration=timedelta(hours=1)
    )
    support_access.revoke_support_access(deps, merchant_id=shop, account_id=owner.account_id)
    assert exchange(partners, own, shop)[1]["error"] == "invalid_target"


@pytest.mark.usefixtures("leave")
def test_nobody_but_staff(
    partners: Partners, people: People, deps: Deps, helper: Person, owner: Person, shop: MerchantId
) -> None:
    stranger = people.tokens(people.sign_up())["access_token"]
    assert exchange(partners, stranger, shop)[1]["error"] == "invalid_grant"
    own = people.tokens(helper)
    support_access.appoint(deps, account_id=helper.account_id, is_staff=False)
    assert exchange(partners, own["access_token"], shop)[1]["error"] == "invalid_grant"
    support_access.appoint(deps, account_id=helper.account_id, is_staff=True)
    sid = from_text("ses", claims(own["access_token"])["sid"])
    sessions.revoke_session(deps, account_id=helper.account_id, session_id=SessionId(sid))
    assert exchange(partners, own["access_token"], shop)[1]["error"] == "invalid_grant"


@pytest.mark.usefixtures("leave")
def test_with_a_token_of_their_own_alone(
    partners: Partners, people: People, deps: Deps, helper: Person, owner: Person, shop: MerchantId, clock: FixedClock
) -> None:
    own = people.tokens(helper)
    partner = partners.register(owner, shop)
    _, theirs = partners.redeem(partners.code(helper, partner), partner)
    at_a_shop = people.tokens(helper, merchant_id=to_text("mer", open_shop(deps, helper)))
    for token in (
        own["id_token"],
        own["refresh_token"],
        theirs["access_token"],
        at_a_shop["access_token"],
        partners.own_token(partner)[1]["access_token"],
        "",
        "a.b.c",
    ):
        assert exchange(partners, token, shop)[1]["error"] == "invalid_grant"
    assert exchange(partners, own["access_token"], shop, client_id="billmesh-web")[1]["error"] == "invalid_grant"
    clock.advance(timedelta(minutes=10))
    assert exchange(partners, own["access_token"], shop)[1]["error"] == "invalid_grant"


@pytest.mark.usefixtures("leave")
def test_at_our_own_applications_alone(
    partners: Partners, people: People, helper: Person, owner: Person, shop: MerchantId
) -> None:
    partner = partners.register(owner, shop)
    _, body = partners.redeem(partners.code(helper, partner), partner)
    form = partners.shown(
        partner,
        grant_type=EXCHANGE,
        subject_token=body["access_token"],
        subject_token_type=ACCESS_TOKEN,
        merchant_id=to_text("mer", shop),
    )
    assert partners.token(**form)[1]["error"] == "unauthorized_client"
    own = people.tokens(helper)["access_token"]
    assert exchange(partners, own, shop, client_id="billmesh-till")[1]["error"] == "unauthorized_client"
    for form in (
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"actor_token": own},
    ):
        assert exchange(partners, own, shop, **form)[1]["error"] == "invalid_request"


@pytest.mark.usefixtures("leave")
def test_who_let_them_must_still_be_an_owner(
    partners: Partners, people: People, deps: Deps, helper: Person, owner: Person, shop: MerchantId
) -> None:
    other = people.sign_up()
    add_staff(deps, shop, other, role=Role.OWNER)
    own = people.tokens(helper)["access_token"]
    with deps.db.transaction(merchant=shop) as tx:
        tx.exec_driver_sql("UPDATE members SET role = 'manager' WHERE account_id = %s", (str(owner.account_id),))
    assert exchange(partners, own, shop)[1]["error"] == "invalid_target"


@pytest.mark.usefixtures("leave")
def test_a_bound_token_takes_its_key(partners: Partners, people: People, helper: Person, shop: MerchantId) -> None:
    key, other = jwk.ECKey.generate_key("P-256"), jwk.ECKey.generate_key("P-256")
    refresh_token = people.tokens(helper)["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "billmesh-cli", "refresh_token": refresh_token}
    _, bound = partners.token(dpop=key, **form)
    assert exchange(partners, bound["access_token"], shop)[1]["error"] == "invalid_grant"
    assert exchange(partners, bound["access_token"], shop, dpop=other)[1]["error"] == "invalid_grant"
    status, body = exchange(partners, bound["access_token"], shop, dpop=key)
    assert (status, claims(body["access_token"])["cnf"]) == (200, {"jkt": key.thumbprint()})


def test_a_public_client_may_not_pretend(partners: Partners, shop: MerchantId) -> None:
    assert exchange(partners, "t", shop, client_id=Partner("nobody").client_id)[1]["error"] == "invalid_client"
