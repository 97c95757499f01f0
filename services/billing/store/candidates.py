"""What the lines of a bank statement may prove: legs whose reference or amount they have, and open bills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import BillId, LegId, PaymentId
from services.billing.domain.matching import BANKED, LEG_WINDOW, Candidate
from services.billing.domain.payment import BankTransfer, Cheque, MethodKind, Upi
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from services.billing.domain.bank_statement import StatementLine
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.matching import Clues
    from services.billing.domain.payment import Method

# Of many that fit by their amount alone the newest are looked at.
_MOST = 2_000
# Each way to find a leg has its own index; that of the amounts is the time inside the payments' ids.
_LEGS = """
WITH found AS (
    SELECT payment_id, position FROM payment_legs
    WHERE merchant_id = %(merchant_id)s AND utr = ANY(%(references)s::text[]) AND state <> 'REJECTED'
    UNION
    SELECT payment_id, position FROM payment_legs
    WHERE merchant_id = %(merchant_id)s AND bank_reference IS NOT NULL
        AND ltrim(regexp_replace(upper(bank_reference), '[^A-Z0-9]', '', 'g'), '0') = ANY(%(references)s::text[])
    UNION
    SELECT payment_id, position FROM payment_legs
    WHERE merchant_id = %(merchant_id)s AND cheque_number = ANY(%(references)s::text[]) AND state <> 'REJECTED'
    UNION
    (SELECT payment_id, position FROM payment_legs
    WHERE merchant_id = %(merchant_id)s AND amount_minor = ANY(%(amounts)s::bigint[])
        AND payment_id >= first_id_of(%(first_day)s::date) AND payment_id < first_id_of(%(last_day)s::date)
    ORDER BY payment_id DESC LIMIT %(most)s)
)
SELECT l.id, l.payment_id, l.bill_id, l.method, l.amount_minor, l.utr, l.bank_reference, l.cheque_number,
    l.cheque_bank_name, l.cheque_date, p.currency, p.create_time, b.number, b.customer_name
FROM found f
JOIN payment_legs l ON l.merchant_id = %(merchant_id)s AND l.payment_id = f.payment_id AND l.position = f.position
JOIN payments p ON p.merchant_id = %(merchant_id)s AND p.id = l.payment_id
JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = l.bill_id
WHERE l.state IN ('RECORDED', 'PENDING_VERIFICATION', 'VERIFIED') AND l.method = ANY(%(methods)s::text[])
    AND NOT EXISTS (SELECT 1 FROM bank_statement_lines s WHERE s.merchant_id = %(merchant_id)s AND s.leg_id = l.id)
"""
_BILLS = """
WITH found AS (
    SELECT bill_id AS id FROM bill_numbers
    WHERE merchant_id = %(merchant_id)s AND number = ANY(%(numbers)s::text[])
    UNION
    (SELECT id FROM bills
    WHERE merchant_id = %(merchant_id)s AND state IN ('ISSUED', 'PARTLY_PAID')
        AND total_minor - settled_minor - credited_minor = ANY(%(amounts)s::bigint[])
    ORDER BY id DESC LIMIT %(most)s)
)
SELECT b.id, b.number, b.customer_name, b.currency, b.issue_date,
    b.total_minor - b.settled_minor - b.credited_minor AS outstanding_minor
FROM found f JOIN bills b ON b.merchant_id = %(merchant_id)s AND b.id = f.id
WHERE b.state IN ('ISSUED', 'PARTLY_PAID')
"""


def find_candidates(
    tx: Connection, merchant_id: MerchantId, lines: Sequence[StatementLine], clues: Iterable[Clues]
) -> list[Candidate]:
    """What any of the lines may prove, by their clues and amounts."""
    if not lines:
        return []
    every = list(clues)
    parameters = {
        "merchant_id": merchant_id,
        "references": sorted({reference for each in every for reference in each.references}),
        "numbers": sorted({number for each in every for number in each.bill_numbers}),
        "amounts": sorted({line.amount.minor for line in lines}),
        "first_day": min(line.booking_date for line in lines) - LEG_WINDOW,
        "last_day": max(line.booking_date for line in lines) + LEG_WINDOW,
        "methods": sorted(kind.value for kind in BANKED),
        "most": _MOST,
    }
    legs = [_leg(row) for row in run(tx, _LEGS, parameters)]
    bills = [_bill(row) for row in run(tx, _BILLS, parameters)]
    return [*legs, *bills]


def _leg(row: Any) -> Candidate:
    return Candidate(
        bill_id=BillId(row.bill_id),
        bill_number=row.number,
        customer_name=row.customer_name,
        amount=Money(row.amount_minor, row.currency),
        on=row.create_time.date(),
        payment_id=PaymentId(row.payment_id),
        leg_id=LegId(row.id),
        method=_method(row),
    )


def _bill(row: Any) -> Candidate:
    return Candidate(
        bill_id=BillId(row.id),
        bill_number=row.number,
        customer_name=row.customer_name,
        amount=Money(row.outstanding_minor, row.currency),
        on=row.issue_date,
    )


def _method(row: Any) -> Method:
    match MethodKind(row.method):
        case MethodKind.UPI:
            return Upi(row.utr)
        case MethodKind.CHEQUE:
            return Cheque(row.cheque_number, row.cheque_bank_name, row.cheque_date)
        case _:
            # The statement reads legs of the methods in BANKED alone, of which this is the third.
            return BankTransfer(row.bank_reference)
