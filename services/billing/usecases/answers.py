"""Answers that are kept for requests that come again: they name people, so they are not kept for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from services.billing.store.answers import delete_answers

if TYPE_CHECKING:
    from services.billing.usecases.deps import Deps

# Whoever asks to be erased is gone from them, too, within a month.
_KEPT = timedelta(days=30)
_AT_ONCE = 10_000


def sweep(deps: Deps) -> None:
    """Forgets old answers. The same request after that is a new one."""
    before = deps.clock.now() - _KEPT
    while True:
        with deps.db.transaction() as tx:
            if delete_answers(tx, before=before, most=_AT_ONCE) < _AT_ONCE:
                return
