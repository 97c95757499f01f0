"""What is done once a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.inventory.store import requests

if TYPE_CHECKING:
    from services.inventory.usecases.deps import Deps

# A caller that repeats a request after this long makes a new one.
_REQUESTS_KEPT: Final = timedelta(days=30)
_AT_ONCE: Final = 5_000


def forget_old(deps: Deps) -> None:
    """Erases remembered answers whose time has come, a few thousand a transaction."""
    before = deps.clock.now() - _REQUESTS_KEPT
    while True:
        with deps.db.transaction() as tx:
            if requests.forget_answers(tx, before=before, limit=_AT_ONCE) < _AT_ONCE:
                return
