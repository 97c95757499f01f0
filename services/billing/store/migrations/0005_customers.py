"""Tags, limits, consents, merged and erased customers, and balances that customers confirm."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0005"
down_revision = "billing_0004"
branch_labels = None
depends_on = None

_CUSTOMERS = """
ALTER TABLE customers
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
    -- The most that may be owed in that currency; null: whatever the merchant issues.
    ADD COLUMN credit_limit_minor bigint CHECK (credit_limit_minor >= 0),
    ADD COLUMN credit_limit_currency char(3),
    -- Whose bills and balances this customer's are now. What is personal moved along.
    ADD COLUMN merged_into uuid,
    -- Since when nothing personal is here any more.
    ADD COLUMN erase_time timestamptz,
    ADD CONSTRAINT customers_credit_limit CHECK (num_nonnulls(credit_limit_minor, credit_limit_currency) IN (0, 2)),
    ADD CONSTRAINT customers_closed_once CHECK (merged_into IS NULL OR erase_time IS NULL),
    ADD CONSTRAINT customers_closed_without_phone CHECK (
        (merged_into IS NULL AND erase_time IS NULL) OR num_nonnulls(phone, phone_index, email, tax_id) = 0),
    ADD FOREIGN KEY (merchant_id, merged_into) REFERENCES customers (merchant_id, id);
CREATE INDEX customers_merged ON customers (merchant_id, merged_into) WHERE merged_into IS NOT NULL;
"""

# Evidence of who allowed what and when. It outlives the customer, so it holds nothing personal and refers to no row.
_CONSENTS = """
CREATE TABLE customer_consents (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('SMS', 'EMAIL', 'WHATSAPP', 'CALL')),
    granted boolean NOT NULL,
    source text NOT NULL,
    create_time timestamptz NOT NULL,
    -- Who of the staff wrote it down; null for clients.
    create_account_id uuid,
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX customer_consents_by_customer ON customer_consents (merchant_id, customer_id, channel, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON customer_consents
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON customer_consents FROM svc_billing;
"""

_CONFIRMATIONS = """
CREATE TABLE balance_confirmations (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    -- What was asked about, as it stood on that business day.
    currency char(3) NOT NULL,
    owed_minor bigint NOT NULL,
    credit_minor bigint NOT NULL,
    balance_date date NOT NULL,
    create_time timestamptz NOT NULL,
    create_account_id uuid,
    expire_time timestamptz NOT NULL,
    answer text CHECK (answer IN ('CONFIRMED', 'DISPUTED')),
    -- Sealed.
    answer_note bytea,
    answer_time timestamptz,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    CONSTRAINT balance_confirmations_answer CHECK (
        (answer IS NULL) = (answer_time IS NULL) AND (answer IS NOT NULL OR answer_note IS NULL))
);
CREATE INDEX balance_confirmations_by_customer ON balance_confirmations (merchant_id, customer_id, id);
REVOKE DELETE ON balance_confirmations FROM svc_billing;

-- Who holds the token may read the balance and answer; the token itself is not here, only its SHA-256.
CREATE TABLE balance_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    confirmation_id uuid NOT NULL
);
REVOKE UPDATE, DELETE ON balance_links FROM svc_billing;
"""

# What one customer owes or has moves to another, and so does whose it is called; what it says stays as it is.
_LEDGER = """
GRANT UPDATE (customer_id) ON credit_notes, refunds TO svc_billing;
ALTER TABLE ledger_entries
    DROP CONSTRAINT ledger_entries_kind_check,
    ADD CONSTRAINT ledger_entries_kind_check CHECK (kind IN ('BILL_ISSUED', 'BILL_VOIDED', 'PAYMENT_RECEIVED',
        'PAYMENT_BOUNCED', 'PAYMENT_REFUNDED', 'CREDIT_REFUNDED', 'CREDIT_NOTE_ISSUED', 'CUSTOMERS_MERGED'));
"""


def upgrade() -> None:
    for statements in (_CUSTOMERS, _CONSENTS, _CONFIRMATIONS, _LEDGER):
        op.execute(statements)
    for table in ("customer_consents", "balance_confirmations"):
        tenant_policy(table)
