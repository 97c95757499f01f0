"""Bills, payments, customers, settings, the ledger, and who may see what."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import standard_tables, tenant_policy

revision = "billing_0001"
down_revision = None
branch_labels = None
depends_on = None

_SETTINGS = """
CREATE TABLE settings (
    merchant_id uuid PRIMARY KEY,
    country_code char(2) NOT NULL,
    time_zone text NOT NULL,
    business_name text NOT NULL,
    address text NOT NULL,
    currency char(3) NOT NULL,
    tax_regime text NOT NULL CHECK (tax_regime IN ('IN_GST', 'EU_VAT', 'GENERIC')),
    -- Printed on every bill, so no secret.
    tax_id text NOT NULL,
    region_code text NOT NULL,
    default_tax_code text NOT NULL,
    -- [[code, display name, rate as text], ...]
    custom_tax_codes jsonb NOT NULL,
    upi_vpa text NOT NULL,
    series_prefix text NOT NULL CHECK (series_prefix ~ '^[A-Z0-9]{1,3}$'),
    financial_year_start_month smallint NOT NULL CHECK (financial_year_start_month BETWEEN 1 AND 12),
    coin_minor bigint NOT NULL CHECK (coin_minor >= 0),
    payment_terms_days smallint NOT NULL CHECK (payment_terms_days BETWEEN 0 AND 365),
    locale text NOT NULL,
    version integer NOT NULL DEFAULT 1
);
-- The last number given; its row is what two issuers queue for.
CREATE TABLE number_series (
    merchant_id uuid NOT NULL,
    prefix text NOT NULL,
    financial_year text NOT NULL,
    last_number integer NOT NULL CHECK (last_number > 0),
    PRIMARY KEY (merchant_id, prefix, financial_year)
) WITH (fillfactor = 50);
"""

_CUSTOMERS = """
CREATE TABLE customers (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    display_name text NOT NULL,
    -- Sealed; the index beside it is the blind one to look it up by.
    phone bytea,
    phone_index bytea,
    email bytea,
    email_index bytea,
    tax_id bytea,
    tax_id_index bytea,
    region_code text NOT NULL,
    locale text NOT NULL,
    note text NOT NULL,
    create_time timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (merchant_id, id)
);
CREATE UNIQUE INDEX customers_by_phone ON customers (merchant_id, phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX customers_by_email ON customers (merchant_id, email_index) WHERE email_index IS NOT NULL;
"""

_BILLS = """
CREATE TABLE bills (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    customer_name text NOT NULL,
    customer_tax_id bytea,
    store_id uuid,
    state text NOT NULL CHECK (state IN ('DRAFT', 'ISSUED', 'PARTLY_PAID', 'PAID', 'VOID')),
    number text NOT NULL DEFAULT '',
    currency char(3) NOT NULL,
    discount_minor bigint NOT NULL CHECK (discount_minor >= 0),
    place_of_supply text NOT NULL,
    supply_named boolean NOT NULL,
    due_date date,
    note text NOT NULL,
    net_minor bigint NOT NULL,
    -- [[code, display name, rate as text, base in minor units, amount in minor units], ...]
    taxes jsonb NOT NULL,
    rounding_minor bigint NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    settled_minor bigint NOT NULL DEFAULT 0,
    create_time timestamptz NOT NULL,
    issue_time timestamptz,
    issue_date date,
    void_time timestamptz,
    void_reason text NOT NULL DEFAULT '',
    attempt_id uuid,
    attempt_request_id uuid,
    person_id uuid,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    CONSTRAINT bills_never_overpaid CHECK (settled_minor BETWEEN 0 AND total_minor),
    CONSTRAINT bills_numbered_once_issued CHECK ((state = 'DRAFT') = (number = ''))
) PARTITION BY RANGE (id);
CREATE INDEX bills_by_customer ON bills (merchant_id, customer_id, id);
-- What is still to be paid: short, and what every dashboard asks for.
CREATE INDEX bills_open ON bills (merchant_id, id) INCLUDE (due_date) WHERE state IN ('ISSUED', 'PARTLY_PAID');

CREATE TABLE bill_lines (
    merchant_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    position smallint NOT NULL,
    item_id uuid,
    description text NOT NULL,
    quantity numeric(10, 3) NOT NULL CHECK (quantity > 0),
    unit_code text NOT NULL,
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    price_includes_tax boolean NOT NULL,
    discount_minor bigint NOT NULL CHECK (discount_minor >= 0),
    tax_code text NOT NULL,
    hsn_code text NOT NULL,
    net_minor bigint NOT NULL,
    -- As bills.taxes.
    taxes jsonb NOT NULL,
    PRIMARY KEY (merchant_id, bill_id, position),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id)
) PARTITION BY RANGE (bill_id);

CREATE TABLE bills_beyond PARTITION OF bills DEFAULT;
CREATE TABLE bill_lines_beyond PARTITION OF bill_lines DEFAULT;

-- Every number that was given, in the transaction that gave it.
CREATE TABLE bill_numbers (
    merchant_id uuid NOT NULL,
    prefix text NOT NULL,
    financial_year text NOT NULL,
    sequence integer NOT NULL,
    number text NOT NULL,
    bill_id uuid NOT NULL,
    PRIMARY KEY (merchant_id, prefix, financial_year, sequence),
    UNIQUE (merchant_id, number),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id)
);
"""

# A partition a month, by the time inside the ids. The service's own role may not make tables, so it calls this. A
# partition is reached through its parent alone: by itself it would lie outside the parent's row-level security.
_PARTITIONS = """
CREATE FUNCTION first_id_of(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
CREATE FUNCTION make_partitions(first_month date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
DECLARE
    parent text;
    partition text;
    month timestamptz;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('billing.make_partitions'));
    FOR ahead IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_month) + make_interval(months => ahead)) AT TIME ZONE 'UTC';
        FOREACH parent IN ARRAY ARRAY['bills', 'bill_lines'] LOOP
            partition := format('%s_%s', parent, to_char(month AT TIME ZONE 'UTC', 'YYYYMM'));
            IF to_regclass(partition) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L) WITH (fillfactor = 85)',
                    partition, parent, first_id_of(month),
                    first_id_of((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
                EXECUTE format('REVOKE ALL ON %I FROM svc_billing', partition);
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions TO svc_billing;
REVOKE ALL ON bills_beyond, bill_lines_beyond FROM svc_billing;
SELECT make_partitions((now() - interval '2 months')::date, 15);
"""

_PAYMENTS = """
CREATE TABLE payments (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    bill_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    currency char(3) NOT NULL,
    note text NOT NULL,
    source text NOT NULL CHECK (source IN ('MERCHANT', 'CUSTOMER')),
    bill_state text NOT NULL,
    bill_outstanding_minor bigint NOT NULL CHECK (bill_outstanding_minor >= 0),
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id),
    FOREIGN KEY (merchant_id, bill_id) REFERENCES bills (merchant_id, id)
);
CREATE INDEX payments_by_bill ON payments (merchant_id, bill_id, id);
CREATE INDEX payments_by_customer ON payments (merchant_id, customer_id, id);

CREATE TABLE payment_legs (
    merchant_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    position smallint NOT NULL,
    id uuid NOT NULL,
    bill_id uuid NOT NULL,
    method text NOT NULL CHECK (method IN ('UPI', 'CARD', 'CASH', 'BANK_TRANSFER')),
    state text NOT NULL CHECK (state IN ('RECORDED', 'PENDING_VERIFICATION', 'VERIFIED', 'REJECTED')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    settled_minor bigint NOT NULL CHECK (settled_minor >= 0),
    credited_minor bigint NOT NULL CHECK (credited_minor >= 0),
    outstanding_after_minor bigint NOT NULL CHECK (outstanding_after_minor >= 0),
    utr text CHECK ((utr IS NOT NULL) = (method = 'UPI')),
    card_last_four char(4) CHECK ((card_last_four IS NOT NULL) = (method = 'CARD')),
    card_approval_code text CHECK ((card_approval_code IS NOT NULL) = (method = 'CARD')),
    bank_reference text CHECK ((bank_reference IS NOT NULL) = (method = 'BANK_TRANSFER')),
    reject_reason text NOT NULL DEFAULT '',
    PRIMARY KEY (merchant_id, payment_id, position),
    FOREIGN KEY (merchant_id, payment_id) REFERENCES payments (merchant_id, id),
    CONSTRAINT payment_legs_allocated CHECK (
        settled_minor + credited_minor = CASE WHEN state IN ('RECORDED', 'VERIFIED') THEN amount_minor ELSE 0 END
    )
);
-- What was rejected did not come, so its reference is free again.
CREATE UNIQUE INDEX payment_legs_utr ON payment_legs (merchant_id, utr) WHERE utr IS NOT NULL AND state <> 'REJECTED';
CREATE INDEX payment_legs_pending ON payment_legs (merchant_id, bill_id, payment_id)
    WHERE state = 'PENDING_VERIFICATION';
"""

_LEDGER = """
CREATE TABLE ledger_accounts (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    code text NOT NULL,
    -- The customer whose account it is; null for the merchant's own.
    party_id uuid,
    currency char(3) NOT NULL,
    PRIMARY KEY (merchant_id, id),
    UNIQUE (merchant_id, id, currency)
);
CREATE INDEX ledger_accounts_by_party ON ledger_accounts (merchant_id, party_id) WHERE party_id IS NOT NULL;

CREATE TABLE ledger_entries (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('BILL_ISSUED', 'BILL_VOIDED', 'PAYMENT_RECEIVED')),
    bill_id uuid NOT NULL,
    payment_id uuid,
    -- The merchant's business day.
    entry_date date NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX ledger_entries_by_bill ON ledger_entries (merchant_id, bill_id);

CREATE TABLE ledger_postings (
    merchant_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    position smallint NOT NULL,
    account_id uuid NOT NULL,
    -- Debits are positive, credits negative.
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency char(3) NOT NULL,
    PRIMARY KEY (merchant_id, entry_id, position),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES ledger_entries (merchant_id, id),
    FOREIGN KEY (merchant_id, account_id, currency) REFERENCES ledger_accounts (merchant_id, id, currency)
);
CREATE INDEX ledger_postings_by_account ON ledger_postings (merchant_id, account_id) INCLUDE (amount_minor);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE ON ledger_accounts, ledger_entries, ledger_postings, bill_numbers FROM svc_billing;

CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM ledger_postings WHERE merchant_id = NEW.merchant_id AND entry_id = NEW.entry_id
        GROUP BY currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'ledger entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balance();
"""

# No tenant's: a telephone number that bills were sent to, as a blind index, and the account that has verified it. Of
# those with the same number one is current; numbers are given to new people, and they start anew.
_PERSONS = """
CREATE TABLE persons (
    id uuid PRIMARY KEY,
    phone_index bytea NOT NULL,
    account_id uuid,
    current boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX persons_current ON persons (phone_index) WHERE current;
CREATE INDEX persons_by_account ON persons (account_id) WHERE account_id IS NOT NULL;

-- A bill in short, kept with the person, so that their list needs no merchant's rows.
CREATE TABLE person_bills (
    person_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    merchant_name text NOT NULL,
    number text NOT NULL,
    state text NOT NULL,
    currency char(3) NOT NULL,
    total_minor bigint NOT NULL,
    settled_minor bigint NOT NULL,
    issue_time timestamptz NOT NULL,
    due_date date NOT NULL,
    PRIMARY KEY (person_id, bill_id)
) WITH (fillfactor = 85);
ALTER TABLE person_bills ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_bills FORCE ROW LEVEL SECURITY;
CREATE POLICY merchant ON person_bills
    USING (merchant_id = nullif(current_setting('app.merchant_id', true), '')::uuid)
    WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '')::uuid);
CREATE POLICY account ON person_bills FOR SELECT USING (
    person_id IN (SELECT id FROM persons WHERE account_id = nullif(current_setting('app.account_id', true), '')::uuid)
);

-- Who holds the token may read the bill; the token itself is not here, only its SHA-256.
CREATE TABLE public_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    bill_id uuid NOT NULL
);
"""


def upgrade() -> None:
    standard_tables()
    for statements in (_SETTINGS, _CUSTOMERS, _BILLS, _PARTITIONS, _PAYMENTS, _LEDGER, _PERSONS):
        op.execute(statements)
    for table in (
        "settings",
        "number_series",
        "customers",
        "bills",
        "bill_lines",
        "bill_numbers",
        "payments",
        "payment_legs",
        "ledger_accounts",
        "ledger_entries",
        "ledger_postings",
    ):
        tenant_policy(table)
