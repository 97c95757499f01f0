"""The token endpoint: codes, PKCE, refresh rotation, tenants and scopes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from services.auth.config import AuthSettings
from services.auth.domain.roles import PERSON_SCOPES, ROLE_SCOPES, Role
from services.auth.keys import KeyRing
from services.auth.oauth.received import Received
from services.auth.usecases import sessions, tokens
from services.kit.context import Audience
from services.kit.ids import to_text
from services.kit.tokens import Verifier
from tests.services.auth.people import FORM, VERIFIER, claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.people import People


def test_a_code_becomes_tokens(people: People, deps: Deps, settings: AuthSettings, clock: FixedClock) -> None:
    person = people.sign_up()
    status, body = people.redeem(person.code)
    assert status == 200
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert set(body["scope"].split()) == PERSON_SCOPES
    said = claims(body["access_token"])
    assert said["iss"] == "https://edge.test"
    assert said["aud"] == "billmesh"
    assert said["sub"] == to_text("acc", person.account_id)
    assert said["client_id"] == "billmesh-cli"
    assert said["acr"] == "urn:billmesh:aal2"
    assert said["amr"] == ["pwd", "otp", "mfa"]
    assert said["exp"] - said["iat"] == 600
    assert "tid" not in said
    assert "roles" not in said
    caller = Verifier(settings, source=deps.keys, clock=clock).verify(body["access_token"])
    assert caller.audience is Audience.PERSON
    assert caller.account_id == person.account_id
    assert caller.auth_time is not None


def test_a_code_is_good_once_and_its_reuse_ends_what_it_started(people: People) -> None:
    person = people.sign_up()
    _, first = people.redeem(person.code)
    status, body = people.redeem(person.code)
    assert (status, body["error"]) == (400, "invalid_grant")
    status, body = people.refresh(first["refresh_token"])
    assert (status, body["error"]) == (400, "invalid_grant")


def test_a_code_redeemed_at_once_by_many_leaves_nothing_alive(people: People) -> None:
    person = people.sign_up()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: people.redeem(person.code), range(8)))
    won = [body for status, body in answers if status == 200]
    assert len(won) == 1
    assert people.refresh(won[0]["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_code_ends(people: People, clock: FixedClock) -> None:
    person = people.sign_up()
    clock.advance(timedelta(seconds=60))
    assert people.redeem(person.code)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1/elsewhere"}, "invalid_grant"),
        ({"redirect_uri": ""}, "invalid_grant"),
        ({"client_id": "billmesh-web"}, "invalid_grant"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"merchant_id": "mer_nonsense"}, "invalid_target"),
        ({"client_secret": "there is none"}, "invalid_client"),
    ],
)
def test_a_wrong_request_is_refused_and_the_code_stays_good(people: People, form: dict[str, str], error: str) -> None:
    person = people.sign_up()
    status, body = people.redeem(person.code, **form)
    assert (status, body["error"]) == (400, error)
    assert people.redeem(person.code)[0] == 200


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b"grant_type=refresh_token"),
        (FORM, b"grant_type=refresh_token&grant_type=refresh_token"),
        (FORM, b"grant_type"),
        (FORM, "grant_type=é".encode()),
        (FORM, b"a=%ff"),
        (FORM, b"&".join(b"a%d=1" % number for number in range(50))),
    ],
)
def test_what_is_no_form_is_refused(people: People, deps: Deps, content_type: str, body: bytes) -> None:
    received = Received(path="/oauth2/token", content_type=content_type, body=body)
    answer = tokens.issue_token(deps, endpoint=people.endpoint, received=received)
    assert answer.status == 400
    assert json.loads(answer.body)["error"] == "invalid_request"


def test_an_empty_form_names_no_grant(people: People, deps: Deps) -> None:
    received = Received(path="/oauth2/token", content_type=FORM + "; charset=utf-8", body=b"")
    answer = tokens.issue_token(deps, endpoint=people.endpoint, received=received)
    assert json.loads(answer.body)["error"] == "unsupported_grant_type"


def test_refresh_tokens_rotate(people: People, clock: FixedClock) -> None:
    first = people.tokens(people.sign_up())
    _, second = people.refresh(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    clock.advance(timedelta(days=29))
    status, third = people.refresh(second["refresh_token"])
    assert status == 200
    said = claims(third["access_token"])
    assert said["iat"] - said["auth_time"] >= timedelta(days=29).total_seconds()
    clock.advance(timedelta(days=30))
    assert people.refresh(third["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_lost_answer_can_be_asked_for_again_for_twenty_seconds(people: People, clock: FixedClock) -> None:
    first = people.tokens(people.sign_up())["refresh_token"]
    second = people.refresh(first)[1]["refresh_token"]
    clock.advance(timedelta(seconds=20))
    assert people.refresh(first)[1]["refresh_token"] == second
    assert people.refresh(second)[0] == 200


def test_a_token_whose_successor_is_in_use_gets_nothing_and_harms_nothing(people: People) -> None:
    first = people.tokens(people.sign_up())["refresh_token"]
    second = people.refresh(first)[1]["refresh_token"]
    third = people.refresh(second)[1]["refresh_token"]
    assert people.refresh(first)[1]["error"] == "invalid_grant"
    assert people.refresh(third)[0] == 200


def test_a_token_used_again_later_ends_the_family(people: People, clock: FixedClock) -> None:
    first = people.tokens(people.sign_up())["refresh_token"]
    second = people.refresh(first)[1]["refresh_token"]
    clock.advance(timedelta(seconds=21))
    assert people.refresh(first)[1]["error"] == "invalid_grant"
    assert people.refresh(second)[1]["error"] == "invalid_grant"


def test_another_client_gets_nothing_and_harms_nothing(people: People) -> None:
    first = people.tokens(people.sign_up())["refresh_token"]
    assert people.refresh(first, client_id="billmesh-web")[1]["error"] == "invalid_grant"
    assert people.refresh(first)[0] == 200


def test_sixteen_refreshes_at_once_leave_one_living_member(people: People, deps: Deps) -> None:
    person = people.sign_up()
    first = people.tokens(person)["refresh_token"]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: people.refresh(first), range(16)))
    assert {status for status, _ in answers} == {200}
    (successor,) = {body["refresh_token"] for _, body in answers}
    with deps.db.transaction() as tx:
        living = tx.exec_driver_sql(
            "SELECT count(*) FROM refresh_tokens WHERE account_id = %s AND use_time IS NULL",
            (str(person.account_id),),
        ).scalar_one()
    assert living == 1
    assert people.refresh(successor)[0] == 200


def test_a_revoked_session_refreshes_no_more(people: People, deps: Deps) -> None:
    person = people.sign_up()
    first = people.tokens(person)
    session = claims(first["access_token"])["sid"]
    with deps.db.transaction(account=person.account_id) as tx:
        (found,) = tx.exec_driver_sql("SELECT id FROM sessions").scalars()
    assert to_text("ses", found) == session
    sessions.revoke_session(deps, account_id=person.account_id, session_id=found)
    sessions.revoke_session(deps, account_id=person.account_id, session_id=found)
    assert people.refresh(first["refresh_token"])[1]["error"] == "invalid_grant"


@pytest.mark.parametrize("role", list(Role))
def test_a_merchants_token_carries_the_role(people: People, deps: Deps, role: Role) -> None:
    person = people.sign_up()
    shop = to_text("mer", open_shop(deps, person, role=role))
    body = people.tokens(person, merchant_id=shop)
    assert set(body["scope"].split()) == ROLE_SCOPES[role]
    said = claims(body["access_token"])
    assert (said["tid"], said["roles"]) == (shop, [role.value])
    # A refresh stays there, another name moves, an empty one is the person's.
    stayed = people.refresh(body["refresh_token"])[1]
    assert claims(stayed["access_token"])["tid"] == shop
    other = to_text("mer", open_shop(deps, person))
    moved = people.refresh(stayed["refresh_token"], merchant_id=other)[1]
    assert claims(moved["access_token"])["tid"] == other
    own = people.refresh(moved["refresh_token"], merchant_id="")[1]
    assert "tid" not in claims(own["access_token"])
    assert set(own["scope"].split()) == PERSON_SCOPES


def test_anothers_merchant_is_as_unknown_as_none(people: People, deps: Deps) -> None:
    person = people.sign_up()
    anothers = to_text("mer", open_shop(deps, people.sign_up()))
    nobodys = to_text("mer", deps.ids.new())
    code = people.sign_in(person)
    answers = [people.redeem(code, merchant_id=merchant) for merchant in (anothers, nobodys)]
    assert answers[0] == answers[1]
    assert answers[0][1]["error"] == "invalid_target"
    refresh_token = people.redeem(code)[1]["refresh_token"]
    assert people.refresh(refresh_token, merchant_id=anothers)[1]["error"] == "invalid_target"
    assert people.refresh(refresh_token)[0] == 200


def test_scopes_are_what_was_asked_for_and_the_role_allows(people: People, deps: Deps) -> None:
    person = people.sign_up()
    shop = to_text("mer", open_shop(deps, person, role=Role.VIEWER))
    asked = frozenset(("bills:read", "bills:write", "profile"))
    status, body = people.redeem(people.sign_in(person, scopes=asked), merchant_id=shop)
    assert (status, body["scope"]) == (200, "bills:read")
    refused = people.refresh(body["refresh_token"], scope="bills:read payments:read")
    assert refused[1]["error"] == "invalid_scope"
    assert people.refresh(body["refresh_token"], scope="bills:write")[1]["error"] == "invalid_scope"
    own = people.refresh(body["refresh_token"], merchant_id="", scope="profile")[1]
    assert own["scope"] == "profile"


def test_signing_keys_are_made_once_and_shared(settings: AuthSettings, deps: Deps, clock: FixedClock) -> None:
    rings = [
        KeyRing(db=deps.db, vault=deps.vault, clock=clock, ids=deps.ids, issuer=deps.issuer, audience=deps.audience)
        for _ in range(4)
    ]
    with ThreadPoolExecutor(4) as threads:
        published = set(threads.map(lambda ring: ring.fetch(), rings))
    (only,) = published
    keys = json.loads(only)["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["crv"], key["alg"], key["use"]) == ("P-256", "ES256", "sig")


def test_nothing_secret_is_stored_in_clear(people: People, deps: Deps) -> None:
    person = people.sign_up(verified=True, email="asha.rao@example.com", request_id=uuid4())
    body = people.tokens(person)
    with deps.db.transaction(account=person.account_id) as tx:
        tables = tx.exec_driver_sql(
            "SELECT quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_schema = 'auth' AND table_type = 'BASE TABLE'"
        ).scalars()
        dump = "\n".join(
            str(row)
            for table in list(tables)
            for row in tx.exec_driver_sql(f"SELECT t::text FROM {table} t")  # noqa: S608
        )
    for secret in (person.phone.e164[1:], "asha.rao@", person.secret, body["refresh_token"], person.code, VERIFIER):
        assert secret not in dump
        assert secret.encode().hex() not in dump
