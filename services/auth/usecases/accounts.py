"""Signing up, and what people change of their own account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.auth import authenticator_apps
from services.auth.clients import SecurityEvent
from services.auth.domain import account as account_rules
from services.auth.domain.account import Account, AccountState
from services.auth.domain.audit import Action
from services.auth.domain.errors.people import AccountChanged, AccountNotFound
from services.auth.domain.errors.sign_in import ChallengeExpired
from services.auth.domain.login import Factor, Opened, Stage
from services.auth.domain.names import AccountId, Email, Phone
from services.auth.domain.password import check_of
from services.auth.domain.throttle import Rule
from services.auth.domain.totp import AuthenticatorState, Enrolment
from services.auth.store import accounts, authenticators, members, verifications
from services.auth.store.accounts import SignUp
from services.auth.usecases import audit
from services.auth.usecases.authenticators import FIRST_AUTHENTICATOR, new_enrolment
from services.auth.usecases.challenges import open_challenge
from services.auth.usecases.deps import network, new_secret
from services.auth.usecases.factors import subject
from services.auth.usecases.notices import tell
from services.auth.usecases.passwords import check_password
from services.kit import jobs
from services.kit.db import become
from services.kit.failure import InvalidRequest
from services.kit.idempotency import RequestIdReused

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from services.auth.domain.client import AuthorizationRequest
    from services.auth.usecases.deps import Deps

DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """What a new person gets."""

    account_id: AccountId
    enrolment: Enrolment
    otpauth_uri: str
    challenge: Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpForm:
    """What a new person gives."""

    phone: Phone
    display_name: str
    password: str
    email: str
    locale: str
    request: AuthorizationRequest
    request_id: UUID
    # The whole request, so that a repeat can be told from a reuse; only a keyed digest of it is kept.
    canonical: str

    def __repr__(self) -> str:
        """Hides everything: reprs end in logs."""
        return "SignUpForm(…)"


def create_account(deps: Deps, *, form: SignUpForm) -> SignedUp:
    """Makes an account that nobody can sign in to yet, its first authenticator, and the challenge that confirms both.

    Nothing here looks at whether the phone is known: a job does, and tells its owner. So answer and time are the same.
    Raises TooManyAttempts, PasswordTooWeak, ClientUnknown, RedirectUriNotRegistered, ScopeUnknown, RequestIdReused or
    SignInBusy.
    """
    deps.throttle.admit(Rule.SIGN_UP, network=network())
    granted = deps.clients.granted_scopes(form.request)
    check_password(deps, form.password, field="password")
    check_of(form.password, phone=form.phone, display_name=form.display_name, email=form.email, field="password")
    fingerprint = deps.vault.index("sign_ups.request", form.canonical)
    with deps.db.transaction() as tx:
        if found := accounts.find_sign_up(tx, request_id=form.request_id, vault=deps.vault):
            return _repeat(tx, deps=deps, form=form, fingerprint=fingerprint, found=found)
    password_hash = deps.passwords.hash(form.password)
    now = deps.clock.now()
    account = Account(
        id=AccountId(deps.ids.new()),
        state=AccountState.PENDING,
        display_name=form.display_name,
        phone=form.phone,
        phone_verify_time=None,
        email=form.email,
        locale=form.locale or DEFAULT_LOCALE,
        create_time=now,
        password_change_time=now,
        revision=1,
    )
    enrolment = new_enrolment(deps, FIRST_AUTHENTICATOR, now=now)
    sign_up = SignUp(
        fingerprint=fingerprint,
        account_id=account.id,
        authenticator_id=enrolment.authenticator.id,
        challenge_token=new_secret(),
        expire_time=now + account_rules.SIGN_UP_FOR,
    )
    with deps.db.transaction(account=account.id) as tx:
        if not accounts.claim_sign_up(tx, request_id=form.request_id, vault=deps.vault, sign_up=sign_up):
            found = accounts.find_sign_up(tx, request_id=form.request_id, vault=deps.vault)
            if found is None:
                raise ChallengeExpired
            return _repeat(tx, deps=deps, form=form, fingerprint=fingerprint, found=found)
        accounts.create(tx, account.id, vault=deps.vault, account=account, password_hash=password_hash)
        authenticators.create(tx, account.id, vault=deps.vault, enrolment=enrolment, request_id=form.request_id)
        challenge = open_challenge(
            tx,
            deps=deps,
            token=sign_up.challenge_token,
            stage=Stage.TOTP,
            account_id=account.id,
            whom=subject(deps.vault, str(account.id)),
            request=form.request,
            granted=granted,
            enrolling=enrolment.authenticator.id,
        )
        jobs.enqueue(tx, "auth.notice_sign_up", {"account_id": str(account.id)})
    return _signed_up(deps, form.phone, account.id, enrolment, challenge)


def _repeat(tx: Connection, *, deps: Deps, form: SignUpForm, fingerprint: bytes, found: SignUp) -> SignedUp:
    """The first answer again, while its challenge is open; a secret that was confirmed is never shown again."""
    if found.fingerprint != fingerprint:
        raise RequestIdReused
    become(tx, account=found.account_id)
    pending = authenticators.find_enrolment(tx, found.account_id, vault=deps.vault, request_id=form.request_id)
    open_still = deps.clock.now() < found.expire_time
    if pending is None or not open_still or pending.authenticator.state is not AuthenticatorState.PENDING:
        raise ChallengeExpired
    challenge = Opened(token=found.challenge_token, factors=(Factor.TOTP,), expire_time=found.expire_time)
    return _signed_up(deps, form.phone, found.account_id, pending, challenge)


def _signed_up(deps: Deps, phone: Phone, account_id: AccountId, enrolment: Enrolment, challenge: Opened) -> SignedUp:
    uri = authenticator_apps.otpauth_uri(enrolment.secret, account_name=phone.e164, issuer_name=deps.issuer_name)
    return SignedUp(account_id=account_id, enrolment=enrolment, otpauth_uri=uri, challenge=challenge)


def get_me(deps: Deps, *, account_id: AccountId) -> Account:
    """The caller's account. Raises AccountNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        return _present(accounts.load(tx, account_id, vault=deps.vault))


def update_me(deps: Deps, *, account_id: AccountId, etag_revision: int | None, changes: dict[str, str]) -> Account:
    """Writes `changes` of display_name, email and locale. Raises AccountNotFound, AccountChanged or InvalidRequest."""
    if changes.get("display_name") == "":
        raise InvalidRequest.of("account.display_name", "must not be empty")
    if changes.get("locale") == "":
        changes = changes | {"locale": DEFAULT_LOCALE}
    with deps.db.transaction(account=account_id) as tx:
        account = _present(accounts.load_for_update(tx, account_id, vault=deps.vault))
        if etag_revision is not None and etag_revision != account.revision:
            raise AccountChanged
        changed = replace(
            account,
            display_name=changes.get("display_name", account.display_name),
            email=changes.get("email", account.email),
            locale=changes.get("locale", account.locale),
        )
        if Email(changed.email).normalised != Email(account.email).normalised:
            changed = replace(changed, email_verify_time=None)
            _leave_email(tx, deps, account)
        saved = accounts.save_profile(tx, account_id, vault=deps.vault, account=changed)
        if changed.display_name != account.display_name:
            for merchant_id in members.load_merchants_of(tx, account_id):
                become(tx, merchant=merchant_id, account=account_id)
                members.rename(tx, merchant_id, account_id, display_name=changed.display_name)
        return saved


def _leave_email(tx: Connection, deps: Deps, account: Account) -> None:
    """The address is not the account's any more: it signs nobody in, and whoever reads it is told."""
    accounts.release_email(tx, account.id)
    verifications.remove(tx, account.id, verifications.EMAIL)
    if account.email_verify_time is not None:
        audit.note(tx, deps, Action.EMAIL_CHANGED, account=account.id)
        tell(tx, deps, account.id, SecurityEvent.EMAIL_CHANGED, former=Email(account.email))


def _present(account: Account | None) -> Account:
    if account is None:
        raise AccountNotFound
    return account
