"""Credit notes, refunds, cheques, payments out of credit, and who issued and recorded."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

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
ALTER TABLE person_bills ADD COLUMN credited_minor bigint NOT NULL DEFAULT 0;
-- Who of the staff entered it; null for payments from before, of clients, and claimed by the person who owes.
ALTER TABLE payments ADD COLUMN record_account_id uuid;
"""

_ON_THE_LEG = """
ALTER TABLE payment_legs
    -- What was given back of it; `settled_minor` and `credited_minor` are without it.
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    ADD COLUMN cheque_number text,
    ADD COLUMN cheque_bank_name text,
    ADD COLUMN cheque_date date,
    DROP CONSTRAINT payment_legs_method_check,
    ADD CONSTRAINT payment_legs_method_check CHECK (
        method IN ('UPI', 'CARD', 'CASH', 'BANK_TRANSFER', 'CHEQUE', 'CUSTOMER_CREDIT')),
    DROP CONSTRAINT payment_legs_state_check,
    ADD CONSTRAINT payment_legs_state_check CHECK (
        state IN ('RECORDED', 'PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'REFUNDED')),
    ADD CONSTRAINT payment_legs_cheque CHECK (
        num_nonnulls(cheque_number, cheque_bank_name, cheque_date) = CASE method WHEN 'CHEQUE' THEN 3 ELSE 0 END),
    DROP CONSTRAINT payment_legs_allocated,
    ADD CONSTRAINT payment_legs_allocated CHECK (
        settled_minor + credited_minor + refunded_minor
            = CASE WHEN state IN ('RECORDED', 'VERIFIED', 'REFUNDED') THEN amount_minor ELSE 0 END),
    ADD CONSTRAINT payment_legs_refunded CHECK ((state = 'REFUNDED') = (refunded_minor = amount_minor));
-- A cheque is entered once, until it bounces.
CREATE UNIQUE INDEX payment_legs_cheques ON payment_legs (merchant_id, cheque_number, cheque_bank_name, cheque_date)
    WHERE cheque_number IS NOT NULL AND state <> 'REJECTED';
"""

_CREDIT_NOTES = """
-- As number_series, which stays the bills' own.
CREATE TABLE credit_note_series (
    merchant_id uuid NOT NULL,
    prefix text NOT NULL,
    financial_year text NOT NULL,
    last_number integer NOT NULL CHECK (last_number > 0),
    PRIMARY KEY (merchant_id, prefix, financial_year)
) WITH (fillfactor = 50);

CREATE TABLE credit_notes (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    bill_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    number text NOT NULL,
    currency char(3) NOT NULL,
    reason text NOT NULL,
    -- Whether the goods go back into stock.
    restock boolean NOT NULL,
    net_minor bigint NOT NULL CHECK (net_minor >= 0),
    -- As bills.taxes.
    taxes jsonb NOT NULL,
    rounding_minor bigint NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    -- What it took off the bill's outstanding amount, and what became the customer's credit.
    applied_minor bigint NOT NULL CHECK (applied_minor >= 0),
    to_credit_minor bigint NOT NULL CHECK (to_credit_minor >= 0),
    -- The merchant's business day.
    issue_date date NOT NULL,
    create_time timestamptz NOT NULL,
    create_account_id uuid,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id),
    CONSTRAINT credit_notes_allocated CHECK (applied_minor + to_credit_minor = total_minor)
);
CREATE INDEX credit_notes_by_bill ON credit_notes (merchant_id, bill_id, id);
CREATE INDEX credit_notes_by_customer ON credit_notes (merchant_id, customer_id, id);

-- How much of which line of the bill; what the line sells is on the bill, which is locked.
CREATE TABLE credit_note_lines (
    merchant_id uuid NOT NULL,
    credit_note_id uuid NOT NULL,
    position smallint NOT NULL,
    bill_id uuid NOT NULL,
    -- bill_lines.position.
    bill_position smallint NOT NULL,
    quantity numeric(10, 3) NOT NULL CHECK (quantity > 0),
    net_minor bigint NOT NULL,
    taxes jsonb NOT NULL,
    PRIMARY KEY (merchant_id, credit_note_id, position),
    UNIQUE (merchant_id, credit_note_id, bill_position),
    FOREIGN KEY (merchant_id, credit_note_id) REFERENCES credit_notes (merchant_id, id),
    FOREIGN KEY (merchant_id, bill_id, bill_position) REFERENCES bill_lines (merchant_id, bill_id, position)
);
CREATE INDEX credit_note_lines_by_bill ON credit_note_lines (merchant_id, bill_id);

CREATE TABLE credit_note_numbers (
    merchant_id uuid NOT NULL,
    prefix text NOT NULL,
    financial_year text NOT NULL,
    sequence integer NOT NULL,
    number text NOT NULL,
    credit_note_id uuid NOT NULL,
    PRIMARY KEY (merchant_id, prefix, financial_year, sequence),
    UNIQUE (merchant_id, number),
    FOREIGN KEY (merchant_id, credit_note_id) REFERENCES credit_notes (merchant_id, id)
);
REVOKE UPDATE, DELETE ON credit_notes, credit_note_lines, credit_note_numbers FROM svc_billing;
"""

_REFUNDS = """
CREATE TABLE refunds (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    -- All three are null where a customer's credit was paid out.
    bill_id uuid,
    payment_id uuid,
    leg_id uuid,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    -- What is asked for on the bill again, and what came off the customer's credit.
    reopened_minor bigint NOT NULL CHECK (reopened_minor >= 0),
    from_credit_minor bigint NOT NULL CHECK (from_credit_minor >= 0),
    method text NOT NULL CHECK (method IN ('UPI', 'CARD', 'CASH', 'BANK_TRANSFER', 'CHEQUE', 'CUSTOMER_CREDIT')),
    utr text CHECK ((utr IS NOT NULL) = (method = 'UPI')),
    card_last_four char(4) CHECK ((card_last_four IS NOT NULL) = (method = 'CARD')),
    card_approval_code text CHECK ((card_approval_code IS NOT NULL) = (method = 'CARD')),
    bank_reference text CHECK ((bank_reference IS NOT NULL) = (method = 'BANK_TRANSFER')),
    cheque_number text,
    cheque_bank_name text,
    cheque_date date,
    reason text NOT NULL,
    -- The merchant's business day.
    refund_date date NOT NULL,
    create_time timestamptz NOT NULL,
    create_account_id uuid,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id),
    CONSTRAINT refunds_split CHECK (reopened_minor + from_credit_minor = amount_minor),
    CONSTRAINT refunds_of CHECK (num_nonnulls(bill_id, payment_id, leg_id) IN (0, 3)),
    CONSTRAINT refunds_cheque CHECK (
        num_nonnulls(cheque_number, cheque_bank_name, cheque_date) = CASE method WHEN 'CHEQUE' THEN 3 ELSE 0 END)
);
CREATE INDEX refunds_by_payment ON refunds (merchant_id, payment_id, id) WHERE payment_id IS NOT NULL;
CREATE INDEX refunds_by_bill ON refunds (merchant_id, bill_id, id) WHERE bill_id IS NOT NULL;
CREATE INDEX refunds_by_customer ON refunds (merchant_id, customer_id, id);
CREATE UNIQUE INDEX refunds_utr ON refunds (merchant_id, utr) WHERE utr IS NOT NULL;
REVOKE UPDATE, DELETE ON refunds FROM svc_billing;
"""

_LEDGER = """
ALTER TABLE ledger_entries
    -- Credit that is paid out is no bill's.
    ALTER COLUMN bill_id DROP NOT NULL,
    ADD COLUMN credit_note_id uuid,
    ADD COLUMN refund_id uuid,
    DROP CONSTRAINT ledger_entries_kind_check,
    ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('BILL_ISSUED', 'BILL_VOIDED', 'PAYMENT_RECEIVED',
        'PAYMENT_BOUNCED', 'PAYMENT_REFUNDED', 'CREDIT_REFUNDED', 'CREDIT_NOTE_ISSUED'));
"""


def upgrade() -> None:
    for statements in (_ON_THE_BILL, _ON_THE_LEG, _CREDIT_NOTES, _REFUNDS, _LEDGER):
        op.execute(statements)
    for table in ("credit_note_series", "credit_notes", "credit_note_lines", "credit_note_numbers", "refunds"):
        tenant_policy(table)
