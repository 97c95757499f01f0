"""The usual queue has the service's own name."""

from __future__ import annotations

from services.kit.migrations import own_queue

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    own_queue()
