"""Signing keys rotate while tokens are made and checked by everyone who keeps old sets, and nothing is refused."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from services.auth.domain import signing
from services.auth.keys import KeyRing
from services.auth.usecases import signing_keys
from services.auth.usecases.signing_keys import Rotating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock

ISSUER = "https://edge.test"


@pytest.fixture(autouse=True)
def no_keys(deps: Deps) -> Iterator[None]:
    """Each test begins without any; what other tests of this process signed is checked by nobody any more."""

    def forget() -> None:
        with deps.db.transaction() as tx:
            tx.exec_driver_sql("DELETE FROM signing_keys")

    forget()
    yield
    forget()


def ring(deps: Deps) -> KeyRing:
    """A process of auth."""
    return KeyRing(
        db=deps.db, vault=deps.vault, clock=deps.clock, ids=deps.ids, issuer=deps.issuer, audience=deps.audience
    )


def rotating(deps: Deps) -> Rotating:
    return Rotating(db=deps.db, clock=deps.clock, ids=deps.ids, vault=deps.vault)


def published(source: KeyRing) -> list[str]:
    return [key["kid"] for key in json.loads(source.fetch())["keys"]]


@dataclass
class Keeper:
    """Checks tokens by a set of keys that it keeps for `lifetime`, and asks for no other before, whatever it meets."""

    source: KeyRing | Keeper
    clock: FixedClock
    lifetime: timedelta
    read_time: datetime | None = field(default=None, init=False)
    kept: bytes = field(default=b"", init=False)

    def fetch(self) -> bytes:
        now = self.clock.now()
        if self.read_time is None or now - self.read_time >= self.lifetime:
            self.kept, self.read_time = self.source.fetch(), now
        return self.kept

    def check(self, token: str) -> None:
        decoded = jwt.decode(token, KeySet.import_key_set(json.loads(self.fetch())), algorithms=["ES256"])
        assert decoded.claims["exp"] > self.clock.now().timestamp()


def test_nobody_notices_a_rotation(deps: Deps, clock: FixedClock) -> None:
    """Two processes of auth sign. The edge, services and partners, each with its own habits, check every token when it
    is new, in its middle and shortly before its end, while the key rotates as often as it may and more often than that.
    """
    processes = [ring(deps), ring(deps)]
    keepers = [
        Keeper(process, clock, timedelta(seconds=seconds)) for process in processes for seconds in (0, 60, 299, 300)
    ]
    waiting: list[tuple[datetime, str]] = []
    kids: set[str] = set()
    end = clock.now() + timedelta(hours=1)
    step = 0
    while clock.now() < end:
        now = clock.now()
        signer = processes[step % 2].signer()
        token = signer.sign({"iss": ISSUER, "exp": int(now.timestamp()) + 600})
        kids.add(kid_of(token))
        waiting += [(now, token), (now + timedelta(seconds=300), token), (now + timedelta(seconds=580), token)]
        if step % 17 == 0:
            signing_keys.rotate(rotating(deps))
        for keeper in keepers:
            for due, text in waiting:
                if due <= now:
                    keeper.check(text)
        waiting = [(due, text) for due, text in waiting if due > now]
        # Not in step with anybody's habits.
        clock.advance(timedelta(seconds=13))
        step += 1
    assert len(kids) >= 7


def kid_of(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def test_a_key_begins_when_everyone_has_it(deps: Deps, clock: FixedClock) -> None:
    process = ring(deps)
    old, following = published(process)
    clock.advance(signing.PUBLISHED_FOR)
    done = signing_keys.rotate(rotating(deps))
    assert (done.kid, done.sign_time, done.under_way) == (following, clock.now(), False)
    assert (done.old_kid, done.old_expire_time) == (old, clock.now() + signing.KEPT_FOR)
    assert kid_of(ring(deps).signer().sign({})) == following
    assert published(ring(deps))[:2] == [old, following]
    assert len(published(ring(deps))) == 3
    clock.advance(signing.KEPT_FOR)
    assert old not in published(ring(deps))


def test_one_that_was_published_just_now_waits(deps: Deps, clock: FixedClock) -> None:
    process = ring(deps)
    old, following = published(process)
    done = signing_keys.rotate(rotating(deps))
    begin = clock.now() + signing.PUBLISHED_FOR
    assert (done.kid, done.sign_time, done.under_way) == (following, begin, False)
    # Until then nothing more is to be had.
    again = signing_keys.rotate(rotating(deps))
    assert (again.kid, again.sign_time, again.under_way) == (following, begin, True)
    assert (again.old_kid, again.old_expire_time) == (old, begin + signing.KEPT_FOR)
    clock.advance(signing.PUBLISHED_FOR - timedelta(seconds=1))
    assert kid_of(ring(deps).signer().sign({})) == old
    clock.advance(timedelta(seconds=1))
    assert kid_of(ring(deps).signer().sign({})) == following


def test_rotations_at_once_are_one(deps: Deps, clock: FixedClock) -> None:
    process = ring(deps)
    process.fetch()
    clock.advance(signing.PUBLISHED_FOR)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: signing_keys.rotate(rotating(deps)), range(4)))
    begun = sorted({(rotation.sign_time, rotation.kid) for rotation in done})
    # One begins now; the next one, published with it, as soon as it may.
    assert [moment for moment, _ in begun] == [clock.now(), clock.now() + signing.PUBLISHED_FOR]
    assert len(published(ring(deps))) == 4


def test_without_any_key_the_first_signs_at_once(deps: Deps, clock: FixedClock) -> None:
    done = signing_keys.rotate(rotating(deps))
    assert (done.sign_time, done.old_kid, done.old_expire_time) == (clock.now(), "", None)
    assert kid_of(ring(deps).signer().sign({})) == done.kid


def test_old_keys_rotate_by_themselves_and_dead_ones_are_deleted(deps: Deps, clock: FixedClock) -> None:
    old, following = published(ring(deps))
    for _ in range(3):
        clock.advance(timedelta(days=29))
        signing_keys.rotate_if_old(rotating(deps))
        assert kid_of(ring(deps).signer().sign({})) == old
    clock.advance(timedelta(days=3))
    signing_keys.rotate_if_old(rotating(deps))
    assert kid_of(ring(deps).signer().sign({})) == following
    clock.advance(timedelta(days=1))
    signing_keys.rotate_if_old(rotating(deps))
    with deps.db.transaction() as tx:
        kept = tx.exec_driver_sql("SELECT public_jwk->>'kid' FROM signing_keys").scalars().all()
    assert old not in kept
    assert len(kept) == 2


def test_it_is_no_token_of_ours(deps: Deps, clock: FixedClock) -> None:
    process = ring(deps)
    now = int(clock.now().timestamp())
    good = {"iss": ISSUER, "aud": "billmesh", "exp": now + 600, "sub": "x"}
    assert process.claims(process.signer().sign(good)) == good
    for wrong in ({"iss": "https://elsewhere.test"}, {"aud": "billmesh-web"}, {"exp": now}, {"aud": ["billmesh"]}):
        assert process.claims(process.signer().sign(good | wrong)) is None
    assert process.claims(process.signer().sign_id(good)) is None
    assert process.claims("a.b.c") is None
    assert process.claims("") is None
