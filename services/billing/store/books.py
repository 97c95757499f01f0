"""Reading the books: accounts, entries, sums of accounts, alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.billing.domain.books import (
    AccountSum,
    Alarm,
    Breach,
    LedgerAccount,
    LedgerEntry,
    LedgerPosting,
    Rule,
)
from services.billing.domain.ids import BillId, CustomerId, EntryId, PaymentId
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId

_ACCOUNTS = """
SELECT id, code, party_id, currency FROM ledger_accounts
WHERE merchant_id = %(merchant_id)s
    AND (%(code)s = '' OR code = %(code)s)
    AND (%(party)s::uuid IS NULL OR party_id = %(party)s)
    AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id LIMIT %(limit)s
"""
# Amounts are whole numbers, so JSON keeps them exact.
_ENTRY_COLUMNS = """
SELECT e.id, e.kind, e.bill_id, e.payment_id, e.entry_date, e.create_time, (
    SELECT json_agg(json_build_array(a.id, a.code, a.party_id, a.currency, p.amount_minor) ORDER BY p.position)
    FROM ledger_postings p JOIN ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
    WHERE p.merchant_id = %(merchant_id)s AND p.entry_id = e.id
) AS postings
FROM ledger_entries e
WHERE e.merchant_id = %(merchant_id)s
"""
# An account's entries come in order out of its index, however many it has.
_OF_ACCOUNT = """
    AND e.id IN (
        SELECT DISTINCT entry_id FROM ledger_postings
        WHERE merchant_id = %(merchant_id)s AND account_id = %(account)s
            AND (%(before)s::uuid IS NULL OR entry_id < %(before)s)
            {between}
        ORDER BY entry_id DESC LIMIT %(limit)s
    )
"""
_DAY_OF_ENTRY = """
            AND (SELECT d.entry_date BETWEEN %(start)s AND %(end)s FROM ledger_entries d
                WHERE d.merchant_id = %(merchant_id)s AND d.id = entry_id)
"""
_SUMS = """
SELECT code, currency, sum(debit_minor)::bigint AS debit, sum(credit_minor)::bigint AS credit
FROM account_days WHERE merchant_id = %(merchant_id)s AND day <= %(end)s
GROUP BY code, currency ORDER BY currency, code
"""
_OLDEST_MARK = """
SELECT min(create_time) FROM report_marks WHERE merchant_id = %(merchant_id)s AND day BETWEEN %(first)s AND %(last)s
"""
_ALARMS = """
SELECT id, rule, subject, detail, create_time, resolved_time FROM ledger_alarms
WHERE merchant_id = %(merchant_id)s AND (NOT %(open)s OR resolved_time IS NULL)
    AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""
# A breach that has an alarm already keeps the one it has.
_RAISE = """
INSERT INTO ledger_alarms (merchant_id, id, rule, subject, detail, create_time)
VALUES (%(merchant_id)s, %(id)s, %(rule)s, %(subject)s, %(detail)s, %(now)s)
ON CONFLICT (merchant_id, rule, subject) WHERE resolved_time IS NULL DO NOTHING
"""
_RESOLVE = """
UPDATE ledger_alarms a SET resolved_time = %(now)s
WHERE merchant_id = %(merchant_id)s AND resolved_time IS NULL AND NOT EXISTS (
    SELECT 1 FROM unnest(%(rules)s::text[], %(subjects)s::text[]) AS broken (rule, subject)
    WHERE broken.rule = a.rule AND broken.subject = a.subject)
"""


def list_accounts(
    tx: Connection, merchant_id: MerchantId, *, code: str, party: CustomerId | None, after: UUID | None, limit: int
) -> Sequence[LedgerAccount]:
    """Accounts by id, from above `after`; an empty `code` and no `party` filter nothing."""
    key = {"merchant_id": merchant_id, "code": code, "party": party, "after": after, "limit": limit}
    return [_account(row.id, row.code, row.party_id, row.currency) for row in run(tx, _ACCOUNTS, key)]


def list_entries(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    account: UUID | None,
    bill_id: BillId | None,
    start: date | None,
    end: date | None,
    before: UUID | None,
    limit: int,
) -> Sequence[LedgerEntry]:
    """Entries with their postings, the newest first, from below the id `before`; None filters nothing."""
    statement = _ENTRY_COLUMNS
    if bill_id is not None:
        statement += " AND e.bill_id = %(bill_id)s"
    between = start is not None or end is not None
    if account is not None:
        statement += _OF_ACCOUNT.format(between=_DAY_OF_ENTRY if between else "")
    if between:
        statement += " AND e.entry_date BETWEEN %(start)s AND %(end)s"
    if before is not None:
        statement += " AND e.id < %(before)s"
    parameters = {
        "merchant_id": merchant_id,
        "account": account,
        "bill_id": bill_id,
        "start": start or "-infinity",
        "end": end or "infinity",
        "before": before,
        "limit": limit,
    }
    rows = run(tx, f"{statement} ORDER BY e.id DESC LIMIT %(limit)s", parameters)
    return [_entry(row) for row in rows]


def account_sums(tx: Connection, merchant_id: MerchantId, *, end: date) -> tuple[AccountSum, ...]:
    """What the summaries have on each code up to a day."""
    return tuple(
        AccountSum(row.code, Money(row.debit, row.currency), Money(row.credit, row.currency))
        for row in run(tx, _SUMS, {"merchant_id": merchant_id, "end": end})
    )


def oldest_mark(tx: Connection, merchant_id: MerchantId, *, first: date | None, last: date) -> datetime | None:
    """Since when something of these days is not in the summaries yet; None: all of it is."""
    key = {"merchant_id": merchant_id, "first": first or "-infinity", "last": last}
    found: datetime | None = run(tx, _OLDEST_MARK, key).scalar_one()
    return found


def list_alarms(
    tx: Connection, merchant_id: MerchantId, *, only_open: bool, before: UUID | None, limit: int
) -> Sequence[Alarm]:
    """Alarms, the newest first, from below the id `before`."""
    key = {"merchant_id": merchant_id, "open": only_open, "before": before, "limit": limit}
    return [
        Alarm(row.id, Breach(Rule(row.rule), row.subject, row.detail), row.create_time, row.resolved_time)
        for row in run(tx, _ALARMS, key)
    ]


def raise_alarm(tx: Connection, merchant_id: MerchantId, breach: Breach, *, new_id: UUID, now: datetime) -> bool:
    """Writes a breach down; False if it has an open alarm already."""
    key = {
        "merchant_id": merchant_id,
        "id": new_id,
        "rule": breach.rule.value,
        "subject": breach.subject,
        "detail": breach.detail,
        "now": now,
    }
    return run(tx, _RAISE, key).rowcount == 1


def resolve_alarms(tx: Connection, merchant_id: MerchantId, broken: Sequence[Breach], *, now: datetime) -> int:
    """Marks open alarms as resolved whose breach is not among `broken`; how many."""
    key = {
        "merchant_id": merchant_id,
        "rules": [breach.rule.value for breach in broken],
        "subjects": [breach.subject for breach in broken],
        "now": now,
    }
    return run(tx, _RESOLVE, key).rowcount


def _account(account_id: UUID, code: str, party: UUID | None, currency: str) -> LedgerAccount:
    return LedgerAccount(account_id, code, None if party is None else CustomerId(party), currency)


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        id=EntryId(row.id),
        kind=row.kind,
        bill_id=None if row.bill_id is None else BillId(row.bill_id),
        payment_id=None if row.payment_id is None else PaymentId(row.payment_id),
        on=row.entry_date,
        create_time=row.create_time,
        postings=tuple(
            LedgerPosting(
                _account(UUID(account_id), code, UUID(party) if party else None, currency), Money(amount, currency)
            )
            for account_id, code, party, currency, amount in row.postings or ()
        ),
    )
