"""/oauth2/authorize and /oauth2/par: who is sent where, and with what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from joserfc import jwk

from services.auth.domain.client import Authentication, Grant
from services.auth.domain.errors.clients import AuthorizationRequestExpired
from services.auth.usecases import authorization_endpoint, authorizations
from tests.services.auth.partners import CALLBACK, Partner, handle_of, location_of, query_of, said
from tests.services.auth.people import claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person


@pytest.fixture
def owner(people: People) -> Person:
    return people.sign_up()


@pytest.fixture
def shop(deps: Deps, owner: Person) -> MerchantId:
    return open_shop(deps, owner)


@pytest.fixture
def partner(partners: Partners, owner: Person, shop: MerchantId) -> Partner:
    return partners.register(owner, shop)


def test_a_browser_is_sent_to_the_sign_in_page(partners: Partners, partner: Partner, deps: Deps) -> None:
    answer = partners.authorize(partners.asked(partner, scope="openid bills:read", login_hint="+919845012345"))
    assert (answer.status, answer.body) == (302, b"")
    assert location_of(answer).startswith("https://edge.test/sign-in?request=")
    summary = authorizations.describe(deps, handle=handle_of(answer))
    assert summary.client_id == partner.client_id
    assert (summary.client_name, summary.publisher_name) == ("Ledger Sync", "Corner Shop")
    assert summary.scopes == {"openid", "bills:read"}
    assert summary.third_party
    assert summary.login_hint == "+919845012345"


def test_a_form_is_as_good(partners: Partners, partner: Partner, deps: Deps) -> None:
    received = partners.received("/oauth2/authorize", partners.asked(partner))
    answer = authorization_endpoint.authorize_by_form(deps, received=received)
    assert answer.status == 303
    assert handle_of(answer)


@pytest.mark.parametrize(
    "uri",
    [
        "https://partner.example/callback/",
        "https://partner.example/callback/../evil",
        "https://partner.example/callback?next=x",
        "https://partner.example/callback#x",
        "https://partner.example/callbac",
        "https://partner.example/callback%2e",
        "https://partner.example/CALLBACK",
        "HTTPS://partner.example/callback",
        "https://PARTNER.example/callback",
        "https://partner.example:443/callback",
        "https://partner.example.evil.example/callback",
        "https://partner.example@evil.example/callback",
        "https://evil.example/callback",
        "https://evil.example/?https://partner.example/callback",
        "http://partner.example/callback",
        "//partner.example/callback",
        "javascript:alert(1)//https://partner.example/callback",
        "data:text/html,x",
        "https://partner.example/callback\r\nlocation: https://evil.example",
        " https://partner.example/callback",
        "https://partner.example\\@evil.example/callback",
        "",
    ],
)
def test_nobody_is_sent_where_the_client_did_not_register(partners: Partners, partner: Partner, uri: str) -> None:
    answer = partners.authorize(partners.asked(partner, redirect_uri=uri))
    assert (answer.status, answer.headers) == (400, ())
    assert said(answer)[1]["error"] == "invalid_request"


@pytest.mark.parametrize("client_id", ["nobody", "", "cli_00000000000000000000000000", "billmesh", "billmesh-cli\0"])
def test_nobody_is_sent_anywhere_for_a_client_that_is_none(partners: Partners, client_id: str) -> None:
    answer = partners.authorize(partners.asked(client_id=client_id))
    assert (answer.status, answer.headers) == (400, ())


def test_a_parameter_comes_once(partners: Partners, partner: Partner, deps: Deps) -> None:
    query = urlencode(partners.asked(partner))
    for more in ("state=other", "redirect_uri=https%3A%2F%2Fevil.example", "unknown=1&unknown=2", "a%00b=c"):
        answer = authorization_endpoint.authorize_by_query(deps, query=f"{query}&{more}")
        assert (answer.status, answer.headers) == (400, ())
    assert authorization_endpoint.authorize_by_query(deps, query=f"{query}&unknown=1").status == 302
    assert authorization_endpoint.authorize_by_query(deps, query="").status == 400
    assert authorization_endpoint.authorize_by_query(deps, query=f"{query}&a=%ff").status == 400
    assert authorization_endpoint.authorize_by_query(deps, query=f"{query}&a=" + "x" * 20_000).status == 400


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "v" * 42}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"scope": "account"}, "invalid_scope"),
        ({"scope": "openid members:write"}, "invalid_scope"),
        ({"scope": "bills:read  openid"}, "invalid_scope"),
        ({"scope": "offline_access"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "9" * 40}, "invalid_request"),
        ({"max_age": "0" * 20 + "9" * 20}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
    ],
)
def test_what_is_wrong_is_told_to_the_client(
    partners: Partners, partner: Partner, parameters: dict[str, Any], error: str
) -> None:
    answer = partners.authorize(partners.asked(partner, **parameters))
    location = location_of(answer)
    assert answer.status == 302
    assert location.startswith(f"{CALLBACK}?")
    query = query_of(location)
    assert (query["error"], query["state"], query["iss"]) == (error, "a state", "https://edge.test")
    assert "code" not in query


def test_a_state_that_cannot_be_kept_is_refused(partners: Partners, partner: Partner) -> None:
    for state in ("s" * 513, "a\nb", "ö"):
        query = query_of(location_of(partners.authorize(partners.asked(partner, state=state))))
        assert query["error"] == "invalid_request"
        assert "state" not in query


def test_clients_use_the_grants_that_they_registered(partners: Partners, owner: Person, shop: MerchantId) -> None:
    machine = partners.register(owner, shop, grant_types=frozenset((Grant.CLIENT_CREDENTIALS,)), redirect_uris=())
    assert partners.authorize(partners.asked(machine)).status == 400


def test_a_handle_is_answered_once_and_ends(
    partners: Partners, partner: Partner, deps: Deps, owner: Person, clock: FixedClock
) -> None:
    handle = partners.handle(partner)
    assert partners.allowed(owner, handle).code
    for late in (handle, "x" * 43):
        with pytest.raises(AuthorizationRequestExpired):
            authorizations.describe(deps, handle=late)
    handle = partners.handle(partner)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(AuthorizationRequestExpired):
        authorizations.describe(deps, handle=handle)


def test_a_code_comes_back_with_state_and_issuer(partners: Partners, partner: Partner, owner: Person) -> None:
    redirect_to = partners.allowed(
        owner, partners.handle(partner, scope="openid bills:read offline_access")
    ).redirect_to
    assert redirect_to.startswith(f"{CALLBACK}?")
    query = query_of(redirect_to)
    assert query.keys() == {"code", "state", "iss"}
    status, body = partners.redeem(query["code"], partner)
    assert status == 200
    assert body["scope"] == "openid"
    assert claims(body["id_token"])["aud"] == partner.client_id


def test_loopback_takes_any_port(partners: Partners, owner: Person, shop: MerchantId) -> None:
    native = partners.register(
        owner,
        shop,
        authentication=Authentication.NONE,
        redirect_uris=("http://127.0.0.1/cb", "http://[::1]:1/cb", "com.example.app:/cb"),
    )
    for uri in ("http://127.0.0.1:49152/cb", "http://[::1]:49152/cb", "http://127.0.0.1/cb", "com.example.app:/cb"):
        assert partners.authorize(partners.asked(native, redirect_uri=uri)).status == 302
    for uri in (
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:49152@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.2:49152/cb",
        "http://localhost:49152/cb",
        "https://127.0.0.1:49152/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:4915200/cb",
        "com.example.app:1/cb",
    ):
        assert partners.authorize(partners.asked(native, redirect_uri=uri)).status == 400


def pushed(partners: Partners, deps: Deps, partner: Partner, /, **parameters: Any) -> tuple[int, dict[str, Any]]:
    dpop = parameters.pop("dpop", None)
    form = partners.shown(partner, **partners.asked(partner, **parameters))
    return said(authorization_endpoint.push(deps, received=partners.received("/oauth2/par", form, dpop=dpop)))


def test_what_was_pushed_is_used_once(partners: Partners, partner: Partner, deps: Deps) -> None:
    status, body = pushed(partners, deps, partner, scope="openid")
    assert status == 201
    assert body["expires_in"] == 90
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    named = {"client_id": partner.client_id, "request_uri": body["request_uri"]}
    # What stands beside it counts for nothing.
    beside = named | {"scope": "bills:write", "redirect_uri": "https://evil.example/"}
    summary = authorizations.describe(deps, handle=handle_of(partners.authorize(beside)))
    assert summary.scopes == {"openid"}
    assert said(partners.authorize(named)) == (
        400,
        {
            "error": "invalid_request_uri",
            "error_description": "The request_uri is not of this client, was used, or is too old.",
        },
    )


def test_what_was_pushed_is_the_clients_own_and_ends(
    partners: Partners, partner: Partner, deps: Deps, owner: Person, shop: MerchantId, clock: FixedClock
) -> None:
    uri = pushed(partners, deps, partner)[1]["request_uri"]
    other = partners.register(owner, shop)
    for client_id, named in (
        (other.client_id, uri),
        ("billmesh-cli", uri),
        (partner.client_id, uri.removeprefix("urn:")),
        (partner.client_id, "https://partner.example/request.jwt"),
    ):
        assert partners.authorize({"client_id": client_id, "request_uri": named}).status == 400
    clock.advance(timedelta(seconds=90))
    assert partners.authorize({"client_id": partner.client_id, "request_uri": uri}).status == 400


def test_pushing_takes_authentication_and_right_parameters(partners: Partners, partner: Partner, deps: Deps) -> None:
    impostor = Partner(partner.client_id, "w" * 43)
    assert pushed(partners, deps, impostor)[1]["error"] == "invalid_client"
    assert pushed(partners, deps, Partner(partner.client_id))[1]["error"] == "invalid_client"
    for parameters, error in (
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "account"}, "invalid_scope"),
        ({"request_uri": "urn:x"}, "invalid_request"),
    ):
        status, body = pushed(partners, deps, partner, **parameters)
        assert (status, body["error"]) == (400, error)


def test_a_pushed_request_may_bind_its_code_to_a_key(
    partners: Partners, partner: Partner, deps: Deps, owner: Person
) -> None:
    key, other = jwk.ECKey.generate_key("P-256"), jwk.ECKey.generate_key("P-256")
    status, body = pushed(partners, deps, partner, dpop=key, dpop_jkt=other.thumbprint())
    assert (status, body["error"]) == (400, "invalid_dpop_proof")
    uri = pushed(partners, deps, partner, dpop=key)[1]["request_uri"]
    handle = handle_of(partners.authorize({"client_id": partner.client_id, "request_uri": uri}))
    code = query_of(partners.allowed(owner, handle).redirect_to)["code"]
    form = partners.shown(
        partner, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier="v" * 43
    )
    assert partners.token(**form)[1]["error"] == "invalid_dpop_proof"
    assert partners.token(dpop=other, **form)[1]["error"] == "invalid_dpop_proof"
    assert partners.token(dpop=key, **form)[1]["token_type"] == "DPoP"  # noqa: S105 - a type
