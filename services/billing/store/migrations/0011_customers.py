"""Customers are found by name; what erased ones leave; whose a gateway's money is that no bill takes."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from services.billing.domain.names import words
from services.kit.migrations import tenant_policy

revision = "billing_0011"
down_revision = "billing_0010"
branch_labels = None
depends_on = None

# Comparisons of text are leakproof, so this index works under row-level security; those of trigrams are not.
_WORDS = """
CREATE TABLE customer_words (
    merchant_id uuid NOT NULL,
    -- Without case and accents.
    word text COLLATE "C" NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (merchant_id, word, customer_id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id) ON DELETE CASCADE
);
-- With the word, so that those of common words are read in the order of the list, out of the index alone.
CREATE INDEX customer_words_by_customer ON customer_words (merchant_id, customer_id, word);
"""
_BATCH = 5_000
_NAMES = """
SELECT merchant_id, id, display_name FROM customers
WHERE display_name <> '' AND (CAST(:id AS uuid) IS NULL OR id > :id) ORDER BY id LIMIT :most
"""
_FILL = "INSERT INTO customer_words (merchant_id, word, customer_id) VALUES (:merchant_id, :word, :customer_id)"

# What happened to a bill stays; what people wrote about it may be taken out, and nothing may be put in.
_EVENTS = """
DROP TRIGGER append_only ON bill_events;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON bill_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_text_goes BEFORE UPDATE ON bill_events FOR EACH ROW
    WHEN (NEW.text IS NOT NULL OR to_jsonb(NEW) - 'text' <> to_jsonb(OLD) - 'text')
    EXECUTE FUNCTION refuse_change();
GRANT UPDATE (text) ON bill_events TO svc_billing;
"""

# Money that the bill does not take is a payment, too: all of it is the customer's credit.
_LINKS = """
ALTER TABLE payment_links
    DROP CONSTRAINT payment_links_paid,
    ADD CONSTRAINT payment_links_paid CHECK (
        CASE state WHEN 'OPEN' THEN payment_id IS NULL WHEN 'PAID' THEN payment_id IS NOT NULL ELSE true END);
CREATE INDEX gateway_refunds_unplaced ON gateway_refunds (merchant_id) WHERE state = 'UNPLACED';
"""


def upgrade() -> None:
    op.execute(_WORDS)
    _fill_words()
    tenant_policy("customer_words")
    op.execute(_EVENTS)
    op.execute(_LINKS)


def _fill_words() -> None:
    bind = op.get_bind()
    # Its owner, too, sees one tenant's rows alone.
    op.execute("ALTER TABLE customers NO FORCE ROW LEVEL SECURITY")
    last = None
    while rows := bind.execute(text(_NAMES), {"id": last, "most": _BATCH}).all():
        found = [
            {"merchant_id": row.merchant_id, "word": word, "customer_id": row.id}
            for row in rows
            for word in words(row.display_name)
        ]
        if found:
            bind.execute(text(_FILL), found)
        last = rows[-1].id
    op.execute("ALTER TABLE customers FORCE ROW LEVEL SECURITY")
