"""Refusals of the OAuth endpoints: a network that causes too many is told to wait, before anything is looked up."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from services.auth.domain.errors.sign_in import TooManyAttempts
from services.auth.domain.throttle import Rule
from services.auth.oauth.answers import Answer, encode
from services.auth.usecases.deps import network

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.auth.usecases.deps import Deps

_REFUSED = 400
_TOO_MANY = 429
# What a device is told while its person makes up their mind.
_WAITING = frozenset(("authorization_pending", "slow_down"))


def counted(deps: Deps, answer: Callable[[], Answer]) -> Answer:
    """What `answer` says, and a refusal is counted; or 429 while its network has caused too many."""
    try:
        deps.throttle.check(Rule.TOKEN_FAILURE, network=network())
    except TooManyAttempts as refused:
        seconds = math.ceil(refused.retry_after.total_seconds()) if refused.retry_after else 1
        body = {"error": "temporarily_unavailable", "error_description": "Too many refusals. Wait."}
        return Answer(_TOO_MANY, encode(body), (("retry-after", str(seconds)),))
    given = answer()
    if given.status >= _REFUSED and json.loads(given.body or b"{}").get("error") not in _WAITING:
        deps.throttle.charge(Rule.TOKEN_FAILURE, network=network())
    return given
