"""Sums by month, for reports over long ranges."""

from __future__ import annotations

revision = "billing_0010"
down_revision = "billing_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
