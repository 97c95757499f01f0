"""Summaries, and alarms of the books."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0006"
down_revision = "billing_0005"
branch_labels = None
depends_on = None

# Postings of an account in order, for its entries; what was indexed before is its beginning.
_LEDGER = """
CREATE INDEX ledger_entries_by_date ON ledger_entries (merchant_id, entry_date, id);
CREATE INDEX ledger_postings_of_account ON ledger_postings (merchant_id, account_id, entry_id) INCLUDE (amount_minor);
DROP INDEX ledger_postings_by_account;
"""

# Every event leaves a mark in its transaction, which nothing else waits for. Whoever sees a mark sees the event, so the
# job takes the marks away first and computes their days after that.
_MARKS = """
CREATE TABLE report_marks (
    merchant_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    -- The merchant's business day on which something happened.
    day date NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
"""

# One row a day and group, from the ledger's entries of the day: what was voided or credited counts against the day of
# the voiding. Amounts are in minor units.
_DAYS = """
CREATE TABLE account_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    -- All customers' accounts of a code together.
    code text NOT NULL,
    currency char(3) NOT NULL,
    debit_minor bigint NOT NULL,
    credit_minor bigint NOT NULL,
    PRIMARY KEY (merchant_id, day, code, currency)
);
CREATE TABLE sales_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    currency char(3) NOT NULL,
    store_id uuid,
    -- Who issued the bill.
    account_id uuid,
    bill_count integer NOT NULL,
    void_count integer NOT NULL,
    credit_note_count integer NOT NULL,
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    rounding_minor bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (merchant_id, day, currency, store_id, account_id)
);
CREATE TABLE collection_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    currency char(3) NOT NULL,
    store_id uuid,
    -- Who recorded the payment.
    account_id uuid,
    -- The ledger's account: "MONEY:CASH".
    code text NOT NULL,
    payment_count integer NOT NULL,
    received_minor bigint NOT NULL,
    returned_minor bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (merchant_id, day, currency, store_id, account_id, code)
);
CREATE TABLE customer_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    customer_id uuid NOT NULL,
    currency char(3) NOT NULL,
    bill_count integer NOT NULL,
    total_minor bigint NOT NULL,
    PRIMARY KEY (merchant_id, day, customer_id, currency)
);
CREATE TABLE item_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    currency char(3) NOT NULL,
    -- Null: lines of free text, told apart by it.
    item_id uuid,
    description text NOT NULL,
    unit_code text NOT NULL,
    quantity numeric NOT NULL,
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL
);
CREATE INDEX item_days_by_day ON item_days (merchant_id, day);
CREATE TABLE tax_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    currency char(3) NOT NULL,
    -- Of the lines: "GST18".
    tax_code text NOT NULL,
    hsn_code text NOT NULL,
    unit_code text NOT NULL,
    -- GST state; empty elsewhere.
    place_of_supply text NOT NULL,
    -- Who bought, as Indian returns tell them apart: with a tax number, abroad, on a large bill between states, others.
    recipient text NOT NULL CHECK (recipient IN ('REGISTERED', 'EXPORT', 'LARGE', 'CONSUMER')),
    -- One tax that the code stands for, "CGST" at 9; empty at 0 for lines that bear none.
    tax text NOT NULL,
    rate numeric NOT NULL,
    -- The first of a line's taxes: sums of these alone count no line twice.
    is_first boolean NOT NULL,
    quantity numeric NOT NULL,
    base_minor bigint NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (merchant_id, day, currency, tax_code, hsn_code, unit_code, place_of_supply, recipient, tax, rate,
        is_first)
);
"""

# The numbers that a day gave, and how many of its month's it took back.
_NUMBERS = """
CREATE TABLE number_days (
    merchant_id uuid NOT NULL,
    day date NOT NULL,
    of_bills boolean NOT NULL,
    -- Prefix and financial year: "INV/25-26".
    series text NOT NULL,
    -- Null where nothing was given.
    first_number text,
    last_number text,
    given_count integer NOT NULL,
    void_count integer NOT NULL,
    PRIMARY KEY (merchant_id, day, of_bills, series)
);
-- Bills that Indian returns tell one by one: few for a shop, and found without reading the others.
CREATE INDEX bills_told_alone ON bills (merchant_id, issue_date) WHERE issue_date IS NOT NULL
    AND (customer_tax_id IS NOT NULL OR place_of_supply = '96' OR taxes @> '[["IGST"]]');
"""

_ALARMS = """
CREATE TABLE ledger_alarms (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    rule text NOT NULL,
    -- What breaks it: an id as on the wire, or a series.
    subject text NOT NULL,
    detail text NOT NULL,
    create_time timestamptz NOT NULL,
    -- When it was first seen to hold again.
    resolved_time timestamptz,
    PRIMARY KEY (merchant_id, id)
);
CREATE UNIQUE INDEX ledger_alarms_open ON ledger_alarms (merchant_id, rule, subject) WHERE resolved_time IS NULL;
CREATE FUNCTION refuse_change_of_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.resolved_time IS NOT NULL
        OR (OLD.merchant_id, OLD.id, OLD.rule, OLD.subject, OLD.detail, OLD.create_time)
            IS DISTINCT FROM (NEW.merchant_id, NEW.id, NEW.rule, NEW.subject, NEW.detail, NEW.create_time) THEN
        RAISE EXCEPTION 'an alarm is only ever resolved, once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resolved_once BEFORE UPDATE ON ledger_alarms FOR EACH ROW EXECUTE FUNCTION refuse_change_of_alarm();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger_alarms
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE DELETE ON ledger_alarms FROM svc_billing;
-- When a merchant's books were last checked, or began to be.
CREATE TABLE book_checks (
    merchant_id uuid PRIMARY KEY,
    begin_time timestamptz NOT NULL,
    -- Of the last check that came to its end.
    end_time timestamptz
);
"""

# The worker asks whose books there are, which row-level security lets no tenant see. It learns ids and nothing else.
_WHOSE = """
CREATE POLICY owner_reads ON settings FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_reads ON report_marks FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION merchants_after(after uuid, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = billing, pg_temp AS $$
    SELECT merchant_id FROM settings WHERE after IS NULL OR merchant_id > after ORDER BY merchant_id LIMIT most
$$;
CREATE FUNCTION marked_merchants(most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = billing, pg_temp AS $$
    SELECT merchant_id FROM report_marks GROUP BY merchant_id ORDER BY min(create_time) LIMIT most
$$;
REVOKE ALL ON FUNCTION merchants_after, marked_merchants FROM PUBLIC;
GRANT EXECUTE ON FUNCTION merchants_after, marked_merchants TO svc_billing;
"""

# What happened before there were summaries is summed up by the job's first round.
_BEFORE = """
INSERT INTO report_marks (merchant_id, day, create_time)
SELECT merchant_id, entry_date, min(create_time) FROM ledger_entries GROUP BY merchant_id, entry_date
"""


def upgrade() -> None:
    for statements in (_LEDGER, _MARKS, _DAYS, _NUMBERS, _ALARMS):
        op.execute(statements)
    # Before the policies are: the owner reads all tenants' entries only until then, and only to mark their days.
    op.execute("ALTER TABLE ledger_entries NO FORCE ROW LEVEL SECURITY")
    op.execute(_BEFORE)
    op.execute("ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY")
    for table in (
        "report_marks",
        "account_days",
        "sales_days",
        "collection_days",
        "customer_days",
        "item_days",
        "tax_days",
        "number_days",
        "ledger_alarms",
        "book_checks",
    ):
        tenant_policy(table)
    op.execute(_WHOSE)
