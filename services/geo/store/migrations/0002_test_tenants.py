"""Stores of test tenants, which nobody finds."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEST_TENANTS = """
ALTER TABLE stores ADD COLUMN is_test boolean NOT NULL DEFAULT false;
DROP INDEX stores_open_location;
CREATE INDEX stores_open_location ON stores USING gist (location)
    WHERE state = 'OPEN' AND delete_time IS NULL AND NOT is_test;
"""


def upgrade() -> None:
    op.execute(_TEST_TENANTS)
