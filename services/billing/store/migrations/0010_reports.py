"""Sums by month, for reports over long ranges, and what the return of a month is found by."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0010"
down_revision = "billing_0009"
branch_labels = None
depends_on = None

# Sums of customer_days and item_days, so that a year has a twelfth of the rows. `month` is its first day.
_MONTHS = """
CREATE TABLE customer_months (
    merchant_id uuid NOT NULL,
    month date NOT NULL,
    customer_id uuid NOT NULL,
    currency char(3) NOT NULL,
    bill_count integer NOT NULL,
    total_minor bigint NOT NULL,
    PRIMARY KEY (merchant_id, month, customer_id, currency)
) WITH (fillfactor = 70);
CREATE TABLE item_months (
    merchant_id uuid NOT NULL,
    month date NOT NULL,
    currency char(3) NOT NULL,
    -- Null: lines of free text, told apart by it.
    item_id uuid,
    free_text text,
    description text NOT NULL,
    unit_code text NOT NULL,
    quantity numeric NOT NULL,
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL
) WITH (fillfactor = 70);
-- A hash: free texts may be longer than an index takes.
CREATE UNIQUE INDEX item_months_once ON item_months (merchant_id, month, currency, unit_code, item_id, md5(free_text))
    NULLS NOT DISTINCT;
"""

# Whoever writes days writes months by it: what a statement took away or added is taken away or added here, so the sums
# are those of the days at every commit. Days are written by one transaction of a merchant at a time.
_KEPT = """
CREATE FUNCTION sum_customer_months() RETURNS trigger LANGUAGE plpgsql SET search_path = billing, pg_temp AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO customer_months AS m (merchant_id, month, customer_id, currency, bill_count, total_minor)
    SELECT merchant_id, date_trunc('month', day), customer_id, currency, sign * sum(bill_count), sign * sum(total_minor)
    FROM changed GROUP BY merchant_id, date_trunc('month', day), customer_id, currency
    ON CONFLICT (merchant_id, month, customer_id, currency) DO UPDATE SET
        bill_count = m.bill_count + excluded.bill_count, total_minor = m.total_minor + excluded.total_minor;
    RETURN NULL;
END $$;
CREATE TRIGGER sum_added AFTER INSERT ON customer_days REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION sum_customer_months();
CREATE TRIGGER sum_taken AFTER DELETE ON customer_days REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION sum_customer_months();
CREATE FUNCTION sum_item_months() RETURNS trigger LANGUAGE plpgsql SET search_path = billing, pg_temp AS $$
DECLARE
    sign integer := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
    INSERT INTO item_months AS m (merchant_id, month, currency, item_id, free_text, description, unit_code, quantity,
        net_minor, tax_minor)
    SELECT merchant_id, date_trunc('month', day), currency, item_id, CASE WHEN item_id IS NULL THEN description END,
        max(description), unit_code, sign * sum(quantity), sign * sum(net_minor), sign * sum(tax_minor)
    FROM changed
    GROUP BY merchant_id, date_trunc('month', day), currency, item_id, CASE WHEN item_id IS NULL THEN description END,
        unit_code
    ON CONFLICT (merchant_id, month, currency, unit_code, item_id, md5(free_text)) DO UPDATE SET
        quantity = m.quantity + excluded.quantity, net_minor = m.net_minor + excluded.net_minor,
        tax_minor = m.tax_minor + excluded.tax_minor, description = greatest(m.description, excluded.description);
    RETURN NULL;
END $$;
CREATE TRIGGER sum_added AFTER INSERT ON item_days REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION sum_item_months();
CREATE TRIGGER sum_taken AFTER DELETE ON item_days REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION sum_item_months();
"""

# The owner reads all tenants' days only while it sums up what there is; nobody writes them meanwhile.
_BEFORE = """
LOCK TABLE customer_days, item_days IN SHARE MODE;
ALTER TABLE customer_days NO FORCE ROW LEVEL SECURITY;
ALTER TABLE item_days NO FORCE ROW LEVEL SECURITY;
INSERT INTO customer_months
SELECT merchant_id, date_trunc('month', day), customer_id, currency, sum(bill_count), sum(total_minor)
FROM customer_days GROUP BY merchant_id, date_trunc('month', day), customer_id, currency;
INSERT INTO item_months
SELECT merchant_id, date_trunc('month', day), currency, item_id, CASE WHEN item_id IS NULL THEN description END,
    max(description), unit_code, sum(quantity), sum(net_minor), sum(tax_minor)
FROM item_days
GROUP BY merchant_id, date_trunc('month', day), currency, item_id, CASE WHEN item_id IS NULL THEN description END,
    unit_code;
ALTER TABLE customer_days FORCE ROW LEVEL SECURITY;
ALTER TABLE item_days FORCE ROW LEVEL SECURITY;
"""

_RETURNS = """
CREATE INDEX credit_notes_by_date ON credit_notes (merchant_id, issue_date);
CREATE INDEX ledger_entries_voids ON ledger_entries (merchant_id, entry_date) WHERE kind = 'BILL_VOIDED';
-- What was sold under the composition levy is for another return. Its days are computed anew.
ALTER TABLE tax_days DROP CONSTRAINT tax_days_recipient_check, ADD CONSTRAINT tax_days_recipient_check
    CHECK (recipient IN ('REGISTERED', 'EXPORT', 'LARGE', 'CONSUMER', 'COMPOSITION'));
ALTER TABLE ledger_entries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE bills NO FORCE ROW LEVEL SECURITY;
ALTER TABLE report_marks NO FORCE ROW LEVEL SECURITY;
INSERT INTO report_marks (merchant_id, day, create_time)
SELECT DISTINCT e.merchant_id, e.entry_date, now()
FROM bills b JOIN ledger_entries e ON e.merchant_id = b.merchant_id AND e.bill_id = b.id
WHERE b.document = 'COMPOSITION_BILL';
ALTER TABLE report_marks FORCE ROW LEVEL SECURITY;
ALTER TABLE bills FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(_MONTHS)
    # Before the policies are: the tables are the owner's to fill only until then.
    op.execute(_BEFORE)
    op.execute(_KEPT)
    for table in ("customer_months", "item_months"):
        tenant_policy(table)
    op.execute(_RETURNS)
