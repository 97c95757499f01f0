"""Fewer statements for a bill."""

from __future__ import annotations

from services.kit.migrations import own_queue

revision = "billing_0012"
down_revision = "billing_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    own_queue()
