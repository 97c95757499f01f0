"""The ledger: entries are added, never changed, and the database refuses one that does not balance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.customer import Balance
from services.billing.domain.ledger import CUSTOMER_CREDIT, RECEIVABLE, Account
from services.kit.money import Money
from services.kit.sql import later, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.billing.domain.ids import CustomerId, MerchantId
    from services.billing.domain.ledger import Entry

# Accounts that are new are made on the way: whoever is first makes them, the others find them.
_POST = """
WITH accounts AS (
    INSERT INTO ledger_accounts (merchant_id, id, code, party_id, currency)
    SELECT %(merchant_id)s, account_id, code, party_id, currency
    FROM unnest(%(account_ids)s::uuid[], %(codes)s::text[], %(parties)s::uuid[], %(currencies)s::text[])
        AS account (account_id, code, party_id, currency)
    ORDER BY account_id
    ON CONFLICT DO NOTHING
), entry AS (
    INSERT INTO ledger_entries (merchant_id, id, kind, bill_id, payment_id, credit_note_id, refund_id, entry_date,
        create_time)
    VALUES (%(merchant_id)s, %(id)s, %(kind)s, %(bill_id)s, %(payment_id)s, %(credit_note_id)s, %(refund_id)s, %(on)s,
        %(create_time)s)
), mark AS (
    -- The day's summaries are to be computed anew.
    INSERT INTO report_marks (merchant_id, day, create_time) VALUES (%(merchant_id)s, %(on)s, %(create_time)s)
)
INSERT INTO ledger_postings (merchant_id, entry_id, position, account_id, amount_minor, currency)
SELECT %(merchant_id)s, %(id)s, position, account_id, amount, currency
FROM unnest(%(account_ids)s::uuid[], %(amounts)s::bigint[], %(currencies)s::text[])
WITH ORDINALITY AS posting (account_id, amount, currency, position)
"""
_BALANCES = """
SELECT a.currency,
    coalesce(sum(p.amount_minor) FILTER (WHERE a.code = %(receivable)s), 0)::bigint AS owed,
    coalesce(-sum(p.amount_minor) FILTER (WHERE a.code = %(credit)s), 0)::bigint AS credit
FROM ledger_accounts a JOIN ledger_postings p ON p.merchant_id = a.merchant_id AND p.account_id = a.id
WHERE a.merchant_id = %(merchant_id)s AND a.party_id = %(customer_id)s
GROUP BY a.currency ORDER BY a.currency
"""

# The customer's row is what all who take credit queue for; who adds credit does not.
_LOCK_CUSTOMER = """
SELECT 1 FROM customers WHERE merchant_id = %(merchant_id)s AND id = %(customer_id)s FOR NO KEY UPDATE
"""
_CREDIT = """
SELECT coalesce(-sum(amount_minor), 0)::bigint FROM ledger_postings
WHERE merchant_id = %(merchant_id)s AND account_id = %(account_id)s
"""


def post(tx: Connection, merchant_id: MerchantId, entry: Entry) -> None:
    """Adds an entry, also that of a bill of nothing. The commit fails unless it balances."""
    accounts = [posting.account for posting in entry.postings]
    later(
        tx,
        _POST,
        {
            "merchant_id": merchant_id,
            "id": entry.id,
            "kind": entry.kind.value,
            "bill_id": entry.bill_id,
            "payment_id": entry.payment_id,
            "credit_note_id": entry.credit_note_id,
            "refund_id": entry.refund_id,
            "on": entry.on,
            "create_time": entry.create_time,
            "account_ids": [account.id(merchant_id) for account in accounts],
            "codes": [account.code for account in accounts],
            "parties": [account.party for account in accounts],
            "currencies": [account.currency for account in accounts],
            "amounts": [posting.amount.minor for posting in entry.postings],
        },
    )


def lock_credit(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId, currency: str) -> Money | None:
    """The customer's credit in the currency, which nobody else can take until `tx` ends; None without such a customer.

    Whoever holds a bill as well locks the bill first.
    """
    key = {"merchant_id": merchant_id, "customer_id": customer_id}
    if run(tx, _LOCK_CUSTOMER, key).one_or_none() is None:
        return None
    # A statement of its own: it sees what was committed while the first one waited for the lock.
    account = Account(CUSTOMER_CREDIT, customer_id, currency)
    credit: int = run(tx, _CREDIT, key | {"account_id": account.id(merchant_id)}).scalar_one()
    return Money(credit, currency)


def customer_balances(tx: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> tuple[Balance, ...]:
    """Where the customer stands, one entry a currency."""
    key = {
        "merchant_id": merchant_id,
        "customer_id": customer_id,
        "receivable": RECEIVABLE,
        "credit": CUSTOMER_CREDIT,
    }
    return tuple(
        Balance(Money(row.owed, row.currency), Money(row.credit, row.currency)) for row in run(tx, _BALANCES, key)
    )
