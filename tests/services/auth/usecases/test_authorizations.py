"""Consent, and answering a client for someone who is signed in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from services.auth.domain.errors.clients import (
    AuthorizationRequestExpired,
    ConsentNotFound,
    ConsentRequired,
    SignInRequired,
)
from services.auth.domain.errors.sign_in import ClientUnknown, SessionNotFound
from services.auth.domain.names import SessionId, SignInName
from services.auth.usecases import api_clients, authorizations, consents, logins
from services.kit import paging
from services.kit.ids import from_text
from tests.services.auth.partners import CALLBACK, Partner, query_of
from tests.services.auth.people import claims
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from services.auth.domain.consent import Consent
    from services.auth.domain.login import Granted
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.services.auth.partners import Partners
    from tests.services.auth.people import People, Person

FIRST_PAGE = paging.Page(50, None, b"")


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
def person(people: People) -> Person:
    return people.sign_up()


class SignedIn:
    """A person at our own web application."""

    def __init__(self, deps: Deps, people: People, person: Person) -> None:
        self._deps = deps
        self._account_id = person.account_id
        said = claims(people.tokens(person)["access_token"])
        self.session_id = SessionId(from_text("ses", said["sid"]))
        self.auth_time = deps.clock.now()

    def approve(self, handle: str, *, allowed: bool | None = None) -> Granted:
        return authorizations.approve(
            self._deps,
            account_id=self._account_id,
            session_id=self.session_id,
            auth_time=self.auth_time,
            handle=handle,
            allowed=allowed,
            device_name="Firefox",
        )


@pytest.fixture
def signed_in(deps: Deps, people: People, person: Person) -> SignedIn:
    return SignedIn(deps, people, person)


def allowed(deps: Deps, person: Person) -> list[Consent]:
    return list(consents.list_consents(deps, account_id=person.account_id, page=FIRST_PAGE).items)


def test_consent_is_asked_for_once(
    partners: Partners, partner: Partner, deps: Deps, signed_in: SignedIn, person: Person
) -> None:
    with pytest.raises(ConsentRequired):
        signed_in.approve(partners.handle(partner, scope="openid"))
    assert signed_in.approve(partners.handle(partner, scope="openid"), allowed=True).code
    assert signed_in.approve(partners.handle(partner, scope="openid")).code
    (consent,) = allowed(deps, person)
    assert (consent.client_name, consent.publisher_name, consent.scopes) == (
        "Ledger Sync",
        "Corner Shop",
        frozenset(("openid",)),
    )
    # More is asked for again, and adds to what there was.
    with pytest.raises(ConsentRequired):
        signed_in.approve(partners.handle(partner, scope="openid bills:read"))
    signed_in.approve(partners.handle(partner, scope="bills:read"), allowed=True)
    assert allowed(deps, person)[0].scopes == {"openid", "bills:read"}
    assert signed_in.approve(partners.handle(partner, scope="openid bills:read")).code
    with pytest.raises(ConsentRequired):
        signed_in.approve(partners.handle(partner, scope="openid", prompt="consent"))


def test_our_own_ask_nobody(partners: Partners, deps: Deps, signed_in: SignedIn, person: Person) -> None:
    assert signed_in.approve(partners.handle()).code
    assert allowed(deps, person) == []


def test_a_denial_is_told_to_the_client(
    partners: Partners, partner: Partner, deps: Deps, signed_in: SignedIn, person: Person
) -> None:
    handle = partners.handle(partner)
    denied = signed_in.approve(handle, allowed=False)
    assert denied.code == ""
    assert query_of(denied.redirect_to) == {
        "error": "access_denied",
        "state": "a state",
        "iss": "https://edge.test",
    }
    assert allowed(deps, person) == []
    with pytest.raises(AuthorizationRequestExpired):
        signed_in.approve(handle, allowed=True)
    assert partners.allowed(person, partners.handle(partner), allowed=False).code == ""


def test_a_handle_answered_at_once_by_many_brings_one_code(
    partners: Partners, partner: Partner, signed_in: SignedIn
) -> None:
    handle = partners.handle(partner)

    def answer(_: int) -> bool:
        try:
            return bool(signed_in.approve(handle, allowed=True).code)
        except AuthorizationRequestExpired:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(answer, range(8))) == 1


def test_a_new_session_is_as_old_as_the_sign_in(
    partners: Partners, partner: Partner, signed_in: SignedIn, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=30))
    granted = signed_in.approve(partners.handle(partner, scope="openid", nonce="n-1"), allowed=True)
    _, body = partners.redeem(granted.code, partner)
    said = claims(body["id_token"])
    assert said["auth_time"] == claims(body["access_token"])["auth_time"] == int(signed_in.auth_time.timestamp())
    assert (said["nonce"], said["amr"]) == ("n-1", ["pwd", "otp", "mfa"])


def test_a_client_may_ask_for_a_newer_sign_in(
    partners: Partners, partner: Partner, signed_in: SignedIn, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=5))
    for more in ({"max_age": "299"}, {"max_age": "0"}, {"prompt": "login"}, {"prompt": "select_account consent"}):
        with pytest.raises(SignInRequired):
            signed_in.approve(partners.handle(partner, **more), allowed=True)
    assert signed_in.approve(partners.handle(partner, max_age="300"), allowed=True).code


def test_it_takes_a_living_session(
    partners: Partners, partner: Partner, deps: Deps, signed_in: SignedIn, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=30))
    with pytest.raises(SessionNotFound):
        signed_in.approve(partners.handle(partner), allowed=True)


def test_a_consent_taken_back_ends_the_clients_sessions(
    partners: Partners, partner: Partner, deps: Deps, people: People, signed_in: SignedIn, person: Person
) -> None:
    granted = signed_in.approve(partners.handle(partner), allowed=True)
    _, body = partners.redeem(granted.code, partner)
    own = people.tokens(person)
    consents.revoke_consent(deps, account_id=person.account_id, client_id=partner.id)
    refresh = partners.shown(partner, grant_type="refresh_token", refresh_token=body["refresh_token"])
    assert partners.token(**refresh)[1]["error"] == "invalid_grant"
    assert people.refresh(own["refresh_token"])[0] == 200
    assert allowed(deps, person) == []
    with pytest.raises(ConsentNotFound):
        consents.revoke_consent(deps, account_id=person.account_id, client_id=partner.id)
    with pytest.raises(ConsentRequired):
        signed_in.approve(partners.handle(partner))


def test_a_consent_taken_back_ends_what_has_not_begun(
    partners: Partners, partner: Partner, deps: Deps, person: Person
) -> None:
    """A code that is under way, and a session that a slow hand has not ended."""
    code = partners.code(person, partner)
    _, body = partners.redeem(partners.code(person, partner), partner)
    with deps.db.transaction(account=person.account_id) as tx:
        tx.exec_driver_sql("DELETE FROM consents")
    assert partners.redeem(code, partner)[1]["error"] == "invalid_grant"
    refresh = partners.shown(partner, grant_type="refresh_token", refresh_token=body["refresh_token"])
    assert partners.token(**refresh)[1]["error"] == "invalid_grant"


def test_nobody_takes_back_anothers(
    partners: Partners, partner: Partner, deps: Deps, owner: Person, person: Person
) -> None:
    partners.code(person, partner)
    with pytest.raises(ConsentNotFound):
        consents.revoke_consent(deps, account_id=owner.account_id, client_id=partner.id)
    assert len(allowed(deps, person)) == 1
    assert allowed(deps, owner) == []


def test_a_client_that_is_gone_is_answered_no_more(
    partners: Partners, partner: Partner, deps: Deps, owner: Person, shop: MerchantId, signed_in: SignedIn
) -> None:
    handle = partners.handle(partner)
    api_clients.delete_api_client(deps, merchant_id=shop, account_id=owner.account_id, client_id=partner.id)
    with pytest.raises(AuthorizationRequestExpired):
        signed_in.approve(handle, allowed=True)


def test_third_parties_begin_at_the_authorization_endpoint(
    partners: Partners, partner: Partner, deps: Deps, people: People, person: Person
) -> None:
    """The request itself is taken from our own applications alone: nobody skips what the endpoint checks and asks."""
    request = people.request(client_id=partner.client_id, redirect_uri=CALLBACK)
    with pytest.raises(ClientUnknown):
        logins.begin_login(deps, name=SignInName(account_id=person.account_id), request=request)
    with pytest.raises(ClientUnknown):
        people.start(request=request)


def test_a_summary_says_who_asks(partners: Partners, partner: Partner, deps: Deps) -> None:
    found = authorizations.describe(deps, handle=partners.handle(scope="openid"))
    assert (found.client_name, found.publisher_name, found.third_party) == ("Billmesh command line", "", False)
    assert found.scopes == {"openid"}
    assert authorizations.describe(deps, handle=partners.handle(partner)).third_party
