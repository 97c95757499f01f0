"""What to do after a call to the provider: the rules that neither lose a message nor send it twice.

A provider of SMS knows no idempotency key, so a call whose answer was lost may not simply be made again. The outcome of
every call is one of five, and only those in which the provider surely does not have the message lead to another call.

A mail server cannot even be asked afterwards. So an e-mail whose fate is unclear is sent again, a few times and under
the same Message-ID, by which mailboxes may know the copies for one; but never if it carries a code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from services.notification.domain.message import (
    AttemptState,
    DeliveryError,
    Fault,
    MessageState,
)

if TYPE_CHECKING:
    from services.notification.domain.message import Attempt, Message

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
# A provider that asks for more than this is asked again all the same.
_LONGEST_ASKED = timedelta(hours=1)
_LONGEST_BETWEEN_LOOK_UPS = timedelta(minutes=15)
# For so long after a message has expired its attempt's fate is still asked for; then it stays UNCONFIRMED, for people
# to see.
_LOOK_UP_AFTER_EXPIRY = timedelta(days=1)
# So many copies of an e-mail may be under way at most, however often its server breaks off at the end.
_MOST_COPIES = 3


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `state` is what it reports about it already."""

    provider_id: str
    state: MessageState = MessageState.ACCEPTED
    error: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no, and would say it again."""

    error: DeliveryError


@dataclass(frozen=True, slots=True)
class Busy:
    """The provider said not now, and did not take it. `retry_after`: as it asked."""

    error: DeliveryError
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotReached:
    """The call never left: no connection, or too late to begin."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call left, and what became of it is not known."""

    error: DeliveryError


Outcome = Accepted | Refused | Busy | NotReached | NoAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The message and the attempt as they are from now on; `try_again` is when the next attempt is due, if one is."""

    message: Message
    attempt: Attempt
    try_again: datetime | None = None


def wait_before(attempt_number: int) -> timedelta:
    """How long to wait before the attempt that follows number `attempt_number`: doubling, up to ten minutes."""
    return min(_FIRST_WAIT * (1 << min(attempt_number - 1, 16)), _LONGEST_WAIT)


def after_call(message: Message, attempt: Attempt, outcome: Outcome, *, now: datetime) -> Step:  # noqa: PLR0911 - one for each outcome
    """What the outcome of a call means. If a report or a look-up was faster, theirs stands."""
    if not attempt.state.is_open:
        return Step(message=message, attempt=attempt)
    match outcome:
        case Accepted():
            return accepted(message, attempt, outcome, now=now)
        case Refused(error):
            closed = replace(attempt, state=AttemptState.REFUSED, error=error, end_time=now)
            if message.state.is_with_provider:
                # An earlier attempt had arrived after all.
                return Step(message=message, attempt=closed)
            return Step(message=moved(message, MessageState.FAILED, now=now, error=error), attempt=closed)
        case Busy(error, retry_after):
            closed = replace(attempt, state=AttemptState.REFUSED, error=error, end_time=now)
            wait = max(wait_before(attempt.number), min(retry_after or timedelta(0), _LONGEST_ASKED))
            return _again(message, closed, now=now, at=now + wait)
        case NotReached():
            closed = replace(attempt, state=AttemptState.ABSENT, error=DeliveryError(Fault.PROVIDER_BUSY), end_time=now)
            return _again(message, closed, now=now, at=now + wait_before(attempt.number))
        case NoAnswer(error):
            unknown = replace(attempt, state=AttemptState.UNKNOWN, error=error)
            return Step(message=moved(message, MessageState.UNCONFIRMED, now=now), attempt=unknown)


def accepted(message: Message, attempt: Attempt, report: Accepted, *, now: datetime) -> Step:
    """The provider has it: by its answer, its report, or our look-up."""
    closed = replace(
        attempt,
        state=AttemptState.ACCEPTED,
        provider_id=report.provider_id,
        error=report.error,
        end_time=attempt.end_time or now,
    )
    return Step(message=moved(message, report.state, now=now, error=report.error), attempt=closed)


def absent(message: Message, attempt: Attempt, *, now: datetime) -> Step:
    """The provider was asked and does not have it: it may be sent again, if it still matters."""
    closed = replace(attempt, state=AttemptState.ABSENT, end_time=now)
    return _again(message, closed, now=now, at=now)


def unheard(message: Message, attempt: Attempt, *, copies: int, now: datetime) -> Step:
    """A mail server may have it, and nobody can tell. `copies`: how many attempts went like this, with this one.

    It is sent again, since a copy too many harms less than a bill, an invitation or a warning that never came. A code
    is not: its owner asks for another one, and an old code that comes late would only confuse.
    """
    unknown = replace(attempt, state=AttemptState.UNKNOWN, error=DeliveryError(Fault.NO_ANSWER), end_time=now)
    waiting = moved(message, MessageState.UNCONFIRMED, now=now)
    if message.kind.is_secret or copies >= _MOST_COPIES or now >= message.expire_time:
        return Step(message=waiting, attempt=unknown)
    return Step(message=moved(waiting, MessageState.QUEUED, now=now), attempt=unknown, try_again=now)


def expired(message: Message, *, now: datetime) -> Message:
    """Too late to be sent."""
    return moved(message, MessageState.FAILED, now=now, error=DeliveryError(Fault.EXPIRED))


def next_look_up(message: Message, attempt: Attempt, *, now: datetime, settle: timedelta) -> datetime | None:
    """When to ask for an attempt's fate again if the provider could not tell; None once it is left to people."""
    if now > message.expire_time + _LOOK_UP_AFTER_EXPIRY:
        return None
    return now + min(max((now - attempt.start_time) / 2, settle), _LONGEST_BETWEEN_LOOK_UPS)


def moved(message: Message, state: MessageState, *, now: datetime, error: DeliveryError | None = None) -> Message:
    """The message in `state`, or unchanged if it may not go there. An error stays only in the states that have one."""
    reached = message.state.progressed(state)
    if reached is message.state:
        return message
    kept = (error or DeliveryError(Fault.OTHER)) if reached in {MessageState.FAILED, MessageState.UNDELIVERED} else None
    return replace(message, state=reached, error=kept, update_time=now)


def _again(message: Message, attempt: Attempt, *, now: datetime, at: datetime) -> Step:
    # A report for an earlier attempt may have come meanwhile: then nothing is sent again.
    if message.state.is_with_provider:
        return Step(message=message, attempt=attempt)
    if at >= message.expire_time:
        return Step(message=expired(message, now=now), attempt=attempt)
    return Step(message=moved(message, MessageState.QUEUED, now=now), attempt=attempt, try_again=at)
