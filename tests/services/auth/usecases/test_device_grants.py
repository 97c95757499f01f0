"""Devices without a keyboard: what they are told, and who lets them in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from services.auth.domain.client import Authentication, Grant
from services.auth.domain.device import DeviceState
from services.auth.domain.errors.clients import DeviceCodeUnknown
from services.auth.domain.errors.merchants import MerchantNotFound
from services.auth.domain.errors.sign_in import SessionNotFound, TooManyAttempts
from services.auth.domain.names import MerchantId, SessionId
from services.auth.domain.roles import Role
from services.auth.usecases import consents, device_grants
from services.kit import paging
from services.kit.ids import from_text, to_text
from tests.services.auth.partners import Partner, said
from tests.services.auth.people import claims
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.domain.client import AuthorizationSummary
    from services.auth.domain.device import DeviceGrant
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

TILL = Partner("billmesh-till")
WRONG = "BBBB-BBBB"


@pytest.fixture
def person(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, people: People, person: Person) -> MerchantId:
    found = open_shop(deps, people.sign_up())
    add_staff(deps, found, person, role=Role.CASHIER)
    return found


class Desk:
    """A person at our own web application."""

    def __init__(self, deps: Deps, people: People, person: Person) -> None:
        self.deps = deps
        self.person = person
        token = claims(people.tokens(person)["access_token"])
        self.session_id = SessionId(from_text("ses", token["sid"]))

    def look(self, user_code: str) -> tuple[DeviceGrant, AuthorizationSummary]:
        return device_grants.get_device_grant(self.deps, account_id=self.person.account_id, user_code=user_code)

    def decide(self, user_code: str, *, allowed: bool = True, merchant: MerchantId | None = None) -> DeviceGrant:
        grant, _ = device_grants.decide_device_grant(
            self.deps,
            account_id=self.person.account_id,
            session_id=self.session_id,
            auth_time=self.deps.clock.now(),
            user_code=user_code,
            allowed=allowed,
            merchant_id=merchant,
        )
        return grant


@pytest.fixture
def desk(deps: Deps, people: People, person: Person) -> Desk:
    return Desk(deps, people, person)


def later(clock: FixedClock, answer: tuple[int, dict[str, Any]]) -> str:
    """What it was told; and time passes until it asks again."""
    clock.advance(timedelta(seconds=5))
    return str(answer[1].get("error", "tokens"))


def test_a_till_is_let_in(partners: Partners, desk: Desk, shop: MerchantId, clock: FixedClock, person: Person) -> None:
    begun = partners.begin_device(TILL)
    assert begun["verification_uri"] == "https://edge.test/device"
    assert begun["verification_uri_complete"] == f"https://edge.test/device?user_code={begun['user_code']}"
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert later(clock, partners.poll(TILL, begun["device_code"])) == "authorization_pending"
    grant, summary = desk.look(begun["user_code"].lower().replace("-", ""))
    assert (grant.state, summary.client_name, summary.third_party) == (DeviceState.PENDING, "Billmesh till", False)
    assert desk.decide(begun["user_code"], merchant=shop).state is DeviceState.ALLOWED
    status, body = partners.poll(TILL, begun["device_code"])
    assert status == 200
    token = claims(body["access_token"])
    assert (token["sub"], token["tid"]) == (to_text("acc", person.account_id), to_text("mer", shop))
    assert (token["roles"], token["client_id"]) == (["cashier"], "billmesh-till")
    assert claims(body["id_token"])["aud"] == "billmesh-till"
    assert not {"account", "members:read", "clients:read"} & set(body["scope"].split())
    # Once; and its refresh token stays at the shop.
    assert later(clock, partners.poll(TILL, begun["device_code"])) == "invalid_grant"
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"], "client_id": "billmesh-till"}
    assert claims(partners.token(**refresh)[1]["access_token"])["tid"] == to_text("mer", shop)


def test_whoever_does_not_wait_waits_longer(partners: Partners, desk: Desk, clock: FixedClock) -> None:
    code = partners.begin_device(TILL)["device_code"]
    assert partners.poll(TILL, code)[1]["error"] == "authorization_pending"
    assert partners.poll(TILL, code)[1]["error"] == "slow_down"
    clock.advance(timedelta(seconds=9))
    assert partners.poll(TILL, code)[1]["error"] == "slow_down"
    clock.advance(timedelta(seconds=14))
    assert partners.poll(TILL, code)[1]["error"] == "slow_down"
    clock.advance(timedelta(seconds=20))
    assert partners.poll(TILL, code)[1]["error"] == "authorization_pending"


def test_a_till_is_not_let_in(partners: Partners, desk: Desk, clock: FixedClock) -> None:
    begun = partners.begin_device(TILL)
    assert desk.decide(begun["user_code"], allowed=False).state is DeviceState.DENIED
    for _ in range(2):
        assert later(clock, partners.poll(TILL, begun["device_code"])) == "access_denied"
    with pytest.raises(DeviceCodeUnknown):
        desk.decide(begun["user_code"])


def test_codes_end(partners: Partners, desk: Desk, clock: FixedClock) -> None:
    begun = partners.begin_device(TILL)
    clock.advance(timedelta(minutes=10))
    assert later(clock, partners.poll(TILL, begun["device_code"])) == "expired_token"
    with pytest.raises(DeviceCodeUnknown):
        desk.decide(begun["user_code"])


def test_tokens_are_fetched_once(partners: Partners, desk: Desk, clock: FixedClock) -> None:
    begun = partners.begin_device(TILL)
    desk.decide(begun["user_code"])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: partners.poll(TILL, begun["device_code"]), range(8)))
    assert [status for status, _ in answers].count(200) == 1


def test_nobody_guesses_codes(partners: Partners, desk: Desk, people: People, deps: Deps, clock: FixedClock) -> None:
    begun = partners.begin_device(TILL)
    for _ in range(10):
        with pytest.raises(DeviceCodeUnknown):
            desk.look(WRONG)
    for user_code in (WRONG, begun["user_code"]):
        with pytest.raises(TooManyAttempts):
            desk.look(user_code)
        with pytest.raises(TooManyAttempts):
            desk.decide(user_code)
    # Others are not shut out.
    assert Desk(deps, people, people.sign_up()).look(begun["user_code"])
    clock.advance(timedelta(minutes=15))
    with pytest.raises(DeviceCodeUnknown):
        desk.look(begun["user_code"])


def test_right_codes_do_not_count_and_forget_nothing(partners: Partners, desk: Desk) -> None:
    begun = partners.begin_device(TILL)
    for _ in range(9):
        with pytest.raises(DeviceCodeUnknown):
            desk.look(WRONG)
        desk.look(begun["user_code"])
    with pytest.raises(DeviceCodeUnknown):
        desk.look(WRONG)
    with pytest.raises(TooManyAttempts):
        desk.look(begun["user_code"])


def test_only_where_the_person_works(partners: Partners, desk: Desk, deps: Deps, people: People) -> None:
    begun = partners.begin_device(TILL)
    for merchant in (open_shop(deps, people.sign_up()), MerchantId(deps.ids.new())):
        with pytest.raises(MerchantNotFound):
            desk.decide(begun["user_code"], merchant=merchant)
    assert desk.decide(begun["user_code"]).state is DeviceState.ALLOWED


def test_it_takes_a_living_session(partners: Partners, desk: Desk, deps: Deps, clock: FixedClock) -> None:
    begun = partners.begin_device(TILL)
    desk.session_id = SessionId(deps.ids.new())
    with pytest.raises(SessionNotFound):
        desk.decide(begun["user_code"])


def test_partners_have_devices_too(
    partners: Partners, desk: Desk, deps: Deps, person: Person, people: People, clock: FixedClock
) -> None:
    owner = people.sign_up()
    partner = partners.register(owner, open_shop(deps, owner), authentication=Authentication.NONE)
    begun = partners.begin_device(partner, scope="openid bills:read")
    _, summary = desk.look(begun["user_code"])
    assert (summary.client_name, summary.third_party, summary.scopes) == (
        "Ledger Sync",
        True,
        frozenset(("openid", "bills:read")),
    )
    desk.decide(begun["user_code"])
    listed = consents.list_consents(deps, account_id=person.account_id, page=paging.Page(50, None, b""))
    assert [consent.client_id for consent in listed.items] == [partner.id]
    # Nobody else's client fetches them.
    other = partners.register(owner, open_shop(deps, owner), authentication=Authentication.NONE)
    for thief in (other, TILL):
        assert later(clock, partners.poll(thief, begun["device_code"])) == "invalid_grant"
    assert partners.poll(partner, begun["device_code"])[1]["scope"] == "openid"


def test_a_test_client_is_let_in_to_its_test_tenant_alone(
    partners: Partners, deps: Deps, people: People, clock: FixedClock
) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    partner = partners.register(owner, shop, test_mode=True)
    twin = MerchantId(from_text("mer", claims(partners.own_token(partner)[1]["access_token"])["tid"]))
    desk = Desk(deps, people, owner)
    begun = partners.begin_device(partner)
    with pytest.raises(MerchantNotFound):
        desk.decide(begun["user_code"], merchant=shop)
    desk.decide(begun["user_code"], merchant=twin)
    assert claims(partners.poll(partner, begun["device_code"])[1]["access_token"])["mode"] == "test"


def test_who_may_begin(partners: Partners, deps: Deps, people: People) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    no_devices = partners.register(owner, shop, grant_types=frozenset((Grant.AUTHORIZATION_CODE,)))
    public = partners.register(owner, shop, authentication=Authentication.NONE)
    for partner, form, error in (
        (no_devices, {}, "unauthorized_client"),
        (Partner("billmesh-web"), {}, "unauthorized_client"),
        (Partner(no_devices.client_id), {}, "invalid_client"),
        (public, {"scope": "account"}, "invalid_scope"),
        (TILL, {"scope": "clients:write"}, "invalid_scope"),
    ):
        received = partners.received("/oauth2/device_authorization", partners.shown(partner, **form))
        assert said(device_grants.begin(deps, received=received))[1]["error"] == error
    assert partners.poll(TILL, "")[1]["error"] == "invalid_request"
    assert partners.poll(no_devices, "x" * 43)[1]["error"] == "unauthorized_client"
