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
# A piece of a line is the difference of two roundings: all of its pieces together are rounded once, net and each tax.
_PIECES = """
WITH pieces AS (
    SELECT bill_id, bill_position, sum(quantity) AS quantity, sum(net_minor) AS net, sum((
        SELECT coalesce(sum((part->>4)::bigint), 0) FROM jsonb_array_elements(taxes) AS part)) AS tax
    FROM billing.credit_note_lines WHERE merchant_id = %(merchant)s GROUP BY bill_id, bill_position
), lines AS (
    SELECT p.*, round(b.net_minor * p.quantity / b.quantity) AS right_net, (
        SELECT coalesce(sum(round((part->>4)::bigint * p.quantity / b.quantity)), 0)
        FROM jsonb_array_elements(b.taxes) AS part) AS right_tax
    FROM pieces p JOIN billing.bill_lines b
        ON b.merchant_id = %(merchant)s AND b.bill_id = p.bill_id AND b.position = p.bill_position
)
SELECT bill_id FROM lines WHERE net <> right_net OR tax <> right_tax
UNION ALL
SELECT n.bill_id FROM billing.credit_notes n
WHERE n.merchant_id = %(merchant)s AND n.net_minor + n.rounding_minor + (
    SELECT coalesce(sum((part->>4)::bigint), 0) FROM jsonb_array_elements(n.taxes) AS part) <> n.total_minor
"""
# What legs, bills and credit notes tell of the accounts that are no customer's. What came in and did not go back lies
# in the account of its method: no payment is lost, none is there twice. What was billed and not taken back was sold.
_ACCOUNTS = """
WITH documents AS (
    SELECT net_minor, rounding_minor, taxes, 1 AS sign FROM billing.bills
    WHERE merchant_id = %(merchant)s AND state IN ('ISSUED', 'PARTLY_PAID', 'PAID')
    UNION ALL
    SELECT net_minor, rounding_minor, taxes, -1 FROM billing.credit_notes WHERE merchant_id = %(merchant)s
), told AS (
    SELECT 'MONEY:' || replace(method, '_TRANSFER', '') AS code, amount_minor AS amount FROM billing.payment_legs
    WHERE merchant_id = %(merchant)s AND state IN ('RECORDED', 'VERIFIED', 'REFUNDED') AND method <> 'CUSTOMER_CREDIT'
    UNION ALL
    SELECT 'MONEY:' || replace(method, '_TRANSFER', ''), -amount_minor FROM billing.refunds
    WHERE merchant_id = %(merchant)s AND method <> 'CUSTOMER_CREDIT'
    UNION ALL
    SELECT 'SALES', -sign * net_minor FROM documents
    UNION ALL
    SELECT 'ROUNDING', -sign * rounding_minor FROM documents
    UNION ALL
    SELECT 'TAX:' || (tax->>0), -sign * (tax->>4)::bigint FROM documents, jsonb_array_elements(taxes) AS tax
    UNION ALL
    SELECT a.code, -p.amount_minor FROM billing.ledger_postings p
    JOIN billing.ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
    WHERE p.merchant_id = %(merchant)s AND a.party_id IS NULL
)
SELECT code, sum(amount) FROM told GROUP BY code HAVING sum(amount) <> 0
"""
# A leg has its refunds, and made credit only where nothing was left to pay; a proof is of one leg.
_LEGS = """
SELECT l.id::text FROM billing.payment_legs l LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount_minor), 0) AS back FROM billing.refunds r
    WHERE r.merchant_id = l.merchant_id AND r.payment_id = l.payment_id AND r.leg_id = l.id
) refunds ON true
WHERE l.merchant_id = %(merchant)s AND (
    l.refunded_minor <> refunds.back
    OR l.credited_minor > 0 AND l.refunded_minor = 0 AND l.outstanding_after_minor > 0)
UNION ALL
SELECT utr FROM billing.payment_legs
WHERE merchant_id = %(merchant)s AND state <> 'REJECTED' AND utr IS NOT NULL GROUP BY utr HAVING count(*) > 1
UNION ALL
SELECT cheque_number FROM billing.payment_legs
WHERE merchant_id = %(merchant)s AND state <> 'REJECTED' AND cheque_number IS NOT NULL
GROUP BY cheque_number, cheque_bank_name, cheque_date HAVING count(*) > 1
UNION ALL
SELECT utr FROM billing.refunds
WHERE merchant_id = %(merchant)s AND utr IS NOT NULL GROUP BY utr HAVING count(*) > 1
UNION ALL
SELECT b.number FROM billing.bills b
WHERE b.merchant_id = %(merchant)s AND b.state = 'VOID' AND (
    EXISTS (SELECT 1 FROM billing.payment_legs l WHERE l.merchant_id = b.merchant_id AND l.bill_id = b.id
        AND l.state = 'PENDING_VERIFICATION')
    OR EXISTS (SELECT 1 FROM billing.credit_notes n WHERE n.merchant_id = b.merchant_id AND n.bill_id = b.id))
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
    for statement in (_CUSTOMERS, _BILLS, _CREDITED, _PIECES, _ACCOUNTS, _LEGS, _NUMBERS):
        assert world.query_by_name(statement, key) == [], statement
