"""Getting a message to the provider exactly once, and following what it reports.

An attempt is written and committed before the call, together with a job that will ask for its fate. So wherever a
process dies, either nothing has left yet, or there is an open attempt: it is closed by the call's answer, by the
provider's report, or by a look-up in the provider's list, whichever comes first. An SMS with an open attempt is never
sent again. A mail server has no list: what becomes of an e-mail then is decided by `domain.delivery.unheard`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from services.kit import ids, jobs
from services.notification.clients.mailer import Mail
from services.notification.clients.provider import ProviderAway
from services.notification.domain import delivery as rules
from services.notification.domain.message import (
    PLATFORM,
    Attempt,
    AttemptState,
    Channel,
    Message,
    MessageId,
    MessageState,
    TenantId,
)
from services.notification.store import counters, messages, texts
from services.notification.usecases.deps import DELIVER, QUEUES, SETTLE
from services.notification.usecases.recipients import SEALED_AS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.notification.domain.delivery import Accepted, Outcome, Step
    from services.notification.store.texts import SealedText
    from services.notification.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# The part of the settling time after which a call may no longer begin. What is left is longer than any call takes.
_LATEST_START = 1 / 6
# How long to wait for a call with the same phone and text that is under way, before a look-up means anything.
_TWIN_WAIT = timedelta(seconds=5)
_FORGET_AT_ONCE = 1_000
_COUNTERS_KEPT = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A message with what its call needs in the clear; nothing of that in reprs, which end in logs."""

    message: Message
    attempt: Attempt
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    subject_line: str = field(repr=False)
    fingerprint: bytes = field(repr=False)


def deliver(tenant: TenantId, message_id: MessageId, *, deps: Deps) -> None:
    """Makes the next attempt, if one is due. Run again, it does nothing: the attempt that is open has to be settled."""
    begun = _begin(tenant, message_id, deps=deps)
    if begun is None:
        return
    outcome: Outcome
    if deps.clock.now() - begun.attempt.start_time > deps.settle[begun.message.channel] * _LATEST_START:
        # This process was held up, and a look-up may soon conclude that nothing was sent: so send nothing.
        outcome = rules.NotReached()
    else:
        outcome = _call(begun, deps=deps)
    with deps.db.transaction(merchant=tenant) as tx:
        message, attempt = _lock(tx, tenant, message_id, begun.attempt.number)
        if isinstance(outcome, rules.Accepted):
            _record_report(tx, message, attempt, outcome, deps=deps)
        else:
            _write(tx, rules.after_call(message, attempt, outcome, now=deps.clock.now()))


def settle(tenant: TenantId, message_id: MessageId, number: int, *, deps: Deps) -> None:
    """Finds out what became of an attempt that nobody closed."""
    opened = _open(tenant, message_id, number, deps=deps)
    if opened is None:
        return
    try:
        found = deps.provider.find(phone=opened.recipient, text=opened.text, since=opened.attempt.start_time)
    except ProviderAway:
        _look_up_later(tenant, message_id, number, deps=deps)
        return
    now = deps.clock.now()
    with deps.db.transaction(merchant=tenant) as tx:
        message, attempt = _lock(tx, tenant, message_id, number)
        if not attempt.state.is_open:
            return
        if messages.has_twin_under_way(tx, tenant, opened.fingerprint, besides=(message_id, number)):
            _enqueue_settle(tx, tenant, message_id, number, at=now + _TWIN_WAIT)
            return
        taken = messages.provider_ids_taken(tx, tenant, [report.provider_id for report in found])
        # Messages with the same text to the same phone cannot be told apart and need not be: an open attempt takes any.
        free = next((report for report in found if report.provider_id not in taken), None)
        if free is not None:
            _write(tx, rules.accepted(message, attempt, free, now=now))
        else:
            _write(tx, rules.absent(message, attempt, now=now))


def record_report(tenant: TenantId, message_id: MessageId, number: int, report: Accepted, *, deps: Deps) -> None:
    """Takes in what the provider reports about an attempt. Unknown messages are none of our business."""
    with deps.db.transaction(merchant=tenant) as tx:
        message = messages.lock_message(tx, tenant, message_id)
        attempt = next((a for a in messages.list_attempts(tx, tenant, message_id) if a.number == number), None)
        if message is None or attempt is None:
            _LOG.warning("report of no attempt of ours", extra={"message_id": str(message_id), "attempt": number})
            return
        _record_report(tx, message, attempt, report, deps=deps)


def forget_old(*, deps: Deps) -> None:
    """The daily chore: erases texts and counts whose time has come."""
    while True:
        with deps.db.transaction() as tx:
            if texts.forget_due_texts(tx, limit=_FORGET_AT_ONCE) < _FORGET_AT_ONCE:
                break
    with deps.db.transaction() as tx:
        counters.forget_counts(tx, before=deps.clock.now() - _COUNTERS_KEPT)


def _call(begun: _Opened, *, deps: Deps) -> Outcome:
    message = begun.message
    if message.channel is Channel.EMAIL:
        mail = Mail(
            name=ids.to_text("msg", message.id),
            recipient=begun.recipient,
            subject_line=begun.subject_line,
            text=begun.text,
            locale=message.locale,
            time=message.create_time,
        )
        return deps.mailer.send(mail)
    callback_url = _callback_url(message.tenant, message.id, begun.attempt.number, public_url=deps.public_url)
    return deps.provider.send(phone=begun.recipient, text=begun.text, callback_url=callback_url)


def _begin(tenant: TenantId, message_id: MessageId, *, deps: Deps) -> _Opened | None:
    """Writes the attempt and the job that will settle it. None: nothing to do."""
    with deps.db.transaction(merchant=tenant) as tx:
        message = messages.lock_message(tx, tenant, message_id)
        if message is None or message.state is not MessageState.QUEUED:
            return None
        now = deps.clock.now()
        sealed = texts.load_text(tx, tenant, message_id)
        if now >= message.expire_time or sealed is None:
            _keep(tx, rules.expired(message, now=now))
            return None
        attempt = Attempt(number=message.attempt_count + 1, state=AttemptState.SENDING, start_time=now)
        messages.insert_attempt(tx, tenant, message_id, attempt)
        sending = rules.moved(message, MessageState.SENDING, now=now)
        messages.update_message(tx, tenant, replace(sending, attempt_count=attempt.number))
        _enqueue_settle(tx, tenant, message_id, attempt.number, at=now + deps.settle[message.channel])
        return _opened(tx, message, attempt, sealed, deps=deps)


def _open(tenant: TenantId, message_id: MessageId, number: int, *, deps: Deps) -> _Opened | None:
    """Marks an open attempt as unknown. None: there is nothing to find out, or nobody to ask."""
    with deps.db.transaction(merchant=tenant) as tx:
        message, attempt = _lock(tx, tenant, message_id, number)
        if not attempt.state.is_open:
            return None
        now = deps.clock.now()
        if message.channel is Channel.EMAIL:
            _decide(tx, message, attempt, now=now)
            return None
        unknown = replace(attempt, state=AttemptState.UNKNOWN)
        _write(tx, rules.Step(message=rules.moved(message, MessageState.UNCONFIRMED, now=now), attempt=unknown))
        sealed = texts.load_text(tx, tenant, message_id)
        if sealed is None:
            _LOG.error(
                "fate of a forgotten text stays unknown", extra={"message_id": str(message_id), "attempt": number}
            )
            return None
        return _opened(tx, message, unknown, sealed, deps=deps)


def _decide(tx: Connection, message: Message, attempt: Attempt, *, now: datetime) -> None:
    """What becomes of an e-mail that its server may have. Decided once: the job that asks may run again."""
    if attempt.end_time is not None:
        return
    if message.state not in {MessageState.SENDING, MessageState.UNCONFIRMED} or attempt.number != message.attempt_count:
        # Another attempt's outcome has decided it.
        closed = replace(attempt, state=AttemptState.UNKNOWN, end_time=now)
        messages.update_attempt(tx, message.tenant, message.id, closed)
        return
    made = messages.list_attempts(tx, message.tenant, message.id)
    step = rules.unheard(message, attempt, copies=sum(other.state.is_open for other in made), now=now)
    _write(tx, step)
    if step.try_again is None:
        _LOG.warning("fate of an e-mail stays unknown", extra={"message_id": str(message.id)})
        if message.kind.is_secret:
            texts.forget_text(tx, message.tenant, message.id)


def _look_up_later(tenant: TenantId, message_id: MessageId, number: int, *, deps: Deps) -> None:
    with deps.db.transaction(merchant=tenant) as tx:
        message, attempt = _lock(tx, tenant, message_id, number)
        at = rules.next_look_up(message, attempt, now=deps.clock.now(), settle=deps.settle[message.channel])
        if at is None:
            _LOG.error("fate of a message stays unknown", extra={"message_id": str(message_id), "attempt": number})
            return
        _enqueue_settle(tx, tenant, message_id, number, at=at)


def _record_report(tx: Connection, message: Message, attempt: Attempt, report: Accepted, *, deps: Deps) -> None:
    """Takes in that the provider has a message, under the lock of the message that it was made for."""
    holder = messages.find_holder(tx, message.tenant, report.provider_id)
    if holder is not None and holder != (message.id, attempt.number):
        # A look-up gave this one to an attempt with the same text to the same phone. It is that one's from then on, and
        # this attempt stays open for its own look-up: as many are sent as were asked for.
        _LOG.info("report goes to the attempt that holds it", extra={"message_id": str(message.id)})
        message, attempt = _lock(tx, message.tenant, *holder)
    elif attempt.provider_id is not None and attempt.provider_id != report.provider_id:
        _LOG.error("one attempt became two messages", extra={"message_id": str(message.id), "attempt": attempt.number})
        return
    _write(tx, rules.accepted(message, attempt, report, now=deps.clock.now()))


def _lock(tx: Connection, tenant: TenantId, message_id: MessageId, number: int) -> tuple[Message, Attempt]:
    """Message and attempt that were written before, locked."""
    message = messages.lock_message(tx, tenant, message_id)
    if message is None:
        raise LookupError("the message of an attempt is gone")
    return message, messages.list_attempts(tx, tenant, message_id)[number - 1]


def _write(tx: Connection, step: Step) -> None:
    message = step.message
    messages.update_attempt(tx, message.tenant, message.id, step.attempt)
    _keep(tx, message)
    if step.try_again is not None:
        arguments = {"merchant_id": str(message.tenant), "message_id": str(message.id)}
        jobs.enqueue(tx, DELIVER, arguments, at=step.try_again, queue=QUEUES[message.channel])


def _keep(tx: Connection, message: Message) -> None:
    messages.update_message(tx, message.tenant, message)
    if message.kind.is_secret and message.state.is_with_provider:
        texts.forget_text(tx, message.tenant, message.id)


def _enqueue_settle(tx: Connection, tenant: TenantId, message_id: MessageId, number: int, *, at: datetime) -> None:
    arguments = {"merchant_id": str(tenant), "message_id": str(message_id), "attempt": number}
    jobs.enqueue(tx, SETTLE, arguments, at=at)


def _opened(tx: Connection, message: Message, attempt: Attempt, sealed: SealedText, *, deps: Deps) -> _Opened:
    def open_sealed(column: str, blob: bytes) -> str:
        return deps.vault.open(tx, message.tenant, column, message.id, blob)

    recipient = messages.load_sealed_recipient(tx, message.tenant, message)
    return _Opened(
        message=message,
        attempt=attempt,
        recipient=open_sealed(SEALED_AS[message.channel], recipient),
        text=open_sealed("messages.text", sealed.text),
        subject_line=open_sealed("messages.subject_line", sealed.subject_line) if sealed.subject_line else "",
        fingerprint=sealed.fingerprint,
    )


def _callback_url(tenant: TenantId, message_id: MessageId, number: int, *, public_url: str) -> str:
    """Where the provider reports about this very attempt. Its signature covers the query."""
    query = {"message_id": ids.to_text("msg", message_id), "attempt": str(number)}
    if tenant != PLATFORM:
        query["merchant_id"] = ids.to_text("mer", tenant)
    return f"{public_url}/v1/callbacks/twilio/status?{urlencode(query)}"
