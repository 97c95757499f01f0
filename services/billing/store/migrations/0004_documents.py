"""Rendered documents."""

from __future__ import annotations

revision = "billing_0004"
down_revision = "billing_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
