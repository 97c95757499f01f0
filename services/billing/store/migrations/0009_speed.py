"""An entry's balance is checked once for all its postings, not once for each."""

from __future__ import annotations

from alembic import op

revision = "billing_0009"
down_revision = "billing_0008"
branch_labels = None
depends_on = None

# All postings of an entry are written by one statement, so its end is the moment to look. That nothing is added to an
# entry later follows: what was added alone would not balance.
_BALANCE = """
DROP TRIGGER balanced ON ledger_postings;
DROP FUNCTION require_balance();
CREATE FUNCTION require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken uuid;
BEGIN
    SELECT entry_id INTO broken FROM posted
    GROUP BY merchant_id, entry_id, currency HAVING sum(amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % does not balance', broken USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER balanced AFTER INSERT ON ledger_postings REFERENCING NEW TABLE AS posted
    FOR EACH STATEMENT EXECUTE FUNCTION require_balance();
"""


def upgrade() -> None:
    op.execute(_BALANCE)
