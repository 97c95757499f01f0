"""Settings know whether their merchant is a test tenant."""

from __future__ import annotations

from alembic import op

revision = "billing_0002"
down_revision = "billing_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE settings ADD COLUMN is_test boolean NOT NULL DEFAULT false")
