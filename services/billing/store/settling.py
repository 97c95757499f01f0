"""What is settled of bills: by payments as they come, and as refunds, bounced cheques and credit notes leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain.bill import BillState
from services.billing.domain.ids import CustomerId
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import BillId, MerchantId

# One statement reads what was outstanding, settles more, never above it, and tells the person's copy: clients who pay
# at once queue at the row for as short as can be.
_SETTLE = """
WITH before AS (
    SELECT settled_minor FROM bills WHERE merchant_id = %(merchant_id)s AND id = %(id)s FOR UPDATE
), settled AS (
    UPDATE bills b SET
        settled_minor = least(b.settled_minor + %(amount)s, b.total_minor - b.credited_minor),
        state = CASE WHEN b.settled_minor + b.credited_minor + %(amount)s >= b.total_minor THEN 'PAID'
            WHEN b.settled_minor + b.credited_minor + %(amount)s > 0 THEN 'PARTLY_PAID' ELSE 'ISSUED' END,
        version = b.version + 1
    FROM before
    WHERE b.merchant_id = %(merchant_id)s AND b.id = %(id)s AND b.currency = %(currency)s
        AND b.state IN ('ISSUED', 'PARTLY_PAID', 'PAID')
    RETURNING b.id, b.customer_id, b.person_id, b.state, b.settled_minor,
        b.total_minor - b.credited_minor - before.settled_minor AS before_minor
), copied AS (
    UPDATE person_bills p SET state = s.state, settled_minor = s.settled_minor
    FROM settled s WHERE p.person_id = s.person_id AND p.bill_id = s.id
)
SELECT customer_id, state, before_minor FROM settled
"""
_WRITE_SUMS = """
WITH bill AS (
    UPDATE bills SET settled_minor = %(settled)s, credited_minor = %(credited)s, state = %(state)s,
        version = %(version)s
    WHERE merchant_id = %(merchant_id)s AND id = %(id)s
    RETURNING id, person_id
)
UPDATE person_bills p SET settled_minor = %(settled)s, credited_minor = %(credited)s, state = %(state)s
FROM bill b WHERE p.person_id = b.person_id AND p.bill_id = b.id
"""


@dataclass(frozen=True, slots=True)
class Settled:
    """A bill after a payment: `before` was outstanding, and `state` is the new one."""

    customer_id: CustomerId
    state: BillState
    before: Money


def settle_bill(tx: Connection, merchant_id: MerchantId, bill_id: BillId, amount: Money) -> Settled | None:
    """Settles as much of `amount`, which may be nothing, as is outstanding, and holds the bill until `tx` ends.

    None, and nothing happens, if there is no such bill, it takes no payments, or it is in another currency.
    """
    parameters = {
        "merchant_id": merchant_id,
        "id": bill_id,
        "amount": amount.minor,
        "currency": amount.currency,
    }
    row = run(tx, _SETTLE, parameters).one_or_none()
    if row is None:
        return None
    return Settled(CustomerId(row.customer_id), BillState(row.state), Money(row.before_minor, amount.currency))


def write_sums(tx: Connection, merchant_id: MerchantId, bill: Bill) -> None:
    """Keeps what is settled and credited of a locked bill, its state and version; the person's copy is told."""
    later(
        tx,
        _WRITE_SUMS,
        {
            "merchant_id": merchant_id,
            "id": bill.id,
            "settled": bill.settled.minor,
            "credited": bill.credited.minor,
            "state": bill.state.value,
            "version": bill.version,
        },
    )
