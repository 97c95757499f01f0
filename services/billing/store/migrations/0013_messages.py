"""What customers and merchants are told besides."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0013"
down_revision = "billing_0012"
branch_labels = None
depends_on = None

_CLAIMS = """
CREATE TABLE claim_digests (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    -- The first claim; told of by itself if it stays the only one.
    payment_id uuid NOT NULL,
    claims integer NOT NULL CHECK (claims > 0),
    -- Not told before.
    send_time timestamptz NOT NULL,
    -- Claims join it until it is told.
    closed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id)
);
CREATE UNIQUE INDEX claim_digests_open ON claim_digests (merchant_id) WHERE NOT closed;
"""

_TERMS = """
ALTER TABLE settings ADD COLUMN terms text NOT NULL DEFAULT '' CHECK (length(terms) <= 2000);
-- As they were when the bill was issued.
ALTER TABLE bills ADD COLUMN terms text NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    op.execute(_CLAIMS)
    op.execute(_TERMS)
    tenant_policy("claim_digests")
