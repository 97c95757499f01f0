"""Credit limits, held against what the ledger says at the moment of issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain import credit
from services.billing.domain.customer_errors import CreditLimitReached
from services.billing.store.customers import lock_customer
from services.billing.store.ledger import customer_balances

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.bill import Bill
    from services.billing.domain.customer import Customer


def hold(tx: Connection, bill: Bill, customer: Customer, *, ignoring: frozenset[str] | None) -> bool:
    """Whether the bill may be issued only because the limit is ignored; False where it is within.

    `ignoring`: roles of a caller who wants the limit ignored, None of one who does not. Until `tx` ends, no other bill
    of the customer can be counted against the same limit. Raises CreditLimitReached, CreditLimitDenied.
    """
    limit = customer.fields.credit_limit
    if limit is None or limit.currency != bill.currency:
        return False
    lock_customer(tx, bill.merchant_id, customer.id)
    balances = customer_balances(tx, bill.merchant_id, customer.id)
    try:
        credit.require_within(limit, balances, more=bill.totals.total)
    except CreditLimitReached:
        if ignoring is None:
            raise
        credit.require_may_waive(ignoring)
        return True
    return False
