"""Bank statements and payment gateways."""

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

_GATEWAYS = """
CREATE TABLE gateways (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    provider text NOT NULL CHECK (provider IN ('RAZORPAY', 'STRIPE')),
    display_name text NOT NULL,
    enabled boolean NOT NULL,
    key_id text NOT NULL,
    -- Sealed, both.
    key_secret bytea NOT NULL,
    webhook_secret bytea NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);

-- No tenant's: whose gateway an event is about, which is not known before. Ids and nothing else.
CREATE TABLE gateway_owners (
    gateway_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL
);
REVOKE UPDATE, DELETE ON gateway_owners FROM svc_billing;

CREATE TABLE payment_links (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    gateway_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    url text NOT NULL,
    state text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'PAID', 'UNPLACED')),
    payment_id uuid,
    problem text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, gateway_id) REFERENCES gateways (merchant_id, id),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id),
    CONSTRAINT payment_links_paid CHECK ((payment_id IS NOT NULL) = (state = 'PAID')),
    CONSTRAINT payment_links_unplaced CHECK ((problem <> '') = (state = 'UNPLACED'))
);
CREATE INDEX payment_links_by_bill ON payment_links (merchant_id, bill_id, id);

-- What a gateway told, each once by the gateway's own ids, which its signature covers.
CREATE TABLE gateway_payments (
    merchant_id uuid NOT NULL,
    gateway_id uuid NOT NULL,
    -- "pay_…" or "pi_…".
    name text NOT NULL,
    link_id uuid NOT NULL,
    -- Null where the bill took no payment.
    payment_id uuid,
    leg_id uuid,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, gateway_id, name),
    FOREIGN KEY (merchant_id, link_id) REFERENCES payment_links (merchant_id, id),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id)
);
CREATE TABLE gateway_refunds (
    merchant_id uuid NOT NULL,
    gateway_id uuid NOT NULL,
    -- "rfnd_…" or "re_…".
    name text NOT NULL,
    payment_name text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    -- WAITING: the payment is not told of yet. UNPLACED: it could not be entered.
    state text NOT NULL CHECK (state IN ('WAITING', 'ENTERED', 'UNPLACED')),
    problem text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, gateway_id, name)
);
CREATE INDEX gateway_refunds_waiting ON gateway_refunds (merchant_id, gateway_id, payment_name)
    WHERE state = 'WAITING';
"""


def upgrade() -> None:
    op.execute(_STATEMENTS)
    op.execute(_GATEWAYS)
    for table in (
        "bank_statements",
        "bank_statement_lines",
        "gateways",
        "payment_links",
        "gateway_payments",
        "gateway_refunds",
    ):
        tenant_policy(table)
