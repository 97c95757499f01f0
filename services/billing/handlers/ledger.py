"""LedgerService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import ledger_pb2
from billmesh.billing.v1 import ledger_service_pb2 as pb
from billmesh.billing.v1.ledger_service_pb2_grpc import LedgerServiceServicer

from services.billing.convert import ledger as convert
from services.billing.convert.fields import id_or_none
from services.billing.convert.money import timestamp
from services.billing.domain.ids import BillId, CustomerId, MerchantId
from services.billing.usecases import books
from services.kit import paging
from services.kit.context import caller

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class LedgerHandler(LedgerServiceServicer):
    """A merchant's books."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListAccounts(self, request: pb.ListAccountsRequest, context: grpc.ServicerContext) -> pb.ListAccountsResponse:
        """A page of accounts."""
        customer, page = id_or_none("cus", request.customer_id), paging.page(request)
        party = CustomerId(customer) if customer else None
        listed = books.list_accounts(self._deps, _merchant(), code=request.code, party=party, page=page)
        return pb.ListAccountsResponse(
            accounts=map(convert.account_to_proto, listed.items), next_page_token=listed.next_page_token
        )

    def ListEntries(self, request: pb.ListEntriesRequest, context: grpc.ServicerContext) -> pb.ListEntriesResponse:
        """A page of entries."""
        bill = id_or_none("bill", request.bill_id)
        listed = books.list_entries(
            self._deps,
            _merchant(),
            account=id_or_none("lac", request.account_id),
            bill_id=BillId(bill) if bill else None,
            start=convert.optional_date(request.start_date, "start_date"),
            end=convert.optional_date(request.end_date, "end_date"),
            page=paging.page(request),
        )
        return pb.ListEntriesResponse(
            entries=map(convert.entry_to_proto, listed.items), next_page_token=listed.next_page_token
        )

    def GetTrialBalance(
        self, request: pb.GetTrialBalanceRequest, context: grpc.ServicerContext
    ) -> ledger_pb2.TrialBalance:
        """All accounts at the end of a day."""
        end = convert.optional_date(request.end_date, "end_date")
        return convert.trial_balance_to_proto(books.trial_balance(self._deps, _merchant(), end=end))

    def ListAlarms(self, request: pb.ListAlarmsRequest, context: grpc.ServicerContext) -> pb.ListAlarmsResponse:
        """A page of alarms."""
        page = paging.page(request)
        listed, checked = books.list_alarms(self._deps, _merchant(), only_open=request.open, page=page)
        return pb.ListAlarmsResponse(
            alarms=map(convert.alarm_to_proto, listed.items),
            next_page_token=listed.next_page_token,
            check_time=timestamp(checked),
        )


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)
