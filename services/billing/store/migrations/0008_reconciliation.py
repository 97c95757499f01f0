"""Bank statements and payment gateways."""

from __future__ import annotations

revision = "billing_0008"
down_revision = "billing_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
