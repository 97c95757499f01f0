"""What the worker does. Arguments are ids; what they stand for is read when the job runs. Every job is idempotent."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from services.auth.domain.names import AccountId, Email, MemberId, MerchantId, Phone
from services.auth.domain.recovery import Channel
from services.auth.domain.session import IDLE_FOR
from services.auth.store import (
    accounts,
    attempts,
    authorization_requests,
    challenges,
    client_assertions,
    device_grants,
    invitations,
    members,
    merchants,
    recoveries,
    sessions,
    throttles,
    verifications,
)
from services.auth.usecases import notices
from services.auth.usecases.recovery import recovery_code_of
from services.auth.usecases.verifications import code_of
from services.kit.db import become
from services.kit.errors import PeerRefused
from services.kit.failure import Kind
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.usecases.deps import JobDeps

_LOG = logging.getLogger(__name__)
# Less than this left of a code: it is not worth a message.
_LEAST_VALIDITY = timedelta(minutes=1)
# How long what has ended is kept, to notice a second use.
_KEEP = timedelta(days=1)
_SWEEP_BATCH = 500


def send_phone_code(deps: JobDeps, *, account_id: str, verification_id: str, number: int) -> None:
    """Sends the code of a verification for the `number`th time, if it is still under way."""
    account = AccountId(UUID(account_id))
    with deps.db.transaction(account=account) as tx:
        person = accounts.load(tx, account, vault=deps.vault)
        verification = verifications.load_for_update(tx, account, verifications.PHONE, vault=deps.vault)
    if person is None or verification is None or verification.id != UUID(verification_id):
        return
    left = verification.expire_time - deps.clock.now()
    phone = verification.to
    if left < _LEAST_VALIDITY or verification.confirm_time is not None or not isinstance(phone, Phone):
        return
    _send(
        lambda: deps.messages.send_phone_code(
            key=f"{to_text('phv', verification.id)}:{number}",
            phone=phone,
            locale=person.locale,
            code=code_of(deps.vault, verification),
            valid_for=left,
        )
    )


def send_email_code(deps: JobDeps, *, account_id: str, verification_id: str, number: int) -> None:
    """As `send_phone_code`, for the verification of an e-mail address."""
    account = AccountId(UUID(account_id))
    with deps.db.transaction(account=account) as tx:
        person = accounts.load(tx, account, vault=deps.vault)
        verification = verifications.load_for_update(tx, account, verifications.EMAIL, vault=deps.vault)
    if person is None or verification is None or verification.id != UUID(verification_id):
        return
    left = verification.expire_time - deps.clock.now()
    email = verification.to
    if left < _LEAST_VALIDITY or verification.confirm_time is not None or not isinstance(email, Email):
        return
    _send(
        lambda: deps.messages.send_email_code(
            key=f"{to_text('emv', verification.id)}:{number}",
            email=email,
            locale=person.locale,
            code=code_of(deps.vault, verification),
            valid_for=left,
        )
    )


def send_recovery_code(deps: JobDeps, *, recovery_id: str) -> None:
    """Sends the code of a recovery, if it is anyone's and still under way."""
    with deps.db.transaction() as tx:
        found = recoveries.find(tx, recovery_id=UUID(recovery_id))
        if found is None or found.account_id is None:
            return
        become(tx, account=found.account_id)
        person = accounts.load(tx, found.account_id, vault=deps.vault)
    now = deps.clock.now()
    left = found.expire_time - now
    if person is None or left < _LEAST_VALIDITY or not found.open(now):
        return
    to: Phone | Email = person.phone
    verify_time = person.phone_verify_time
    if found.channel is Channel.EMAIL:
        to, verify_time = Email(person.email), person.email_verify_time
    if verify_time is None:
        return
    _send(
        lambda: deps.messages.send_recovery_code(
            key=f"{to_text('rcv', found.id)}:1",
            to=to,
            locale=person.locale,
            code=recovery_code_of(deps.vault, found.id),
            valid_for=left,
        )
    )


def send_security_notice(
    deps: JobDeps,
    *,
    account_id: str,
    notice_id: str,
    event: str,
    time: str,
    available_time: str | None = None,
    former: str | None = None,
) -> None:
    """Tells the person of the account what was done to its security, wherever they read it."""
    account, notice = AccountId(UUID(account_id)), UUID(notice_id)
    with deps.db.transaction(account=account) as tx:
        told, locale = notices.addressees(tx, deps, account, notice, former=former)
    news = notices.news(deps, event=event, time=time, available_time=available_time)
    for number, to in enumerate(told):
        key = notices.key_of(notice, number)
        _send(partial(deps.messages.send_security_notice, key=key, to=to, locale=locale, news=news))


def notice_sign_up(deps: JobDeps, *, account_id: str) -> None:
    """Tells the owner of the phone that someone signed up with it, at most once a day; nothing if it has no owner."""
    new = AccountId(UUID(account_id))
    with deps.db.transaction(account=new) as tx:
        person = accounts.load(tx, new, vault=deps.vault)
        if person is None:
            return
        owner_id = accounts.find_claimant(tx, index=accounts.phone_index(deps.vault, person.phone))
    if owner_id is None or owner_id == new:
        return
    with deps.db.transaction(account=owner_id) as tx:
        owner = accounts.load(tx, owner_id, vault=deps.vault)
    if owner is None:
        return
    _send(
        lambda: deps.messages.send_sign_up_notice(
            key=f"{to_text('acc', owner.id)}:sign-up:{person.create_time.date().isoformat()}",
            phone=owner.phone,
            locale=owner.locale,
            link=f"{deps.public_url}/sign-in",
        )
    )


def send_invitation(deps: JobDeps, *, merchant_id: str, member_id: str) -> None:
    """Tells the invited person, if the invitation is still open."""
    merchant = MerchantId(UUID(merchant_id))
    invited = MemberId(UUID(member_id))
    with deps.db.transaction(merchant=merchant) as tx:
        member = members.load(tx, merchant, invited, vault=deps.vault)
        inviter = invitations.load_inviter(tx, merchant, invited)
        host = merchants.load(tx, merchant)
    recipient = member.phone or member.email if member else None
    if member is None or host is None or recipient is None or member.expire_time is None:
        return
    _send(
        lambda: deps.messages.send_invitation(
            key=f"{to_text('mbr', invited)}:invited",
            merchant_id=merchant,
            member_id=invited,
            to=recipient,
            merchant_name=host.display_name,
            inviter_name=inviter or host.display_name,
            link=f"{deps.public_url}/invitations",
        )
    )


def link_phone(deps: JobDeps, *, account_id: str) -> None:
    """Tells billing whose phone it is."""
    account = AccountId(UUID(account_id))
    with deps.db.transaction(account=account) as tx:
        person = accounts.load(tx, account, vault=deps.vault)
    if person is not None and person.phone_verify_time is not None:
        deps.person_links.link_phone(account_id=account, phone=person.phone)


def sweep(deps: JobDeps) -> None:
    """Forgets what nobody can use any more."""
    now = deps.clock.now()
    while True:
        with deps.db.transaction() as tx:
            ended = accounts.pop_expired_sign_ups(tx, now=now - _KEEP, most=_SWEEP_BATCH)
        for account_id in ended:
            with deps.db.transaction(account=account_id) as tx:
                accounts.delete_pending(tx, account_id)
        if len(ended) < _SWEEP_BATCH:
            break
    with deps.db.transaction() as tx:
        challenges.sweep(tx, before=now - _KEEP)
        attempts.sweep(tx, before=now - _KEEP)
        recoveries.sweep(tx, before=now - _KEEP)
        authorization_requests.sweep(tx, before=now - _KEEP)
        client_assertions.sweep(tx, before=now)
        device_grants.sweep(tx, before=now - _KEEP)
        throttles.sweep(tx, before=now - _KEEP)
        sessions.sweep(tx, before=now - IDLE_FOR - _KEEP)


def _send(call: Callable[[], None]) -> None:
    """A refusal for good (a number that takes no SMS) ends the job; anything else is tried again."""
    try:
        call()
    except PeerRefused as refusal:
        if refusal.peer_kind is not Kind.INVALID:
            raise
        _LOG.warning("message refused", extra={"reason": refusal.peer_reason})
