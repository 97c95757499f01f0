"""How merchants' clients show who they are, and what happens when they cannot."""

from __future__ import annotations

import base64
import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from billmesh.auth.v1 import api_client_service_pb2
from joserfc import jwk

from services.auth.convert.api_clients import with_secret_to_proto
from services.auth.domain.client import Authentication
from services.auth.oauth.received import ASSERTION_TYPE
from services.auth.usecases import api_clients
from services.kit import idempotency
from services.kit.ids import to_text
from tests.kit.proofs import encoded
from tests.services.auth.partners import Partner
from tests.services.auth.people import claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

EC = jwk.ECKey.generate_key("P-256")
RSA = jwk.RSAKey.generate_key(2048)
ED = jwk.OKPKey.generate_key("Ed25519")


@pytest.fixture
def owner(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, owner: Person) -> MerchantId:
    return open_shop(deps, owner)


def refusals(deps: Deps, shop: MerchantId) -> int:
    with deps.db.transaction(merchant=shop) as tx:
        query = "SELECT count(*) FROM audit_events WHERE action = 'client.refused'"
        return int(tx.exec_driver_sql(query).scalar_one())


def test_a_secret_in_the_form_or_in_the_header(partners: Partners, owner: Person, shop: MerchantId) -> None:
    partner = partners.register(owner, shop)
    assert len(partner.secret) == 43
    assert partners.own_token(partner)[0] == 200
    status, body = partners.token(authorization=partner.basic, grant_type="client_credentials")
    assert status == 200
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    said = claims(body["access_token"])
    assert (said["sub"], said["client_id"], said["tid"]) == (partner.client_id, partner.client_id, to_text("mer", shop))
    assert not {"acr", "amr", "auth_time", "sid", "roles", "mode", "act"} & said.keys()
    assert body["scope"] == "bills:read bills:write customers:read"


@pytest.mark.parametrize(
    ("authorization", "form", "status", "error"),
    [
        ("basic", {"client_secret": "twice"}, 400, "invalid_request"),
        ("basic", {"client_id": "billmesh-cli"}, 400, "invalid_request"),
        ("Bearer abc", {}, 401, "invalid_client"),
        ("Basic !!!", {}, 401, "invalid_client"),
        ("Basic " + base64.b64encode(b"nocolon").decode(), {}, 401, "invalid_client"),
        ("Basic " + base64.b64encode(b"\xff:\xff").decode(), {}, 401, "invalid_client"),
        ("wrong", {}, 401, "invalid_client"),
        ("", {}, 400, "invalid_client"),
        ("", {"client_secret": "wrong"}, 400, "invalid_client"),
        ("", {"client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE}, 400, "invalid_client"),
    ],
)
def test_a_wrong_secret_or_none_is_refused(
    partners: Partners,
    owner: Person,
    shop: MerchantId,
    authorization: str,
    form: dict[str, str],
    status: int,
    error: str,
) -> None:
    partner = partners.register(owner, shop)
    headers = {"basic": partner.basic, "wrong": Partner(partner.client_id, "w" * 43).basic}
    named = {} if authorization else {"client_id": partner.client_id}
    answer = partners.token(
        authorization=headers.get(authorization, authorization), **named, **form, grant_type="client_credentials"
    )
    assert (answer[0], answer[1]["error"]) == (status, error)


def test_the_old_secret_is_taken_as_long_as_asked(
    partners: Partners, deps: Deps, clock: FixedClock, owner: Person, shop: MerchantId
) -> None:
    partner = partners.register(owner, shop)

    def rotate(keep: timedelta) -> Partner:
        request = api_client_service_pb2.RotateSecretRequest(id=partner.client_id, request_id=str(uuid4()))
        answer = api_client_service_pb2.ApiClientWithSecret
        made = api_clients.rotate_secret(
            deps,
            once=idempotency.once(request, answer, with_secret_to_proto, owner=shop, vault=deps.vault),
            merchant_id=shop,
            account_id=owner.account_id,
            client_id=partner.id,
            keep_old_for=keep,
        )
        assert made.client.HasField("old_secret_expire_time") == bool(keep)
        return Partner(partner.client_id, made.secret)

    second = rotate(timedelta(hours=1))
    assert [partners.own_token(each)[0] for each in (partner, second)] == [200, 200]
    clock.advance(timedelta(hours=1))
    assert [partners.own_token(each)[0] for each in (partner, second)] == [400, 200]
    third = rotate(timedelta())
    assert [partners.own_token(each)[0] for each in (partner, second, third)] == [400, 400, 200]
    fourth = rotate(timedelta(days=7))
    fifth = rotate(timedelta(days=7))
    assert [partners.own_token(each)[0] for each in (third, fourth, fifth)] == [400, 200, 200]


@pytest.mark.parametrize(
    ("key", "alg"), [(EC, "ES256"), (RSA, "PS256"), (RSA, "RS256"), (ED, "EdDSA"), (ED, "Ed25519")]
)
def test_an_assertion_by_each_algorithm(
    partners: Partners, owner: Person, shop: MerchantId, key: Any, alg: str
) -> None:
    partner = partners.register(owner, shop, key=key)
    for audience in ("https://edge.test", "https://edge.test/oauth2/token", ["https://edge.test"]):
        status, body = partners.token(
            grant_type="client_credentials",
            client_assertion_type=ASSERTION_TYPE,
            client_assertion=partners.assertion(partner, alg=alg, aud=audience),
        )
        assert status == 200, body


def test_an_assertion_is_good_once(partners: Partners, owner: Person, shop: MerchantId) -> None:
    partner = partners.register(owner, shop, key=EC)
    form = partners.shown(partner, grant_type="client_credentials")
    assert partners.token(**form)[0] == 200
    assert partners.token(**form)[1] == {
        "error": "invalid_client",
        "error_description": "The assertion was used before.",
    }
    form = partners.shown(partner, grant_type="client_credentials")
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: partners.token(**form)[0], range(8)))
    assert sorted(answers) == [200, *[400] * 7]
    # The same jti of another client is another one.
    other = partners.register(owner, shop, key=EC)
    for each in (partner, other):
        assertion = partners.assertion(each, jti="the same")
        shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        assert partners.token(grant_type="client_credentials", **shown)[0] == 200


@pytest.mark.parametrize(
    "more",
    [
        {"aud": "https://elsewhere.test"},
        {"aud": ["https://edge.test", "https://elsewhere.test"]},
        {"aud": "https://edge.test/oauth2/revoke"},
        {"aud": None},
        {"aud": []},
        {"iss": "billmesh-web"},
        {"iss": None},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**30},
        {"exp": -1},
        {"nbf": 10**11},
        {"iat": 10**11},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 257},
        {"key": jwk.ECKey.generate_key("P-256")},
        {"alg": "RS256", "key": RSA},
    ],
)
def test_a_wrong_assertion_is_refused(
    partners: Partners, owner: Person, shop: MerchantId, more: dict[str, Any]
) -> None:
    partner = partners.register(owner, shop, key=EC)
    answer = partners.token(
        grant_type="client_credentials",
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=partners.assertion(partner, **more),
    )
    assert (answer[0], answer[1]["error"]) == (400, "invalid_client")


def test_an_assertion_lives_five_minutes_at_most(
    partners: Partners, owner: Person, shop: MerchantId, clock: FixedClock
) -> None:
    partner = partners.register(owner, shop, key=EC)
    now = int(clock.now().timestamp())
    for ahead, status in ((300, 200), (400, 400), (-60, 400)):
        shown = {"client_assertion": partners.assertion(partner, exp=now + ahead)}
        answer = partners.token(grant_type="client_credentials", client_assertion_type=ASSERTION_TYPE, **shown)
        assert answer[0] == status


def test_no_algorithm_but_the_keys_own(partners: Partners, owner: Person, shop: MerchantId) -> None:
    """Neither none, nor the public key for a secret."""
    partner = partners.register(owner, shop, key=EC)
    good = partners.assertion(partner)
    payload = good.split(".")[1]
    none = encoded({"alg": "none"})
    begun = f"{encoded({'alg': 'HS256'})}.{payload}"
    hs256 = f"{begun}.{encoded(hmac.digest(EC.as_pem(private=False), begun.encode(), 'sha256'))}"
    for forged in (f"{none}.{payload}.", f"{none}.{payload}.AAAA", hs256, good[:-4] + "AAAA"):
        answer = partners.token(
            grant_type="client_credentials", client_assertion_type=ASSERTION_TYPE, client_assertion=forged
        )
        assert answer[1]["error"] == "invalid_client"


def test_each_shows_what_it_registered(partners: Partners, owner: Person, shop: MerchantId) -> None:
    """No falling back from a key to nothing, or from nothing to a secret."""
    by_key = partners.register(owner, shop, key=EC)
    by_secret = partners.register(owner, shop)
    public = partners.register(owner, shop, authentication=Authentication.NONE)
    for impostor in (
        Partner(by_key.client_id),
        Partner(by_key.client_id, "s" * 43),
        Partner(by_secret.client_id),
        Partner(by_secret.client_id, key=EC),
        Partner(public.client_id, "s" * 43),
        Partner(public.client_id, key=EC),
        Partner("billmesh-web", "s" * 43),
        Partner(to_text("cli", uuid4())),
        Partner("cli_nonsense", "s" * 43),
    ):
        answer = partners.token(**partners.shown(impostor, grant_type="refresh_token", refresh_token="r"))  # noqa: S106
        assert answer[1]["error"] == "invalid_client", impostor


def test_refusals_are_noted_for_the_merchant_the_first_few_times(
    partners: Partners, deps: Deps, owner: Person, shop: MerchantId
) -> None:
    partner = partners.register(owner, shop)
    for _ in range(8):
        partners.own_token(Partner(partner.client_id, "w" * 43))
    assert refusals(deps, shop) == 5
    # It shuts nobody out.
    assert partners.own_token(partner)[0] == 200


def test_when_it_was_last_used_is_known_to_the_hour(
    partners: Partners, deps: Deps, owner: Person, shop: MerchantId, clock: FixedClock
) -> None:
    partner = partners.register(owner, shop)

    def last_use() -> object:
        return api_clients.get_api_client(deps, merchant_id=shop, client_id=partner.id).last_use_time

    assert last_use() is None
    partners.own_token(partner)
    assert last_use() == clock.now().replace(minute=0, second=0, microsecond=0)


def test_a_test_client_acts_for_the_test_tenant(
    partners: Partners, deps: Deps, owner: Person, shop: MerchantId
) -> None:
    partner = partners.register(owner, shop, test_mode=True)
    second = partners.register(owner, shop, test_mode=True)
    status, body = partners.own_token(partner)
    said = claims(body["access_token"])
    assert (status, said["mode"]) == (200, "test")
    assert said["tid"] != to_text("mer", shop)
    assert claims(partners.own_token(second)[1]["access_token"])["tid"] == said["tid"]
    assert partners.own_token(partner, merchant_id=to_text("mer", shop))[1]["error"] == "invalid_target"
    assert partners.own_token(partner, merchant_id=said["tid"])[0] == 200


def test_a_client_gets_no_more_than_it_registered(partners: Partners, owner: Person, shop: MerchantId) -> None:
    partner = partners.register(owner, shop)
    assert partners.own_token(partner, scope="bills:read")[1]["scope"] == "bills:read"
    for scope in ("members:write", "payments:read", "account", "bills:read members:read", "nonsense"):
        assert partners.own_token(partner, scope=scope)[1]["error"] == "invalid_scope"
    # A person's scopes are no client's.
    assert partners.own_token(partner, scope="openid")[1]["error"] == "invalid_scope"
    public = partners.register(owner, shop, authentication=Authentication.NONE)
    assert partners.own_token(public)[1]["error"] == "unauthorized_client"
