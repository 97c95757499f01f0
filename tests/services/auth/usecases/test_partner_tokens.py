"""Tokens that people let merchants' clients have: whose they are, for which merchant, and by whom they are taken."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwk, jwt
from joserfc.jwk import KeySet

from services.auth.config import AuthSettings
from services.auth.domain.client import Authentication
from services.auth.domain.roles import FIRST_PARTY_SCOPES, Role
from services.auth.oauth.claims import half_hash
from services.auth.usecases import api_clients
from services.kit.context import Audience
from services.kit.ids import to_text
from services.kit.money import Money
from services.kit.tokens import TokenInvalid, Verifier
from tests.services.auth.partners import CALLBACK, Partner
from tests.services.auth.people import VERIFIER, claims
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

KEY = jwk.ECKey.generate_key("P-256")
OTHER = jwk.ECKey.generate_key("P-256")


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
def till(partners: Partners, owner: Person, shop: MerchantId) -> Partner:
    """A client that shows nothing."""
    return partners.register(owner, shop, authentication=Authentication.NONE)


@pytest.fixture
def person(people: People) -> Person:
    return people.sign_up()


def refresh(partners: Partners, partner: Partner, token: str, **more: Any) -> tuple[int, dict[str, Any]]:
    dpop = more.pop("dpop", None)
    form = partners.shown(partner, grant_type="refresh_token", refresh_token=token, **more)
    return partners.token(dpop=dpop, **form)


def test_an_id_token_says_who_signed_in_to_whom(
    partners: Partners, partner: Partner, person: Person, deps: Deps, settings: AuthSettings, clock: FixedClock
) -> None:
    code = partners.code(person, partner, scope="openid profile", nonce="a nonce")
    _, body = partners.redeem(code, partner)
    keys = KeySet.import_key_set(json.loads(deps.keys.fetch()))
    decoded = jwt.decode(body["id_token"], keys, algorithms=["ES256"])
    said = decoded.claims
    assert decoded.header["typ"] == "JWT"
    assert (said["iss"], said["aud"]) == ("https://edge.test", partner.client_id)
    assert said["sub"] == to_text("acc", person.account_id)
    assert (said["nonce"], said["acr"]) == ("a nonce", "urn:billmesh:aal2")
    assert said["at_hash"] == half_hash(body["access_token"])
    assert said["sid"] == claims(body["access_token"])["sid"]
    assert said["exp"] - said["iat"] == 600
    # No service takes it for an access token.
    with pytest.raises(TokenInvalid):
        Verifier(settings, source=deps.keys, clock=clock).verify(body["id_token"])
    assert deps.keys.claims(body["id_token"]) is None


def test_none_without_openid(partners: Partners, partner: Partner, person: Person) -> None:
    _, body = partners.redeem(partners.code(person, partner, scope="profile"), partner)
    assert "id_token" not in body
    _, body = partners.redeem(partners.code(person, partner, scope="openid"), partner)
    assert "nonce" not in claims(body["id_token"])


def test_any_merchant_where_the_person_works(
    partners: Partners, partner: Partner, deps: Deps, people: People, person: Person
) -> None:
    """A live client is not bound to the merchant that registered it."""
    theirs = open_shop(deps, people.sign_up())
    add_staff(deps, theirs, person, role=Role.CASHIER)
    code = partners.code(person, partner)
    _, body = partners.redeem(code, partner, merchant_id=to_text("mer", theirs))
    said = claims(body["access_token"])
    assert (said["tid"], said["roles"]) == (to_text("mer", theirs), ["cashier"])
    assert set(body["scope"].split()) == {"bills:read", "bills:write", "customers:read"}
    nobodys = to_text("mer", deps.ids.new())
    assert refresh(partners, partner, body["refresh_token"], merchant_id=nobodys)[1]["error"] == "invalid_target"


def test_a_members_refund_ceiling_travels_with_them(
    partners: Partners,
    partner: Partner,
    deps: Deps,
    owner: Person,
    shop: MerchantId,
    settings: AuthSettings,
    clock: FixedClock,
) -> None:
    with deps.db.transaction(merchant=shop) as tx:
        tx.exec_driver_sql("UPDATE members SET refund_ceiling_minor = 50000, refund_ceiling_currency = 'INR'")
    _, body = partners.redeem(partners.code(owner, partner), partner, merchant_id=to_text("mer", shop))
    assert claims(body["access_token"])["limits"] == {"refund": {"minor": 50000, "currency": "INR"}}
    caller = Verifier(settings, source=deps.keys, clock=clock).verify(body["access_token"])
    assert caller.refund_ceiling == Money(50000, "INR")
    _, own = refresh(partners, partner, body["refresh_token"], merchant_id="")
    assert "limits" not in claims(own["access_token"])


def test_a_test_client_sees_no_live_data(
    partners: Partners, deps: Deps, owner: Person, shop: MerchantId, people: People
) -> None:
    scopes = frozenset(("openid", "profile", "bills:own", "shopping", "bills:read"))
    tester = partners.register(owner, shop, test_mode=True, scopes=scopes)
    twin = claims(partners.own_token(tester)[1]["access_token"])["tid"]
    _, body = partners.redeem(partners.code(owner, tester), tester)
    assert body["scope"] == "openid profile"
    live = refresh(partners, tester, body["refresh_token"], merchant_id=to_text("mer", shop))
    assert live[1]["error"] == "invalid_target"
    elsewhere = to_text("mer", open_shop(deps, owner))
    assert refresh(partners, tester, body["refresh_token"], merchant_id=elsewhere)[1]["error"] == "invalid_target"
    _, test = refresh(partners, tester, body["refresh_token"], merchant_id=twin)
    said = claims(test["access_token"])
    assert (said["tid"], said["mode"], said["roles"]) == (twin, "test", ["owner"])


def test_third_parties_never_get_what_is_our_own(
    partners: Partners, partner: Partner, deps: Deps, shop: MerchantId, owner: Person
) -> None:
    """Whatever a row says, and whatever was granted before."""
    with deps.db.transaction(merchant=shop) as tx:
        tx.exec_driver_sql("UPDATE api_clients SET scopes = scopes || %s", (sorted(FIRST_PARTY_SCOPES),))
    for scope in sorted(FIRST_PARTY_SCOPES):
        assert partners.own_token(partner, scope=scope)[1]["error"] == "invalid_scope"
    code = partners.code(owner, partner)
    with deps.db.transaction() as tx:
        tx.exec_driver_sql("UPDATE authorization_codes SET granted = granted || %s", (sorted(FIRST_PARTY_SCOPES),))
    _, body = partners.redeem(code, partner, merchant_id=to_text("mer", shop))
    assert not FIRST_PARTY_SCOPES & set(body["scope"].split())
    _, body = refresh(partners, partner, body["refresh_token"], merchant_id="")
    assert not FIRST_PARTY_SCOPES & set(body["scope"].split())


def test_clients_do_not_take_each_others(
    partners: Partners, partner: Partner, till: Partner, owner: Person, shop: MerchantId, person: Person
) -> None:
    other = partners.register(owner, shop)
    code = partners.code(person, partner)
    for thief in (other, till, Partner("billmesh-cli")):
        assert partners.redeem(code, thief)[1]["error"] == "invalid_grant"
    _, body = partners.redeem(code, partner)
    for thief in (other, till, Partner("billmesh-cli")):
        assert refresh(partners, thief, body["refresh_token"])[1]["error"] == "invalid_grant"
    assert refresh(partners, partner, body["refresh_token"])[0] == 200


def test_a_confidential_client_authenticates_for_codes_and_refreshes(
    partners: Partners, partner: Partner, person: Person
) -> None:
    """A code or refresh token alone, out of a log or a browser's history, is worth nothing."""
    bare = Partner(partner.client_id)
    code = partners.code(person, partner)
    assert partners.redeem(code, bare)[1]["error"] == "invalid_client"
    _, body = partners.redeem(code, partner)
    assert refresh(partners, bare, body["refresh_token"])[1]["error"] == "invalid_client"
    assert refresh(partners, partner, body["refresh_token"])[0] == 200


def test_pkce_is_checked_whoever_the_client_is(partners: Partners, partner: Partner, person: Person) -> None:
    for wrong in ({"code_verifier": ""}, {"code_verifier": "w" * 43}, {"code_verifier": VERIFIER, "redirect_uri": "x"}):
        code = partners.code(person, partner)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **wrong}
        assert partners.token(**partners.shown(partner, **form))[1]["error"] in {"invalid_request", "invalid_grant"}


def test_a_deleted_client_gets_nothing_any_more(
    partners: Partners, partner: Partner, deps: Deps, owner: Person, shop: MerchantId, person: Person
) -> None:
    _, body = partners.redeem(partners.code(person, partner), partner)
    code = partners.code(person, partner)
    api_clients.delete_api_client(deps, merchant_id=shop, account_id=owner.account_id, client_id=partner.id)
    assert partners.own_token(partner)[1]["error"] == "invalid_client"
    assert partners.redeem(code, partner)[1]["error"] == "invalid_client"
    assert refresh(partners, partner, body["refresh_token"])[1]["error"] == "invalid_client"


class TestBoundToAKey:
    """RFC 9449."""

    def test_tokens_of_a_proven_key_say_so(
        self, partners: Partners, till: Partner, person: Person, deps: Deps, settings: AuthSettings, clock: FixedClock
    ) -> None:
        code = partners.code(person, till)
        form = partners.shown(
            till, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER
        )
        _, body = partners.token(dpop=KEY, **form)
        assert body["token_type"] == "DPoP"  # noqa: S105 - a type
        caller = Verifier(settings, source=deps.keys, clock=clock).verify(body["access_token"])
        assert (caller.bound_to, caller.audience) == (KEY.thumbprint(), Audience.PERSON)

    def test_a_public_clients_refresh_token_takes_the_same_key(
        self, partners: Partners, till: Partner, person: Person
    ) -> None:
        code = partners.code(person, till)
        form = partners.shown(
            till, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER
        )
        first = partners.token(dpop=KEY, **form)[1]["refresh_token"]
        assert refresh(partners, till, first)[1]["error"] == "invalid_dpop_proof"
        assert refresh(partners, till, first, dpop=OTHER)[1]["error"] == "invalid_dpop_proof"
        status, body = refresh(partners, till, first, dpop=KEY)
        assert (status, body["token_type"]) == (200, "DPoP")
        assert refresh(partners, till, body["refresh_token"], dpop=OTHER)[1]["error"] == "invalid_dpop_proof"
        assert refresh(partners, till, body["refresh_token"], dpop=KEY)[0] == 200

    def test_a_confidential_client_may_change_its_key(
        self, partners: Partners, partner: Partner, person: Person
    ) -> None:
        code = partners.code(person, partner)
        form = partners.shown(
            partner, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER
        )
        first = partners.token(dpop=KEY, **form)[1]["refresh_token"]
        _, body = refresh(partners, partner, first, dpop=OTHER)
        assert claims(body["access_token"])["cnf"] == {"jkt": OTHER.thumbprint()}

    def test_a_code_may_be_bound_before(self, partners: Partners, till: Partner, person: Person) -> None:
        code = partners.code(person, till, dpop_jkt=KEY.thumbprint())
        form = partners.shown(
            till, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER
        )
        assert partners.token(**form)[1]["error"] == "invalid_dpop_proof"
        assert partners.token(dpop=OTHER, **form)[1]["error"] == "invalid_dpop_proof"
        assert partners.token(dpop=KEY, **form)[0] == 200

    @pytest.mark.parametrize(
        "more",
        [
            {"url": "https://edge.test/oauth2/par"},
            {"url": "https://elsewhere.test/oauth2/token"},
            {"method": "GET"},
            {"iat": 0},
            {"jti": ""},
            {"header": {"typ": "JWT"}},
            {"header": {"jwk": KEY.as_dict(private=True)}},
        ],
    )
    def test_a_wrong_proof_is_refused(self, partners: Partners, partner: Partner, more: dict[str, Any]) -> None:
        form = partners.shown(partner, grant_type="client_credentials")
        received = partners.received("/oauth2/token", form, dpop=KEY, **more)
        status, body = partners.ask(received)
        assert (status, body["error"]) == (400, "invalid_dpop_proof")

    def test_a_proof_is_good_once(self, partners: Partners, partner: Partner) -> None:
        form = partners.shown(partner, grant_type="client_credentials")
        received = partners.received("/oauth2/token", form, dpop=KEY, jti="once")
        assert partners.ask(received)[0] == 200
        with_another_id = partners.ask(received, request_id="another")
        assert with_another_id[1]["error"] == "invalid_dpop_proof"

    def test_one_proof_at_a_time(self, partners: Partners, partner: Partner) -> None:
        form = partners.shown(partner, grant_type="client_credentials")
        received = partners.received("/oauth2/token", form, dpop=KEY)
        doubled = type(received)(
            path=received.path,
            content_type=received.content_type,
            body=received.body,
            proofs=received.proofs * 2,
        )
        assert partners.ask(doubled)[1]["error"] == "invalid_dpop_proof"


def test_a_stolen_refresh_token_ends_the_family_and_is_told(
    partners: Partners, partner: Partner, deps: Deps, person: Person, clock: FixedClock
) -> None:
    _, body = partners.redeem(partners.code(person, partner), partner)
    first = body["refresh_token"]
    second = refresh(partners, partner, first)[1]["refresh_token"]
    clock.advance(timedelta(seconds=21))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: refresh(partners, partner, first), range(4)))
    assert {answer["error"] for _, answer in answers} == {"invalid_grant"}
    assert refresh(partners, partner, second)[1]["error"] == "invalid_grant"
    with deps.db.transaction(account=person.account_id) as tx:
        events = tx.exec_driver_sql(
            "SELECT client_id, target_id FROM audit_events WHERE action = 'session.refresh_reused'"
        ).all()
        told = tx.exec_driver_sql(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'auth.send_security_notice'"
            " AND args->>'event' = 'SESSION_STOLEN' AND args->>'account_id' = %s",
            (str(person.account_id),),
        ).scalar_one()
    assert [tuple(event) for event in events] == [(partner.client_id, claims(body["access_token"])["sid"])]
    assert told == 1
