"""Another key begins to sign, and nobody who checks tokens notices."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.auth.domain import signing
from services.auth.keys import new_key
from services.auth.store import signing_keys

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database
    from services.kit.ids import Ids

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotating:
    """What it takes."""

    db: Database
    clock: Clock
    ids: Ids
    vault: Vault


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did."""

    # `kid` of the key that signs from `sign_time` on.
    kid: str
    sign_time: datetime
    # Whether it was told so before: nothing was changed.
    under_way: bool
    # `kid` of the one before and until when it is published; empty and None if there was none.
    old_kid: str
    old_expire_time: datetime | None


def rotate(deps: Rotating) -> Rotation:
    """Has the next key begin to sign: now, or if it was published too recently, as soon as it may.

    A new next one is published, and the old one stays published until its last token is dead. While one is waiting to
    begin, nothing is changed: the answer says which.
    """
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        signing_keys.lock(tx)
        done = _rotate(tx, deps, now)
    if not done.under_way:
        _LOG.info("signing key rotated", extra={"kid": done.kid, "sign_time": done.sign_time.isoformat()})
    return done


def rotate_if_old(deps: Rotating) -> None:
    """The daily job: rotates when the present key has signed for long enough; and deletes what is published no more."""
    now = deps.clock.now()
    with deps.db.transaction() as tx:
        signing_keys.lock(tx)
        signing_keys.sweep(tx, now=now)
        stored = signing_keys.load_published(tx, vault=deps.vault, now=now)
        current = signing.current(stored, now)
        if current is None or current.sign_time is None or now - current.sign_time < signing.OLD_AFTER:
            return
        done = _rotate(tx, deps, now)
    if not done.under_way:
        _LOG.info("signing key rotated", extra={"kid": done.kid, "sign_time": done.sign_time.isoformat()})


def _rotate(tx: Connection, deps: Rotating, now: datetime) -> Rotation:
    stored = signing_keys.load_published(tx, vault=deps.vault, now=now)
    current = signing.current(stored, now)
    waiting = signing.upcoming(stored, now)
    if waiting is not None and waiting.sign_time is not None and waiting is not current:
        old_kid, old_end = ("", None) if current is None else (str(current.public_jwk["kid"]), current.expire_time)
        return Rotation(
            kid=str(waiting.public_jwk["kid"]),
            sign_time=waiting.sign_time,
            under_way=True,
            old_kid=old_kid,
            old_expire_time=old_end,
        )
    following = signing.following(stored)
    if following is None:
        # The first key of all, or a table that someone has tidied.
        following = new_key(deps.ids.new(), create_time=now, sign_time=None)
        signing_keys.create(tx, vault=deps.vault, key=following)
    begin = signing.begins(following, now) if current is not None else now
    end = begin + signing.KEPT_FOR
    signing_keys.begin(tx, key_id=following.id, sign_time=begin)
    if current is not None:
        signing_keys.retire(tx, key_id=current.id, expire_time=end)
    fresh = new_key(deps.ids.new(), create_time=now, sign_time=None)
    signing_keys.create(tx, vault=deps.vault, key=fresh)
    return Rotation(
        kid=str(following.public_jwk["kid"]),
        sign_time=begin,
        under_way=False,
        old_kid=str(current.public_jwk["kid"]) if current is not None else "",
        old_expire_time=end if current is not None else None,
    )
