"""Bank statements between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bank_statement_pb2 as pb
from billmesh.billing.v1 import bank_statement_service_pb2 as service_pb

from services.billing.convert.money import date_to_proto, timestamp
from services.billing.domain.bank_columns import FIELDS
from services.billing.domain.bank_statement import DateOrder, DecimalMark, Layout, LineState
from services.billing.domain.ids import BillId, LegId, PaymentId
from services.billing.domain.matching import Confidence, Reason
from services.billing.usecases.reconciliation import Pays, Proves
from services.kit.ids import from_text, to_text
from services.kit.wire import currency_from_proto, money_to_proto

if TYPE_CHECKING:
    from services.billing.domain.bank_statement import BankStatement, Imported, StatementLine
    from services.billing.domain.matching import Proposal
    from services.kit.paging import Listed

_MOST_FAULTS = 5_000
_DATE_ORDERS = {
    pb.STATEMENT_DATE_ORDER_UNSPECIFIED: DateOrder.TOLD_BY_FILE,
    pb.STATEMENT_DATE_ORDER_DAY_FIRST: DateOrder.DAY_FIRST,
    pb.STATEMENT_DATE_ORDER_MONTH_FIRST: DateOrder.MONTH_FIRST,
}
_DECIMAL_MARKS = {
    pb.STATEMENT_DECIMAL_MARK_UNSPECIFIED: DecimalMark.TOLD_BY_FILE,
    pb.STATEMENT_DECIMAL_MARK_POINT: DecimalMark.POINT,
    pb.STATEMENT_DECIMAL_MARK_COMMA: DecimalMark.COMMA,
}
_STATES = {
    LineState.OPEN: pb.BANK_STATEMENT_LINE_STATE_OPEN,
    LineState.MATCHED: pb.BANK_STATEMENT_LINE_STATE_MATCHED,
    LineState.DISMISSED: pb.BANK_STATEMENT_LINE_STATE_DISMISSED,
}
_STATES_FROM = {value: state for state, value in _STATES.items()}
_CONFIDENCES = {
    Confidence.CERTAIN: pb.MATCH_CONFIDENCE_CERTAIN,
    Confidence.LIKELY: pb.MATCH_CONFIDENCE_LIKELY,
    Confidence.POSSIBLE: pb.MATCH_CONFIDENCE_POSSIBLE,
}
_REASONS = {
    Reason.REFERENCE_EQUAL: pb.MATCH_REASON_REFERENCE_EQUAL,
    Reason.CHEQUE_EQUAL: pb.MATCH_REASON_CHEQUE_EQUAL,
    Reason.BILL_NUMBER_NAMED: pb.MATCH_REASON_BILL_NUMBER_NAMED,
    Reason.AMOUNT_EQUAL: pb.MATCH_REASON_AMOUNT_EQUAL,
    Reason.AMOUNT_DIFFERS: pb.MATCH_REASON_AMOUNT_DIFFERS,
    Reason.NAME_ALIKE: pb.MATCH_REASON_NAME_ALIKE,
    Reason.DATE_CLOSE: pb.MATCH_REASON_DATE_CLOSE,
    Reason.ONLY_ONE: pb.MATCH_REASON_ONLY_ONE,
}


def layout_from_proto(request: service_pb.ImportBankStatementRequest, *, home_currency: str) -> Layout:
    """How the file is to be read, in the merchant's currency unless another is named. Raises InvalidRequest."""
    named = ((field, getattr(request.columns, field).strip()) for field in FIELDS)
    return Layout(
        currency=currency_from_proto(request.currency_code or home_currency, "currency_code"),
        columns={field: heading for field, heading in named if heading},
        date_order=_DATE_ORDERS[request.date_order],
        decimal_mark=_DECIMAL_MARKS[request.decimal_mark],
    )


def state_from_proto(state: pb.BankStatementLineState.ValueType) -> LineState | None:
    """None for any."""
    return _STATES_FROM.get(state)


def what_from_proto(request: service_pb.AcceptMatchRequest) -> Proves | Pays:
    """What the line is said to be."""
    if request.WhichOneof("target") == "bill_id":
        return Pays(BillId(from_text("bill", request.bill_id)))
    return Proves(PaymentId(from_text("pay", request.leg.payment_id)), LegId(from_text("leg", request.leg.leg_id)))


def imported_to_proto(imported: Imported) -> service_pb.ImportBankStatementResponse:
    """What came of a file."""
    file = imported.file
    return service_pb.ImportBankStatementResponse(
        bank_statement=None if imported.statement is None else _statement_to_proto(imported.statement),
        columns=pb.BankStatementColumns(**file.columns),
        faults=[
            pb.BankStatementFault(row=fault.row, column=fault.column, description=fault.description)
            for fault in file.faults[:_MOST_FAULTS]
        ],
        fault_count=len(file.faults),
        passed_over_count=file.passed_over,
    )


def statements_to_proto(listed: Listed[BankStatement]) -> service_pb.ListBankStatementsResponse:
    """A page of imports."""
    return service_pb.ListBankStatementsResponse(
        bank_statements=[_statement_to_proto(each) for each in listed.items], next_page_token=listed.next_page_token
    )


def line_to_proto(line: StatementLine) -> pb.BankStatementLine:
    """One line."""
    return pb.BankStatementLine(
        id=to_text("bsl", line.id),
        statement_id=to_text("bst", line.statement_id),
        row=line.row,
        booking_date=date_to_proto(line.booking_date),
        amount=money_to_proto(line.amount),
        reference=line.reference,
        description=line.description,
        counterparty=line.counterparty,
        state=_STATES[line.state],
        bill_id=to_text("bill", line.bill_id) if line.bill_id else "",
        payment_id=to_text("pay", line.payment_id) if line.payment_id else "",
        leg_id=to_text("leg", line.leg_id) if line.leg_id else "",
        dismiss_reason=line.dismiss_reason,
        settle_account_id=to_text("acc", line.settler_id) if line.settler_id else "",
    )


def lines_to_proto(listed: Listed[StatementLine]) -> service_pb.ListStatementLinesResponse:
    """A page of lines."""
    return service_pb.ListStatementLinesResponse(
        bank_statement_lines=[line_to_proto(line) for line in listed.items], next_page_token=listed.next_page_token
    )


def matches_to_proto(
    listed: Listed[tuple[StatementLine, tuple[Proposal, ...]]],
) -> service_pb.ListMatchesResponse:
    """A page of lines with what they may be."""
    return service_pb.ListMatchesResponse(
        matches=[
            pb.BankStatementMatch(line=line_to_proto(line), proposals=[_proposal_to_proto(each) for each in proposals])
            for line, proposals in listed.items
        ],
        next_page_token=listed.next_page_token,
    )


def _statement_to_proto(statement: BankStatement) -> pb.BankStatement:
    return pb.BankStatement(
        id=to_text("bst", statement.id),
        account=statement.account,
        currency_code=statement.currency,
        line_count=statement.line_count,
        new_line_count=statement.new_line_count,
        first_date=date_to_proto(statement.first_date),
        last_date=date_to_proto(statement.last_date),
        create_time=timestamp(statement.create_time),
        create_account_id=to_text("acc", statement.creator_id) if statement.creator_id else "",
    )


def _proposal_to_proto(proposal: Proposal) -> pb.MatchProposal:
    candidate = proposal.candidate
    return pb.MatchProposal(
        bill_id=to_text("bill", candidate.bill_id),
        bill_number=candidate.bill_number,
        customer_name=candidate.customer_name,
        payment_id=to_text("pay", candidate.payment_id) if candidate.payment_id else "",
        leg_id=to_text("leg", candidate.leg_id) if candidate.leg_id else "",
        amount=money_to_proto(candidate.amount),
        confidence=_CONFIDENCES[proposal.confidence],
        score=proposal.score,
        reasons=[_REASONS[reason] for reason in proposal.reasons],
    )
