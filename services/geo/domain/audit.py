"""What of this service is in the audit log; docs/audit.md says what each means."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What staff do to stores."""

    STORE_CREATED = "store.created"
    STORE_CHANGED = "store.changed"
    STORE_DELETED = "store.deleted"
