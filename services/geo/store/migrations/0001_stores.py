"""Stores on the map."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import standard_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Row-level security is off here on purpose: anyone may search the open stores, and its checks would keep the planner
# off the spatial index.
_STORES = """
CREATE TABLE stores (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 120),
    category text NOT NULL,
    location geography(Point, 4326) NOT NULL,
    address text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'CLOSED')),
    -- Empty: the merchant has no code for it.
    external_code text NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    -- A deleted store keeps its row: inventory must still learn the last version.
    delete_time timestamptz,
    -- Counts every change from 1.
    version bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (merchant_id, id)
);
CREATE UNIQUE INDEX stores_external_code ON stores (merchant_id, external_code)
    WHERE external_code <> '' AND delete_time IS NULL;
CREATE INDEX stores_open_location ON stores USING gist (location) WHERE state = 'OPEN' AND delete_time IS NULL;
"""


def upgrade() -> None:
    standard_tables()
    op.execute(_STORES)


def downgrade() -> None:
    raise NotImplementedError("schemas only move forward")
