"""Refusals of the token endpoint add up by network."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from services.auth.domain.throttle import Rate, Rule, Scope
from services.auth.oauth.answers import Answer, Refused, said
from services.auth.throttle import PostgresCounters, Throttle
from services.auth.usecases import failures
from services.kit.context import entered
from tests.services.auth.people import People, call_from

if TYPE_CHECKING:
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock


def strict(deps: Deps, clock: FixedClock) -> Deps:
    rules = {Rule.TOKEN_FAILURE: {Scope.NETWORK: Rate(3, timedelta(minutes=1))}}
    counters = PostgresCounters(deps.db)
    return replace(deps, throttle=Throttle(counters, vault=deps.vault, clock=clock, rules=rules))


def test_the_fourth_refusal_waits_and_a_success_does_not_count(people: People, deps: Deps, clock: FixedClock) -> None:
    careful = People(strict(deps, clock), clock, people.endpoint)
    tokens = people.tokens(people.sign_up())
    with entered(call_from("203.0.113.9")):
        for _ in range(2):
            assert careful.refresh("no such token")[0] == 400
        status, tokens = careful.refresh(tokens["refresh_token"])
        assert status == 200
        assert careful.refresh("no such token")[0] == 400
        status, body = careful.refresh(tokens["refresh_token"])
        assert (status, body["error"]) == (429, "temporarily_unavailable")
    with entered(call_from("203.0.113.10")):
        assert careful.refresh(tokens["refresh_token"])[0] == 200


def test_it_says_how_long_and_a_waiting_device_is_no_failure(deps: Deps, clock: FixedClock) -> None:
    careful = strict(deps, clock)

    def waiting() -> Answer:
        return Refused("authorization_pending").answer()

    def wrong() -> Answer:
        return Refused("invalid_client", status=401).answer()

    with entered(call_from("203.0.113.11")):
        for _ in range(9):
            assert failures.counted(careful, waiting).status == 400
        for _ in range(3):
            assert failures.counted(careful, wrong).status == 401
        refused = failures.counted(careful, lambda: said({}))
        body: dict[str, Any] = json.loads(refused.body)
        assert (refused.status, refused.headers) == (429, (("retry-after", "20"),))
        assert body["error"] == "temporarily_unavailable"
        clock.advance(timedelta(seconds=20))
        assert failures.counted(careful, lambda: said({})).status == 200
