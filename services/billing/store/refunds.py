"""Refunds; they are added, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.ids import AccountId, BillId, CustomerId, LegId, PaymentId, RefundId
from services.billing.domain.refund import Refund, RefundedLeg, RefundTerms
from services.billing.store.methods import method_of, proof_of
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

_INSERT = """
INSERT INTO refunds (merchant_id, id, customer_id, bill_id, payment_id, leg_id, currency, amount_minor, reopened_minor,
    from_credit_minor, method, utr, card_last_four, card_approval_code, bank_reference, cheque_number, cheque_bank_name,
    cheque_date, reason, refund_date, create_time, create_account_id)
VALUES (%(merchant_id)s, %(id)s, %(customer_id)s, %(bill_id)s, %(payment_id)s, %(leg_id)s, %(currency)s, %(amount)s,
    %(reopened)s, %(from_credit)s, %(method)s, %(utr)s, %(last_four)s, %(approval_code)s, %(reference)s,
    %(cheque_number)s, %(cheque_bank)s, %(cheque_date)s, %(reason)s, %(on)s, %(create_time)s, %(account_id)s)
ON CONFLICT DO NOTHING
"""
_COLUMNS = """
    id, customer_id, bill_id, payment_id, leg_id, currency, amount_minor, reopened_minor, from_credit_minor, method,
    utr, card_last_four, card_approval_code, bank_reference, cheque_number, cheque_bank_name, cheque_date, reason,
    refund_date, create_time, create_account_id
"""
# Constants alone make these texts.
_SELECT = f"SELECT {_COLUMNS} FROM refunds WHERE merchant_id = %(merchant_id)s"  # noqa: S608
_LOAD = f"{_SELECT} AND id = %(id)s"
_LIST = f"""
{_SELECT}
    AND (%(bill_id)s::uuid IS NULL OR bill_id = %(bill_id)s)
    AND (%(payment_id)s::uuid IS NULL OR payment_id = %(payment_id)s)
    AND (%(customer_id)s::uuid IS NULL OR customer_id = %(customer_id)s)
    AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""


def insert_refund(tx: Connection, merchant_id: MerchantId, refund: Refund) -> bool:
    """Keeps a new refund; False if its UTR is on another one, and then `tx` must be rolled back."""
    of = refund.of
    parameters = {
        "merchant_id": merchant_id,
        "id": refund.id,
        "customer_id": refund.customer_id,
        "bill_id": of.bill_id if of else None,
        "payment_id": of.payment_id if of else None,
        "leg_id": of.leg_id if of else None,
        "currency": refund.amount.currency,
        "amount": refund.amount.minor,
        "reopened": refund.reopened.minor,
        "from_credit": refund.from_credit.minor,
        "method": refund.method.kind.value,
        "reason": refund.terms.reason,
        "on": refund.on,
        "create_time": refund.create_time,
        "account_id": refund.account_id,
    }
    return run(tx, _INSERT, parameters | proof_of(refund.method)).rowcount == 1


def load_refund(tx: Connection, merchant_id: MerchantId, refund_id: RefundId) -> Refund | None:
    """One refund."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": refund_id}).one_or_none()
    return None if row is None else _refund(merchant_id, row)


def list_refunds(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    bill_id: BillId | None = None,
    payment_id: PaymentId | None = None,
    customer_id: CustomerId | None = None,
    before: UUID | None = None,
    limit: int,
) -> Sequence[Refund]:
    """The newest first, from below the id `before`."""
    parameters = {
        "merchant_id": merchant_id,
        "bill_id": bill_id,
        "payment_id": payment_id,
        "customer_id": customer_id,
        "before": before,
        "limit": limit,
    }
    return [_refund(merchant_id, row) for row in run(tx, _LIST, parameters)]


def _refund(merchant_id: MerchantId, row: Any) -> Refund:
    currency: str = row.currency
    method = method_of(
        row.method,
        row.utr,
        row.card_last_four,
        row.card_approval_code,
        row.bank_reference,
        row.cheque_number,
        row.cheque_bank_name,
        row.cheque_date,
    )
    of = None
    if row.bill_id is not None:
        of = RefundedLeg(BillId(row.bill_id), PaymentId(row.payment_id), LegId(row.leg_id))
    return Refund(
        id=RefundId(row.id),
        merchant_id=merchant_id,
        customer_id=CustomerId(row.customer_id),
        of=of,
        terms=RefundTerms(Money(row.amount_minor, currency), method, row.reason),
        reopened=Money(row.reopened_minor, currency),
        from_credit=Money(row.from_credit_minor, currency),
        on=row.refund_date,
        create_time=row.create_time,
        account_id=None if row.create_account_id is None else AccountId(row.create_account_id),
    )
