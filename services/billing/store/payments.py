"""Payments and their legs. A payment is written with all its legs in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.domain.bill import BillState
from services.billing.domain.ids import AccountId, BillId, CustomerId, LegId, PaymentId
from services.billing.domain.payment import (
    Allocation,
    Cheque,
    LegState,
    LegTerms,
    Payment,
    PaymentLeg,
    Source,
    Upi,
)
from services.billing.store.methods import method_of, proof_of
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

_INSERT = """
WITH payment AS (
    INSERT INTO payments (merchant_id, id, bill_id, customer_id, currency, note, source, bill_state,
        bill_outstanding_minor, create_time, record_account_id)
    VALUES (%(merchant_id)s, %(id)s, %(bill_id)s, %(customer_id)s, %(currency)s, %(note)s, %(source)s, %(bill_state)s,
        %(outstanding)s, %(create_time)s, %(recorder_id)s)
)
INSERT INTO payment_legs (merchant_id, payment_id, position, id, bill_id, method, state, amount_minor, settled_minor,
    credited_minor, outstanding_after_minor, utr, card_last_four, card_approval_code, bank_reference, cheque_number,
    cheque_bank_name, cheque_date)
SELECT %(merchant_id)s, %(id)s, position, leg_id, %(bill_id)s, method, state, amount, settled, credited, after, utr,
    last_four, approval_code, reference, cheque_number, cheque_bank, cheque_date
FROM unnest(%(leg_ids)s::uuid[], %(methods)s::text[], %(states)s::text[], %(amounts)s::bigint[], %(settled)s::bigint[],
    %(credited)s::bigint[], %(afters)s::bigint[], %(utrs)s::text[], %(last_fours)s::text[], %(approvals)s::text[],
    %(references)s::text[], %(cheque_numbers)s::text[], %(cheque_banks)s::text[], %(cheque_dates)s::date[])
WITH ORDINALITY AS leg (leg_id, method, state, amount, settled, credited, after, utr, last_four, approval_code,
    reference, cheque_number, cheque_bank, cheque_date, position)
ON CONFLICT DO NOTHING
"""
_FIND_UTRS = """
SELECT utr, payment_id FROM payment_legs
WHERE merchant_id = %(merchant_id)s AND utr = ANY(%(utrs)s) AND state <> 'REJECTED' AND payment_id <> %(id)s
"""
_FIND_CHEQUES = """
SELECT cheque_number, cheque_bank_name, cheque_date FROM payment_legs
WHERE merchant_id = %(merchant_id)s AND cheque_number = ANY(%(numbers)s) AND state <> 'REJECTED'
    AND payment_id <> %(id)s
"""
_COLUMNS = """
    p.id, p.bill_id, p.customer_id, p.currency, p.note, p.source, p.bill_state, p.bill_outstanding_minor, p.create_time,
    p.record_account_id
"""
_LEGS = """
    SELECT json_agg(json_build_array(l.id, l.method, l.state, l.amount_minor, l.settled_minor, l.credited_minor,
        l.outstanding_after_minor, l.refunded_minor, l.utr, l.card_last_four, l.card_approval_code, l.bank_reference,
        l.cheque_number, l.cheque_bank_name, l.cheque_date, l.reject_reason)
        ORDER BY l.position)
    FROM payment_legs l WHERE l.merchant_id = %(merchant_id)s AND l.payment_id = p.id
"""
# Constants alone make these texts.
_SELECT = f"SELECT {_COLUMNS}, ({_LEGS}) AS legs FROM payments p WHERE p.merchant_id = %(merchant_id)s"  # noqa: S608
_LOAD = f"{_SELECT} AND p.id = %(id)s"
_FIND_BILL = "SELECT bill_id FROM payments WHERE merchant_id = %(merchant_id)s AND id = %(id)s"
_LIST = f"""
{_SELECT}
    AND (%(bill_id)s::uuid IS NULL OR p.bill_id = %(bill_id)s)
    AND (%(customer_id)s::uuid IS NULL OR p.customer_id = %(customer_id)s)
    AND (NOT %(pending)s OR p.id IN (
        SELECT payment_id FROM payment_legs WHERE merchant_id = %(merchant_id)s AND state = 'PENDING_VERIFICATION'))
    AND (%(before)s::uuid IS NULL OR p.id < %(before)s)
ORDER BY p.id DESC LIMIT %(limit)s
"""  # noqa: S608
_PENDING = """
SELECT coalesce(sum(amount_minor), 0)::bigint FROM payment_legs
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND state = 'PENDING_VERIFICATION'
"""
_UPDATE = """
WITH payment AS (
    UPDATE payments SET bill_state = %(bill_state)s, bill_outstanding_minor = %(outstanding)s
    WHERE merchant_id = %(merchant_id)s AND id = %(id)s
)
UPDATE payment_legs l SET state = leg.state, settled_minor = leg.settled, credited_minor = leg.credited,
    outstanding_after_minor = leg.after, refunded_minor = leg.refunded, reject_reason = leg.reject_reason
FROM unnest(%(leg_ids)s::uuid[], %(states)s::text[], %(settled)s::bigint[], %(credited)s::bigint[],
    %(afters)s::bigint[], %(refunded)s::bigint[], %(reasons)s::text[])
    AS leg (leg_id, state, settled, credited, after, refunded, reject_reason)
WHERE l.merchant_id = %(merchant_id)s AND l.payment_id = %(id)s AND l.id = leg.leg_id
"""


def insert_payment(tx: Connection, merchant_id: MerchantId, payment: Payment) -> bool:
    """Keeps a new payment; False if a UTR or cheque of its is on another one, and then `tx` must be rolled back."""
    parameters = _parameters(merchant_id, payment)
    return run(tx, _INSERT, parameters).rowcount == len(payment.legs)


def find_utrs(tx: Connection, merchant_id: MerchantId, payment: Payment) -> dict[str, PaymentId]:
    """Which UTRs of `payment` are on which other payments."""
    utrs = [leg.terms.method.utr for leg in payment.legs if isinstance(leg.terms.method, Upi)]
    key = {"merchant_id": merchant_id, "id": payment.id, "utrs": utrs}
    return {row.utr: PaymentId(row.payment_id) for row in run(tx, _FIND_UTRS, key)}


def find_cheques(tx: Connection, merchant_id: MerchantId, payment: Payment) -> frozenset[Cheque]:
    """Which cheques of `payment` are on other payments."""
    cheques = {leg.terms.method for leg in payment.legs if isinstance(leg.terms.method, Cheque)}
    key = {"merchant_id": merchant_id, "id": payment.id, "numbers": [cheque.number for cheque in cheques]}
    rows = run(tx, _FIND_CHEQUES, key)
    return frozenset(cheques & {Cheque(row.cheque_number, row.cheque_bank_name, row.cheque_date) for row in rows})


def load_payment(tx: Connection, merchant_id: MerchantId, payment_id: PaymentId) -> Payment | None:
    """One payment with its legs."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": payment_id}).one_or_none()
    return None if row is None else _payment(merchant_id, row)


def find_bill_of(tx: Connection, merchant_id: MerchantId, payment_id: PaymentId) -> BillId | None:
    """Which bill the payment is for."""
    key = {"merchant_id": merchant_id, "id": payment_id}
    found: UUID | None = run(tx, _FIND_BILL, key).scalar_one_or_none()
    return None if found is None else BillId(found)


def list_payments(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    bill_id: BillId | None = None,
    customer_id: CustomerId | None = None,
    pending: bool = False,
    before: UUID | None = None,
    limit: int,
) -> Sequence[Payment]:
    """The newest first, from below the id `before`; `pending`: only those with a leg that waits to be verified."""
    parameters = {
        "merchant_id": merchant_id,
        "bill_id": bill_id,
        "customer_id": customer_id,
        "pending": pending,
        "before": before,
        "limit": limit,
    }
    return [_payment(merchant_id, row) for row in run(tx, _LIST, parameters)]


def pending_amount(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> int:
    """What waits to be verified on the bill, in minor units of its currency."""
    amount: int = run(tx, _PENDING, {"merchant_id": merchant_id, "bill_id": bill_id}).scalar_one()
    return amount


def update_payment(tx: Connection, merchant_id: MerchantId, payment: Payment, *, changed: Sequence[PaymentLeg]) -> None:
    """Keeps the new states and allocations of the legs `changed`, under the lock of the payment's bill."""
    run(tx, _UPDATE, _parameters(merchant_id, payment) | _leg_parameters(changed))


def _parameters(merchant_id: MerchantId, payment: Payment) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "id": payment.id,
        "bill_id": payment.bill_id,
        "customer_id": payment.customer_id,
        "currency": payment.bill_outstanding.currency,
        "note": payment.note,
        "source": payment.source.value,
        "bill_state": payment.bill_state.value,
        "outstanding": payment.bill_outstanding.minor,
        "create_time": payment.create_time,
        "recorder_id": payment.recorder_id,
    } | _leg_parameters(payment.legs)


def _leg_parameters(legs: Sequence[PaymentLeg]) -> dict[str, Any]:
    methods = [leg.terms.method for leg in legs]
    proofs = [proof_of(method) for method in methods]
    return {
        "leg_ids": [leg.id for leg in legs],
        "methods": [method.kind.value for method in methods],
        "states": [leg.state.value for leg in legs],
        "amounts": [leg.terms.amount.minor for leg in legs],
        "settled": [leg.allocation.settled.minor for leg in legs],
        "credited": [leg.allocation.credited.minor for leg in legs],
        "afters": [leg.allocation.outstanding_after.minor for leg in legs],
        "refunded": [leg.refunded.minor for leg in legs],
        "utrs": [each["utr"] for each in proofs],
        "last_fours": [each["last_four"] for each in proofs],
        "approvals": [each["approval_code"] for each in proofs],
        "references": [each["reference"] for each in proofs],
        "cheque_numbers": [each["cheque_number"] for each in proofs],
        "cheque_banks": [each["cheque_bank"] for each in proofs],
        "cheque_dates": [each["cheque_date"] for each in proofs],
        "reasons": [leg.reject_reason for leg in legs],
    }


def _payment(merchant_id: MerchantId, row: Any) -> Payment:
    currency: str = row.currency
    return Payment(
        id=PaymentId(row.id),
        merchant_id=merchant_id,
        bill_id=BillId(row.bill_id),
        customer_id=CustomerId(row.customer_id),
        legs=tuple(_leg(leg, currency) for leg in row.legs),
        note=row.note,
        source=Source(row.source),
        bill_state=BillState(row.bill_state),
        bill_outstanding=Money(row.bill_outstanding_minor, currency),
        create_time=row.create_time,
        recorder_id=None if row.record_account_id is None else AccountId(row.record_account_id),
    )


def _leg(leg: Any, currency: str) -> PaymentLeg:
    leg_id, kind, state, amount, settled, credited, after, refunded, *proof, reason = leg
    return PaymentLeg(
        id=LegId(UUID(leg_id)),
        terms=LegTerms(Money(amount, currency), method_of(kind, *proof)),
        state=LegState(state),
        allocation=Allocation(Money(settled, currency), Money(credited, currency), Money(after, currency)),
        refunded=Money(refunded, currency),
        reject_reason=reason,
    )
