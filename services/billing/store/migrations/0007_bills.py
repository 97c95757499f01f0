"""Attachments, events, instalments, schedules, series of stores and logos."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0007"
down_revision = "billing_0006"
branch_labels = None
depends_on = None

_TAXES_AND_SERIES = """
ALTER TABLE settings
    ADD COLUMN gst_composition boolean NOT NULL DEFAULT false,
    -- [[currency, minor units], ...]
    ADD COLUMN other_coins jsonb NOT NULL DEFAULT '[]',
    -- [[store id, prefix], ...]
    ADD COLUMN store_prefixes jsonb NOT NULL DEFAULT '[]';
ALTER TABLE bills ADD COLUMN document text NOT NULL DEFAULT 'INVOICE' CHECK (
    document IN ('INVOICE', 'TAX_INVOICE', 'BILL_OF_SUPPLY', 'INVOICE_AND_BILL_OF_SUPPLY', 'COMPOSITION_BILL'));
"""

_FILES = """
ALTER TABLE settings ADD COLUMN logo_sha256 bytea;
CREATE TABLE merchant_logos (
    merchant_id uuid PRIMARY KEY,
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg')),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 204800)
);
CREATE TABLE bill_attachments (
    merchant_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    id uuid NOT NULL,
    -- Sealed, as the content: people write names into both.
    file_name bytea NOT NULL,
    media_type text NOT NULL,
    size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 1 AND 5242880),
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, bill_id, id),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id) ON DELETE CASCADE
);
-- Sealed bytes do not compress.
ALTER TABLE bill_attachments ALTER COLUMN content SET STORAGE EXTERNAL;
"""

_EVENTS = """
CREATE TABLE bill_events (
    merchant_id uuid NOT NULL,
    -- No foreign key: what is told of a draft outlives it.
    bill_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    amount_minor bigint,
    currency char(3) CHECK ((currency IS NULL) = (amount_minor IS NULL)),
    reference text NOT NULL,
    -- Sealed.
    text bytea,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, bill_id, id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bill_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON bill_events FROM svc_billing;
"""

_INSTALMENTS = """
-- [[due date, minor units, minor units of all up to it], ...], in order; null: due as a whole.
ALTER TABLE bills ADD COLUMN instalments jsonb;
"""

_SCHEDULES = """
CREATE TABLE bill_schedules (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    template_bill_id uuid NOT NULL,
    unit text NOT NULL CHECK (unit IN ('WEEK', 'MONTH', 'YEAR')),
    every smallint NOT NULL CHECK (every BETWEEN 1 AND 12),
    first_date date NOT NULL,
    end_date date CHECK (end_date >= first_date),
    auto_issue boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'ENDED')),
    occurrence integer NOT NULL CHECK (occurrence >= 0),
    last_bill_id uuid,
    pause_reason text NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, template_bill_id) REFERENCES bills (merchant_id, id)
);
CREATE INDEX bill_schedules_by_template ON bill_schedules (merchant_id, template_bill_id);
"""


def upgrade() -> None:
    op.execute(_TAXES_AND_SERIES)
    op.execute(_FILES)
    op.execute(_EVENTS)
    op.execute(_INSTALMENTS)
    op.execute(_SCHEDULES)
    for table in ("merchant_logos", "bill_attachments", "bill_events", "bill_schedules"):
        tenant_policy(table)
