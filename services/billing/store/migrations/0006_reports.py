"""Summaries, and alarms of the books."""

from __future__ import annotations

revision = "billing_0006"
down_revision = "billing_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
