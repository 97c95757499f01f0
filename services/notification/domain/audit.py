"""What of this service is in the audit log; docs/audit.md says what each means."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What staff do to messages."""

    TEMPLATE_CHANGED = "template.changed"
