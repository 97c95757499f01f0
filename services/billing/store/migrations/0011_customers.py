"""Customers are found by name; what erased ones leave."""

from __future__ import annotations

revision = "billing_0011"
down_revision = "billing_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
