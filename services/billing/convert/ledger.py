"""The books between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import ledger_pb2

from services.billing.convert.money import date_from_proto, date_to_proto, timestamp
from services.billing.domain.books import Rule
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from datetime import date

    from google.type import date_pb2

    from services.billing.domain.books import (
        AccountSum,
        Alarm,
        LedgerAccount,
        LedgerEntry,
        LedgerPosting,
        TrialBalance,
    )

_RULES = {
    Rule.ENTRY_BALANCED: ledger_pb2.LEDGER_RULE_ENTRY_BALANCED,
    Rule.BILL_OUTSTANDING: ledger_pb2.LEDGER_RULE_BILL_OUTSTANDING,
    Rule.CUSTOMER_RECEIVABLE: ledger_pb2.LEDGER_RULE_CUSTOMER_RECEIVABLE,
    Rule.CUSTOMER_CREDIT: ledger_pb2.LEDGER_RULE_CUSTOMER_CREDIT,
    Rule.NUMBERS_GAPLESS: ledger_pb2.LEDGER_RULE_NUMBERS_GAPLESS,
    Rule.GATEWAY_REFUNDS: ledger_pb2.LEDGER_RULE_GATEWAY_REFUNDS,
    Rule.PAYMENT_LEGS: ledger_pb2.LEDGER_RULE_PAYMENT_LEGS,
}


def optional_date(message: date_pb2.Date, field: str) -> date | None:
    """A whole civil date; None if nothing of it is set. Raises InvalidRequest."""
    return date_from_proto(message, field) if message.ListFields() else None


def account_to_proto(account: LedgerAccount) -> ledger_pb2.LedgerAccount:
    """One account."""
    return ledger_pb2.LedgerAccount(
        id=to_text("lac", account.id),
        code=account.code,
        customer_id=to_text("cus", account.party) if account.party else "",
        currency_code=account.currency,
    )


def entry_to_proto(entry: LedgerEntry) -> ledger_pb2.LedgerEntry:
    """One entry with its postings."""
    return ledger_pb2.LedgerEntry(
        id=to_text("ent", entry.id),
        kind=entry.kind,
        bill_id=to_text("bill", entry.bill_id) if entry.bill_id else "",
        payment_id=to_text("pay", entry.payment_id) if entry.payment_id else "",
        entry_date=date_to_proto(entry.on),
        create_time=timestamp(entry.create_time),
        postings=[_posting_to_proto(posting) for posting in entry.postings],
    )


def trial_balance_to_proto(balance: TrialBalance) -> ledger_pb2.TrialBalance:
    """All accounts, and their sums."""
    return ledger_pb2.TrialBalance(
        end_date=date_to_proto(balance.end),
        rows=[_row_to_proto(row) for row in balance.rows],
        totals=[_row_to_proto(row) for row in balance.totals],
        as_of_time=timestamp(balance.as_of),
    )


def alarm_to_proto(alarm: Alarm) -> ledger_pb2.LedgerAlarm:
    """One alarm."""
    return ledger_pb2.LedgerAlarm(
        id=to_text("alm", alarm.id),
        rule=_RULES[alarm.breach.rule],
        subject=alarm.breach.subject,
        detail=alarm.breach.detail,
        create_time=timestamp(alarm.create_time),
        resolved_time=timestamp(alarm.resolved_time),
    )


def _posting_to_proto(posting: LedgerPosting) -> ledger_pb2.LedgerPosting:
    account = account_to_proto(posting.account)
    return ledger_pb2.LedgerPosting(
        account_id=account.id,
        code=account.code,
        customer_id=account.customer_id,
        amount=money_to_proto(posting.amount),
    )


def _row_to_proto(row: AccountSum) -> ledger_pb2.TrialBalanceRow:
    return ledger_pb2.TrialBalanceRow(
        code=row.code,
        debit=money_to_proto(row.debit),
        credit=money_to_proto(row.credit),
        balance=money_to_proto(row.balance),
    )
