"""What holds of a merchant's books between any two calls, asked of the tables themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.services.billing.world import World

# Of each customer what bills ask for, and what legs, credit notes and payouts left of credit, beside the ledger's.
_CUSTOMERS = """
WITH bills AS (
    SELECT customer_id, sum(total_minor - settled_minor - credited_minor) AS owed FROM billing.bills
    WHERE merchant_id = %(merchant)s AND state IN ('ISSUED', 'PARTLY_PAID', 'PAID') GROUP BY customer_id
), legs AS (
    SELECT p.customer_id, sum(l.credited_minor) - coalesce(sum(l.settled_minor) FILTER (
        WHERE l.method = 'CUSTOMER_CREDIT'), 0) AS credit
    FROM billing.payment_legs l JOIN billing.payments p ON p.merchant_id = l.merchant_id AND p.id = l.payment_id
    WHERE l.merchant_id = %(merchant)s GROUP BY p.customer_id
), notes AS (
    SELECT customer_id, sum(to_credit_minor) AS credit FROM billing.credit_notes
    WHERE merchant_id = %(merchant)s GROUP BY customer_id
), payouts AS (
    SELECT customer_id, sum(amount_minor) AS credit FROM billing.refunds
    WHERE merchant_id = %(merchant)s AND payment_id IS NULL GROUP BY customer_id
), ledger AS (
    SELECT a.party_id AS customer_id,
        coalesce(sum(p.amount_minor) FILTER (WHERE a.code = 'RECEIVABLE'), 0) AS owed,
        coalesce(-sum(p.amount_minor) FILTER (WHERE a.code = 'CUSTOMER_CREDIT'), 0) AS credit
    FROM billing.ledger_accounts a
    JOIN billing.ledger_postings p ON p.merchant_id = a.merchant_id AND p.account_id = a.id
    WHERE a.merchant_id = %(merchant)s AND a.party_id IS NOT NULL GROUP BY a.party_id
)
SELECT c.id FROM billing.customers c
LEFT JOIN bills ON bills.customer_id = c.id LEFT JOIN legs ON legs.customer_id = c.id
LEFT JOIN notes ON notes.customer_id = c.id LEFT JOIN payouts ON payouts.customer_id = c.id
LEFT JOIN ledger ON ledger.customer_id = c.id
WHERE c.merchant_id = %(merchant)s AND (
    coalesce(ledger.owed, 0) <> coalesce(bills.owed, 0)
    OR coalesce(ledger.credit, 0)
        <> coalesce(legs.credit, 0) + coalesce(notes.credit, 0) - coalesce(payouts.credit, 0)
    OR coalesce(ledger.credit, 0) < 0
)
"""
_BILLS = """
SELECT b.number FROM billing.bills b
LEFT JOIN LATERAL (
    SELECT coalesce(sum(settled_minor), 0) AS settled FROM billing.payment_legs l
    WHERE l.merchant_id = b.merchant_id AND l.bill_id = b.id
) legs ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(applied_minor), 0) AS applied, coalesce(sum(total_minor), 0) AS total
    FROM billing.credit_notes n WHERE n.merchant_id = b.merchant_id AND n.bill_id = b.id
) notes ON true
LEFT JOIN billing.person_bills p ON p.person_id = b.person_id AND p.bill_id = b.id
WHERE b.merchant_id = %(merchant)s AND (
    b.settled_minor <> legs.settled
    OR b.credited_minor <> notes.applied
    OR notes.total > b.total_minor
    OR b.settled_minor + b.credited_minor > b.total_minor
    OR b.state NOT IN ('VOID', 'DRAFT') AND b.state <> CASE
        WHEN b.settled_minor + b.credited_minor >= b.total_minor THEN 'PAID'
        WHEN b.settled_minor + b.credited_minor > 0 THEN 'PARTLY_PAID' ELSE 'ISSUED' END
    OR b.state = 'VOID' AND b.settled_minor + b.credited_minor + notes.total > 0
    OR b.person_id IS NOT NULL
        AND (p.state, p.settled_minor, p.credited_minor) IS DISTINCT FROM (b.state, b.settled_minor, b.credited_minor)
)
"""
# No line is taken back more than it was billed, and a bill that is taken back whole is taken back to the paisa.
_CREDITED = """
WITH lines AS (
    SELECT b.merchant_id, b.bill_id, b.position, b.quantity, b.net_minor,
        coalesce(sum(c.quantity), 0) AS credited, coalesce(sum(c.net_minor), 0) AS net
    FROM billing.bill_lines b LEFT JOIN billing.credit_note_lines c
        ON c.merchant_id = b.merchant_id AND c.bill_id = b.bill_id AND c.bill_position = b.position
    WHERE b.merchant_id = %(merchant)s GROUP BY b.merchant_id, b.bill_id, b.position
), whole AS (
    SELECT bill_id FROM lines GROUP BY bill_id HAVING bool_and(quantity = credited)
)
SELECT bill_id FROM lines WHERE credited > quantity OR (credited = quantity AND net <> net_minor)
UNION ALL
SELECT b.id FROM billing.bills b JOIN whole w ON w.bill_id = b.id
WHERE b.merchant_id = %(merchant)s AND b.total_minor <> (
    SELECT coalesce(sum(n.total_minor), 0) FROM billing.credit_notes n
    WHERE n.merchant_id = b.merchant_id AND n.bill_id = b.id)
"""
# What came in and did not go back lies in the accounts of money: no payment is lost, none is there twice.
_MONEY = """
SELECT
    (SELECT coalesce(sum(amount_minor), 0) FROM billing.payment_legs WHERE merchant_id = %(merchant)s
        AND state IN ('RECORDED', 'VERIFIED', 'REFUNDED') AND method <> 'CUSTOMER_CREDIT')
    - (SELECT coalesce(sum(amount_minor), 0) FROM billing.refunds WHERE merchant_id = %(merchant)s
        AND method <> 'CUSTOMER_CREDIT'),
    (SELECT coalesce(sum(p.amount_minor), 0) FROM billing.ledger_postings p
        JOIN billing.ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
        WHERE p.merchant_id = %(merchant)s AND a.code LIKE 'MONEY:%%')
"""
_NUMBERS = """
SELECT prefix FROM (
    SELECT prefix, sequence FROM billing.bill_numbers WHERE merchant_id = %(merchant)s
    UNION ALL SELECT prefix, sequence FROM billing.credit_note_numbers WHERE merchant_id = %(merchant)s
) numbers GROUP BY prefix HAVING count(*) <> max(sequence)
"""


def agree(world: World) -> None:
    """Fails unless ledger, bills, payments, credit notes, refunds and people's copies say the same."""
    key = {"merchant": str(world.merchant)}
    assert sum(world.trial_balance().values()) == 0
    for statement in (_CUSTOMERS, _BILLS, _CREDITED, _NUMBERS):
        assert world.query_by_name(statement, key) == [], statement
    ((came, there),) = world.query_by_name(_MONEY, key)
    assert came == there
