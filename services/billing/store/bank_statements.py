"""Bank statements and their lines. What banks write about people is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.bank_statement import BankStatement, LineState, StatementLine
from services.billing.domain.ids import AccountId, BankStatementId, BillId, LegId, PaymentId, StatementLineId
from services.kit.money import Money
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.bank_statement import Movement
    from services.billing.domain.ids import MerchantId
    from services.kit.crypto import Vault
    from services.kit.ids import Ids

_FINGERPRINT = "bank_statement_line"
_DESCRIPTION, _COUNTERPARTY = "bank_statement_lines.description", "bank_statement_lines.counterparty"

_INSERT = """
INSERT INTO bank_statements (merchant_id, id, account, currency, line_count, new_line_count, first_date, last_date,
    create_time, create_account_id)
VALUES (%(merchant_id)s, %(id)s, %(account)s, %(currency)s, %(line_count)s, 0, %(first_date)s, %(last_date)s,
    %(create_time)s, %(creator_id)s)
"""
_COUNT = "UPDATE bank_statements SET new_line_count = %(count)s WHERE merchant_id = %(merchant_id)s AND id = %(id)s"
# In one order, so that two imports of the same lines wait for each other instead of crosswise.
_INSERT_LINES = """
INSERT INTO bank_statement_lines (merchant_id, id, statement_id, row_number, booking_date, amount_minor, currency,
    reference, description, counterparty, fingerprint)
SELECT %(merchant_id)s, line_id, %(id)s, row_number, booking_date, amount, %(currency)s, reference, description,
    counterparty, fingerprint
FROM unnest(%(ids)s::uuid[], %(rows)s::integer[], %(dates)s::date[], %(amounts)s::bigint[], %(references)s::text[],
    %(descriptions)s::bytea[], %(counterparties)s::bytea[], %(fingerprints)s::bytea[])
    AS line (line_id, row_number, booking_date, amount, reference, description, counterparty, fingerprint)
ORDER BY fingerprint
ON CONFLICT (merchant_id, fingerprint) DO NOTHING
"""
_LIST = """
SELECT id, account, currency, line_count, new_line_count, first_date, last_date, create_time, create_account_id
FROM bank_statements
WHERE merchant_id = %(merchant_id)s AND (%(before)s::uuid IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s
"""
_LINE = """
SELECT id, statement_id, row_number, booking_date, amount_minor, currency, reference, description, counterparty, state,
    bill_id, payment_id, leg_id, dismiss_reason, settle_account_id
FROM bank_statement_lines
WHERE merchant_id = %(merchant_id)s
"""
_LOAD = _LINE + " AND id = %(id)s"
# Each filter has a text of its own, so that each has its index.
_OF_STATEMENT = " AND statement_id = %(statement_id)s"
_IN_STATE = " AND state = %(state)s"
_TO_PLACE = " AND state = 'OPEN' AND amount_minor > 0"
_BELOW = " AND (booking_date, id) < (%(day)s, %(before)s)"
_PAGE = " ORDER BY booking_date DESC, id DESC LIMIT %(limit)s"
_MATCH = """
UPDATE bank_statement_lines SET state = 'MATCHED', bill_id = %(bill_id)s, payment_id = %(payment_id)s,
    leg_id = %(leg_id)s, dismiss_reason = '', settle_account_id = %(settler_id)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND state <> 'MATCHED' AND NOT EXISTS (
    SELECT 1 FROM bank_statement_lines WHERE merchant_id = %(merchant_id)s AND leg_id = %(leg_id)s)
"""
_DISMISS = """
UPDATE bank_statement_lines SET state = 'DISMISSED', dismiss_reason = %(reason)s, settle_account_id = %(settler_id)s
WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND state = 'OPEN'
"""
_IS_PROVED = """
SELECT EXISTS (SELECT 1 FROM bank_statement_lines WHERE merchant_id = %(merchant_id)s AND leg_id = %(leg_id)s)
"""


def insert_statement(
    tx: Connection,
    merchant_id: MerchantId,
    statement: BankStatement,
    movements: Sequence[Movement],
    *,
    vault: Vault,
    ids: Ids,
) -> int:
    """Keeps a statement with those movements that no other has brought; how many these are."""
    key = {"merchant_id": merchant_id, "id": statement.id, "currency": statement.currency}
    about = {
        "account": statement.account,
        "line_count": statement.line_count,
        "first_date": statement.first_date,
        "last_date": statement.last_date,
        "create_time": statement.create_time,
        "creator_id": statement.creator_id,
    }
    run(tx, _INSERT, key | about)
    line_ids = [ids.new() for _ in movements]

    def sealed(column: str, texts: Sequence[str]) -> list[bytes | None]:
        pairs = zip(line_ids, texts, strict=True)
        return [vault.seal(tx, merchant_id, column, line_id, text) if text else None for line_id, text in pairs]

    def fingerprint(movement: Movement) -> bytes:
        return vault.index(_FINGERPRINT, f"{merchant_id}\0{movement.key(statement.account)}")

    lines = {
        "ids": line_ids,
        "rows": [each.row for each in movements],
        "dates": [each.booking_date for each in movements],
        "amounts": [each.amount.minor for each in movements],
        "references": [each.reference for each in movements],
        "descriptions": sealed(_DESCRIPTION, [each.description for each in movements]),
        "counterparties": sealed(_COUNTERPARTY, [each.counterparty for each in movements]),
        "fingerprints": [fingerprint(each) for each in movements],
    }
    count: int = run(tx, _INSERT_LINES, key | lines).rowcount
    run(tx, _COUNT, key | {"count": count})
    return count


def list_statements(
    tx: Connection, merchant_id: MerchantId, *, before: UUID | None, limit: int
) -> Sequence[BankStatement]:
    """The newest first, from below the id `before`."""
    rows = run(tx, _LIST, {"merchant_id": merchant_id, "before": before, "limit": limit})
    return [_statement(merchant_id, row) for row in rows]


def load_line(tx: Connection, merchant_id: MerchantId, line_id: StatementLineId, vault: Vault) -> StatementLine | None:
    """One line."""
    row = run(tx, _LOAD, {"merchant_id": merchant_id, "id": line_id}).one_or_none()
    return None if row is None else _line(tx, merchant_id, row, vault)


def list_lines(
    tx: Connection,
    merchant_id: MerchantId,
    *,
    statement_id: BankStatementId | None = None,
    state: LineState | None = None,
    to_place: bool = False,
    before: tuple[date, UUID] | None,
    limit: int,
    vault: Vault,
) -> Sequence[StatementLine]:
    """The latest day first, from below `before`; `to_place`: only open ones of money that came in."""
    filters = (
        (_OF_STATEMENT, statement_id is not None),
        (_IN_STATE, state is not None),
        (_TO_PLACE, to_place),
        (_BELOW, before is not None),
    )
    sql = _LINE + "".join(text for text, applies in filters if applies) + _PAGE
    day, line_id = before or (None, None)
    parameters = {
        "merchant_id": merchant_id,
        "statement_id": statement_id,
        "state": None if state is None else state.value,
        "day": day,
        "before": line_id,
        "limit": limit,
    }
    return [_line(tx, merchant_id, row, vault) for row in run(tx, sql, parameters).all()]


def mark_matched(tx: Connection, merchant_id: MerchantId, line: StatementLine) -> bool:
    """Keeps what the line proves; False if it, or another line that leg, was matched meanwhile."""
    parameters = {
        "merchant_id": merchant_id,
        "id": line.id,
        "bill_id": line.bill_id,
        "payment_id": line.payment_id,
        "leg_id": line.leg_id,
        "settler_id": line.settler_id,
    }
    return run(tx, _MATCH, parameters).rowcount == 1


def mark_dismissed(tx: Connection, merchant_id: MerchantId, line: StatementLine) -> bool:
    """Keeps why the line is none; False if it is not open any more."""
    parameters = {
        "merchant_id": merchant_id,
        "id": line.id,
        "reason": line.dismiss_reason,
        "settler_id": line.settler_id,
    }
    return run(tx, _DISMISS, parameters).rowcount == 1


def is_proved(tx: Connection, merchant_id: MerchantId, leg_id: LegId) -> bool:
    """Whether a line proves the leg."""
    proved: bool = run(tx, _IS_PROVED, {"merchant_id": merchant_id, "leg_id": leg_id}).scalar_one()
    return proved


def _statement(merchant_id: MerchantId, row: Any) -> BankStatement:
    return BankStatement(
        id=BankStatementId(row.id),
        merchant_id=merchant_id,
        account=row.account,
        currency=row.currency,
        line_count=row.line_count,
        new_line_count=row.new_line_count,
        first_date=row.first_date,
        last_date=row.last_date,
        create_time=row.create_time,
        creator_id=None if row.create_account_id is None else AccountId(row.create_account_id),
    )


def _line(tx: Connection, merchant_id: MerchantId, row: Any, vault: Vault) -> StatementLine:
    def opened(column: str, blob: Any) -> str:
        return "" if blob is None else vault.open(tx, merchant_id, column, row.id, bytes(blob))

    return StatementLine(
        id=StatementLineId(row.id),
        merchant_id=merchant_id,
        statement_id=BankStatementId(row.statement_id),
        row=row.row_number,
        booking_date=row.booking_date,
        amount=Money(row.amount_minor, row.currency),
        reference=row.reference,
        description=opened(_DESCRIPTION, row.description),
        counterparty=opened(_COUNTERPARTY, row.counterparty),
        state=LineState(row.state),
        bill_id=None if row.bill_id is None else BillId(row.bill_id),
        payment_id=None if row.payment_id is None else PaymentId(row.payment_id),
        leg_id=None if row.leg_id is None else LegId(row.leg_id),
        dismiss_reason=row.dismiss_reason,
        settler_id=None if row.settle_account_id is None else AccountId(row.settle_account_id),
    )
