"""docs/audit.md explains every action that any service notes, and no other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from services.auth.domain.audit import Action as AuthAction
from services.billing.domain.audit import Action as BillingAction
from services.geo.domain.audit import Action as GeoAction
from services.inventory.domain.audit import Action as InventoryAction
from services.notification.domain.audit import Action as NotificationAction

NOTED = Counter(
    action.value
    for actions in (AuthAction, BillingAction, GeoAction, InventoryAction, NotificationAction)
    for action in actions
)


def test_every_action_is_explained_once() -> None:
    text = Path("docs/audit.md").read_text(encoding="utf-8")
    assert Counter(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE)) == NOTED
    assert set(NOTED.values()) == {1}


def test_actions_can_be_searched_for() -> None:
    assert [action for action in NOTED if not re.fullmatch(r"[a-z_]+\.[a-z_]+", action)] == []
