"""Credit notes, refunds, cheques, and who issued and recorded."""

from __future__ import annotations

from alembic import op

revision = "billing_0003"
down_revision = "billing_0002"
branch_labels = None
depends_on = None

_ON_THE_BILL = """
ALTER TABLE bills
    -- What credit notes have taken off the outstanding amount: outstanding = total - settled - credited.
    ADD COLUMN credited_minor bigint NOT NULL DEFAULT 0,
    -- Who issued it; null for bills from before, and for clients.
    ADD COLUMN issue_account_id uuid,
    DROP CONSTRAINT bills_never_overpaid,
    ADD CONSTRAINT bills_never_overpaid CHECK (
        settled_minor >= 0 AND credited_minor >= 0 AND settled_minor + credited_minor <= total_minor);
ALTER TABLE payments ADD COLUMN record_account_id uuid;
"""


def upgrade() -> None:
    op.execute(_ON_THE_BILL)
