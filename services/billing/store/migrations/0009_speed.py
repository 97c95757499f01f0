"""What makes the hot path short."""

from __future__ import annotations

revision = "billing_0009"
down_revision = "billing_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
