"""Statements of the merchant's bank accounts: what a file says, its lines, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.kit.failure import Failure, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from services.billing.domain.ids import (
        AccountId,
        BankStatementId,
        BillId,
        LegId,
        MerchantId,
        PaymentId,
        StatementLineId,
    )
    from services.kit.money import Money


class LineState(StrEnum):
    """What became of a line."""

    OPEN = "OPEN"
    MATCHED = "MATCHED"
    DISMISSED = "DISMISSED"


LINE_TRANSITIONS: dict[LineState, frozenset[LineState]] = {
    LineState.OPEN: frozenset((LineState.MATCHED, LineState.DISMISSED)),
    LineState.DISMISSED: frozenset((LineState.MATCHED,)),
    LineState.MATCHED: frozenset(),
}


class DateOrder(StrEnum):
    """In which order a file writes days and months."""

    TOLD_BY_FILE = "TOLD_BY_FILE"
    DAY_FIRST = "DAY_FIRST"
    MONTH_FIRST = "MONTH_FIRST"


class DecimalMark(StrEnum):
    """What stands before the decimals."""

    TOLD_BY_FILE = ""
    POINT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is to be read. `columns`: field -> heading, for those that are not to be guessed."""

    currency: str
    columns: Mapping[str, str]
    date_order: DateOrder = DateOrder.TOLD_BY_FILE
    decimal_mark: DecimalMark = DecimalMark.TOLD_BY_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A row of a file. `row` counts from 1; an amount below zero went out."""

    row: int
    booking_date: date
    amount: Money
    reference: str
    description: str
    counterparty: str
    # Which of the rows that are alike in everything, from 1.
    occurrence: int = 1

    def key(self, account: str) -> str:
        """The same for the same movement of an account, in whichever file and row it stands."""
        amount = f"{self.amount.minor} {self.amount.currency}"
        parts = (account, self.booking_date.isoformat(), amount, self.reference, self.description, self.counterparty)
        return "\0".join((*parts, str(self.occurrence)))


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong with one row; `column` is empty if the row as a whole is at fault."""

    row: int
    column: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFile:
    """What a file says. `columns`: field -> heading, of those that were read."""

    columns: Mapping[str, str]
    movements: tuple[Movement, ...]
    faults: tuple[RowFault, ...]
    passed_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BankStatement:
    """An import. `first_date` and `last_date` are None if the file had no movement."""

    id: BankStatementId
    merchant_id: MerchantId
    account: str
    currency: str
    line_count: int
    new_line_count: int
    first_date: date | None
    last_date: date | None
    create_time: datetime
    creator_id: AccountId | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file; no statement if it has faults."""

    file: BankFile
    statement: BankStatement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line as it is stored. What it proves is set once it is matched, all three together."""

    id: StatementLineId
    merchant_id: MerchantId
    statement_id: BankStatementId
    row: int
    booking_date: date
    amount: Money
    reference: str
    description: str
    counterparty: str
    state: LineState = LineState.OPEN
    bill_id: BillId | None = None
    payment_id: PaymentId | None = None
    leg_id: LegId | None = None
    dismiss_reason: str = ""
    settler_id: AccountId | None = None

    @property
    def came_in(self) -> bool:
        """Whether it is money for the merchant."""
        return self.amount.minor > 0


class StatementLineNotFound(Failure):
    """No such line of this merchant."""

    kind = Kind.NOT_FOUND
    reason = "STATEMENT_LINE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such line of a bank statement.")


class StatementLineStateWrong(Failure):
    """The line is matched or dismissed already."""

    kind = Kind.PRECONDITION
    reason = "STATEMENT_LINE_STATE_WRONG"

    def __init__(self, state: LineState) -> None:
        super().__init__(f"The line is {state.value} already.", state=state.value)


class StatementMatchUnfit(Failure):
    """The line cannot prove that. `why`: WENT_OUT, AMOUNT, METHOD or LEG_TAKEN."""

    kind = Kind.PRECONDITION
    reason = "STATEMENT_MATCH_UNFIT"

    def __init__(self, why: str) -> None:
        super().__init__(f"The line and the payment do not fit together: {_UNFIT[why]}.", why=why)


_UNFIT = {
    "WENT_OUT": "the money went out",
    "AMOUNT": "the amounts differ",
    "METHOD": "the leg's money did not come through the bank",
    "LEG_TAKEN": "another line proves that leg",
}


def require_may_become(line: StatementLine, to: LineState) -> None:
    """Raises StatementLineStateWrong."""
    if to not in LINE_TRANSITIONS[line.state]:
        raise StatementLineStateWrong(line.state)
