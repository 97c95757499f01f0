"""Bank statements."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0008"
down_revision = "billing_0007"
branch_labels = None
depends_on = None

_STATEMENTS = """
CREATE TABLE bank_statements (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    -- In the merchant's words; may be empty.
    account text NOT NULL,
    currency char(3) NOT NULL,
    line_count integer NOT NULL CHECK (line_count >= 0),
    -- Those that no earlier import had brought.
    new_line_count integer NOT NULL CHECK (new_line_count BETWEEN 0 AND line_count),
    first_date date,
    last_date date,
    create_time timestamptz NOT NULL,
    -- Who of the staff imported it; null for clients.
    create_account_id uuid,
    PRIMARY KEY (merchant_id, id)
);

CREATE TABLE bank_statement_lines (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    statement_id uuid NOT NULL,
    row_number integer NOT NULL,
    booking_date date NOT NULL,
    -- Below zero: it went out.
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency char(3) NOT NULL,
    reference text NOT NULL,
    -- Sealed: banks write names and account numbers into them. Null for none.
    description bytea,
    counterparty bytea,
    -- Keyed hash of all that is alike if it is the same movement in another file.
    fingerprint bytea NOT NULL,
    state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'MATCHED', 'DISMISSED')),
    bill_id uuid,
    payment_id uuid,
    leg_id uuid,
    dismiss_reason text NOT NULL DEFAULT '',
    -- Who of the staff matched or dismissed it; null for clients.
    settle_account_id uuid,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, statement_id) REFERENCES bank_statements (merchant_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id),
    CONSTRAINT bank_statement_lines_matched CHECK (
        num_nonnulls(bill_id, payment_id, leg_id) = CASE state WHEN 'MATCHED' THEN 3 ELSE 0 END),
    CONSTRAINT bank_statement_lines_came_in CHECK (state <> 'MATCHED' OR amount_minor > 0)
);
CREATE UNIQUE INDEX bank_statement_lines_once ON bank_statement_lines (merchant_id, fingerprint);
CREATE INDEX bank_statement_lines_by_date ON bank_statement_lines (merchant_id, booking_date, id);
CREATE INDEX bank_statement_lines_by_statement ON bank_statement_lines (merchant_id, statement_id, booking_date, id);
-- What is asked about: money that came in and that nobody has placed yet.
CREATE INDEX bank_statement_lines_open ON bank_statement_lines (merchant_id, booking_date, id)
    WHERE state = 'OPEN' AND amount_minor > 0;
-- A leg is proved by one line.
CREATE UNIQUE INDEX bank_statement_lines_leg ON bank_statement_lines (merchant_id, leg_id) WHERE leg_id IS NOT NULL;

-- References as they are compared, without signs, case and zeros in front.
CREATE INDEX payment_legs_bank_reference
    ON payment_legs (merchant_id, ltrim(regexp_replace(upper(bank_reference), '[^A-Z0-9]', '', 'g'), '0'))
    WHERE bank_reference IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(_STATEMENTS)
    for table in ("bank_statements", "bank_statement_lines"):
        tenant_policy(table)
