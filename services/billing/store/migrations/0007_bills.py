"""Attachments, events, instalments, schedules, series of stores and logos."""

from __future__ import annotations

from alembic import op

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


def upgrade() -> None:
    op.execute(_TAXES_AND_SERIES)
