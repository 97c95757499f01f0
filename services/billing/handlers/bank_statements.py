"""BankStatementService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bank_statement_pb2
from billmesh.billing.v1 import bank_statement_service_pb2 as pb
from billmesh.billing.v1.bank_statement_service_pb2_grpc import BankStatementServiceServicer

from services.billing.convert import bank_statements as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import BankStatementId, MerchantId, StatementLineId
from services.billing.handlers.callers import account
from services.billing.usecases import bank_statements, reconciliation
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.domain.bank_statement import StatementLine
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import Once

_MATCHES = {"default": 20, "maximum": 100}


class BankStatementHandler(BankStatementServiceServicer):
    """A merchant's bank statements, and what their lines prove."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListBankStatements(
        self, request: pb.ListBankStatementsRequest, context: grpc.ServicerContext
    ) -> pb.ListBankStatementsResponse:
        """A page of imports."""
        listed = bank_statements.list_statements(self._deps, _merchant(), page=paging.page(request))
        return convert.statements_to_proto(listed)

    def ImportBankStatement(
        self, request: pb.ImportBankStatementRequest, context: grpc.ServicerContext
    ) -> pb.ImportBankStatementResponse:
        """A bank's file."""
        encode = convert.imported_to_proto
        return bank_statements.take_in(
            self._deps,
            _merchant(),
            request.file.data,
            layout=lambda currency: convert.layout_from_proto(request, home_currency=currency),
            account=request.account.strip(),
            by=account(),
            once=idempotency.once(request, pb.ImportBankStatementResponse, encode, vault=self._deps.vault),
            encode=encode,
        )

    def ListStatementLines(
        self, request: pb.ListStatementLinesRequest, context: grpc.ServicerContext
    ) -> pb.ListStatementLinesResponse:
        """A page of lines."""
        of, state, page = _statement(request), convert.state_from_proto(request.state), paging.page(request)
        listed = bank_statements.list_lines(self._deps, _merchant(), statement_id=of, state=state, page=page)
        return convert.lines_to_proto(listed)

    def ListMatches(self, request: pb.ListMatchesRequest, context: grpc.ServicerContext) -> pb.ListMatchesResponse:
        """A page of open lines with what they may be."""
        page = paging.page(request, **_MATCHES)
        listed = bank_statements.list_matches(self._deps, _merchant(), statement_id=_statement(request), page=page)
        return convert.matches_to_proto(listed)

    def AcceptMatch(
        self, request: pb.AcceptMatchRequest, context: grpc.ServicerContext
    ) -> bank_statement_pb2.BankStatementLine:
        """A line, matched."""
        what, once = convert.what_from_proto(request), self._once(request)
        return reconciliation.accept(self._deps, _merchant(), _line(request.id), what=what, by=account(), once=once)

    def DismissLine(
        self, request: pb.DismissLineRequest, context: grpc.ServicerContext
    ) -> bank_statement_pb2.BankStatementLine:
        """A line that is no customer's payment."""
        line_id, once = _line(request.id), self._once(request)
        return reconciliation.dismiss(self._deps, _merchant(), line_id, reason=request.reason, by=account(), once=once)

    def _once(
        self, request: pb.AcceptMatchRequest | pb.DismissLineRequest
    ) -> Once[StatementLine, bank_statement_pb2.BankStatementLine]:
        return idempotency.once(
            request, bank_statement_pb2.BankStatementLine, convert.line_to_proto, vault=self._deps.vault
        )


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _line(text: str) -> StatementLineId:
    return StatementLineId(from_text("bsl", text))


def _statement(request: pb.ListStatementLinesRequest | pb.ListMatchesRequest) -> BankStatementId | None:
    found = id_or_none("bst", request.statement_id)
    return None if found is None else BankStatementId(found)
