"""Passkeys: registering, listing and removing them, and checking what one signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.auth.clients import SecurityEvent
from services.auth.domain import passkey as rules
from services.auth.domain.audit import Action
from services.auth.domain.errors.merchants import LimitReached
from services.auth.domain.errors.passkeys import PasskeyNotFound, PasskeyRefused, RegistrationExpired
from services.auth.domain.errors.people import AccountNotFound
from services.auth.domain.login import Stage
from services.auth.domain.names import PasskeyId
from services.auth.domain.passkey import Passkey
from services.auth.relying_party import NewUser
from services.auth.store import accounts, passkeys
from services.auth.usecases import audit
from services.auth.usecases.challenges import NOBODY, passkey_challenge
from services.auth.usecases.deps import digest, new_secret
from services.auth.usecases.notices import tell
from services.kit.db import become
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.auth.domain.account import Account
    from services.auth.domain.login import Challenge
    from services.auth.domain.names import AccountId
    from services.auth.usecases.deps import Deps


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration under way, for the browser."""

    token: str
    options: str
    expire_time: datetime

    def __repr__(self) -> str:
        """Hides the token: reprs end in logs."""
        return "Registration(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whose passkey signed, and what that proves."""

    account_id: AccountId
    methods: tuple[str, ...]


def list_passkeys(deps: Deps, *, account_id: AccountId) -> list[Passkey]:
    """The account's, oldest first."""
    with deps.db.transaction(account=account_id) as tx:
        return passkeys.load_all(tx, account_id)


def begin_registration(deps: Deps, *, account_id: AccountId) -> Registration:
    """Says what the browser is to be told; one that was under way ends. Raises AccountNotFound or LimitReached."""
    token = new_secret()
    expire_time = deps.clock.now() + rules.REGISTER_WITHIN
    with deps.db.transaction(account=account_id) as tx:
        account = _lock(tx, account_id, deps=deps)
        existing = passkeys.load_all(tx, account_id)
        if len(existing) >= rules.MOST:
            raise LimitReached("passkeys", rules.MOST)
        passkeys.begin_registration(tx, account_id, digest=digest(token), expire_time=expire_time)
    user = NewUser(handle=_user_handle(deps, account_id), name=account.phone.e164, display_name=account.display_name)
    options = deps.relying_party.creation_options(
        user, challenge=_registration_challenge(deps, token), existing=existing
    )
    return Registration(token=token, options=options, expire_time=expire_time)


def finish_registration(deps: Deps, *, account_id: AccountId, token: str, answer: str, display_name: str) -> Passkey:
    """Takes what the browser answered. The token is used up, whatever it is.

    Raises RegistrationExpired, PasskeyRefused, AccountNotFound or LimitReached.
    """
    now = deps.clock.now()
    with deps.db.transaction(account=account_id) as tx:
        taken = passkeys.take_registration(tx, account_id, digest=digest(token), now=now)
    if not taken:
        raise RegistrationExpired
    credential = deps.relying_party.verify_registration(answer, challenge=_registration_challenge(deps, token))
    passkey = Passkey(id=PasskeyId(deps.ids.new()), display_name=display_name, credential=credential, create_time=now)
    with deps.db.transaction(account=account_id) as tx:
        _lock(tx, account_id, deps=deps)
        if len(passkeys.load_all(tx, account_id)) >= rules.MOST:
            raise LimitReached("passkeys", rules.MOST)
        if not passkeys.create(tx, account_id, passkey=passkey):
            raise PasskeyRefused
        audit.note(tx, deps, Action.PASSKEY_ADDED, account=account_id, target=to_text("pky", passkey.id))
        tell(tx, deps, account_id, SecurityEvent.PASSKEY_ADDED)
    return passkey


def delete_passkey(deps: Deps, *, account_id: AccountId, passkey_id: PasskeyId) -> None:
    """Removes one. Raises PasskeyNotFound."""
    with deps.db.transaction(account=account_id) as tx:
        if not passkeys.remove(tx, account_id, passkey_id):
            raise PasskeyNotFound
        audit.note(tx, deps, Action.PASSKEY_REMOVED, account=account_id, target=to_text("pky", passkey_id))
        tell(tx, deps, account_id, SecurityEvent.PASSKEY_REMOVED)


def check_assertion(
    tx: Connection, deps: Deps, *, token: str, challenge: Challenge, answer: str, now: datetime
) -> Proof | None:
    """Whose passkey signed the challenge; None if it is nobody's, not theirs, not valid, or a copy.

    From here on `tx` acts for the person. The statements are the same whether or not the challenge is about anyone.
    """
    try:
        assertion = deps.relying_party.read_assertion(answer)
    except PasskeyRefused:
        return None
    holder = passkeys.find_holder(tx, digest=assertion.digest)
    account_id = holder or NOBODY
    become(tx, account=account_id)
    passkey = passkeys.load_for_update(tx, account_id, digest=assertion.digest)
    # Somebody's name was given, so it must be theirs; only without a name may it be anyone's.
    named = challenge.account_id is not None or challenge.stage is not Stage.PASSKEY
    if passkey is None or (named and challenge.account_id != holder):
        return None
    if assertion.user_handle is not None and assertion.user_handle != _user_handle(deps, account_id):
        return None
    try:
        said = deps.relying_party.verify_assertion(assertion, passkey, challenge=passkey_challenge(deps, token))
    except PasskeyRefused:
        return None
    if passkey.cloned(said.sign_count):
        audit.note(tx, deps, Action.PASSKEY_CLONED, account=account_id, target=to_text("pky", passkey.id))
        return None
    passkeys.note_use(tx, account_id, passkey.id, credential=said, now=now)
    return Proof(account_id=account_id, methods=said.methods)


def _user_handle(deps: Deps, account_id: AccountId) -> bytes:
    """What authenticators know an account by: 32 bytes that tell nobody which it is, derived so that none is kept."""
    return deps.vault.index("passkeys.user_handle", str(account_id))


def _registration_challenge(deps: Deps, token: str) -> bytes:
    return deps.vault.index("passkey_registrations.challenge", token)


def _lock(tx: Connection, account_id: AccountId, *, deps: Deps) -> Account:
    account = accounts.load_for_update(tx, account_id, vault=deps.vault)
    if account is None:
        raise AccountNotFound
    return account
