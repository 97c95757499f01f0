"""StockService: what the merchant's stores have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import stock_pb2, stock_service_pb2, stock_service_pb2_grpc

from services.inventory.convert import stock as convert
from services.inventory.convert.items import item_id_from_proto
from services.inventory.convert.pages import id_key, movements_to_proto, stock_page_to_proto, two_ids_key
from services.inventory.handlers.caller import account_or_none, merchant
from services.inventory.usecases import sales, stock
from services.kit import idempotency, paging
from services.kit.wire import money_from_proto

if TYPE_CHECKING:
    import grpc

    from services.inventory.usecases.deps import Deps


class StockHandler(stock_service_pb2_grpc.StockServiceServicer):
    """Serves StockService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ListStock(
        self, request: stock_service_pb2.ListStockRequest, context: grpc.ServicerContext
    ) -> stock_service_pb2.ListStockResponse:
        """A page of stock."""
        page = paging.page(request)
        found = stock.list_stock(
            self._deps,
            merchant(),
            store_id=convert.store_id_or_none(request.store_id),
            item_id=convert.item_id_or_none(request.item_id),
            low=request.low,
            after=two_ids_key(page),
            limit=page.size + 1,
        )
        return stock_page_to_proto(page, found)

    def AdjustStock(
        self, request: stock_service_pb2.AdjustStockRequest, context: grpc.ServicerContext
    ) -> stock_pb2.Stock:
        """Changed stock."""
        return stock.adjust_stock(
            self._deps,
            merchant(),
            item_id=item_id_from_proto(request.item_id, "item_id"),
            store_id=convert.store_id_from_proto(request.store_id),
            adjustment=convert.adjustment_from_proto(request),
            account_id=account_or_none(),
            once=idempotency.once(request, stock_pb2.Stock, convert.stock_to_proto),
        )

    def SetPrice(self, request: stock_service_pb2.SetPriceRequest, context: grpc.ServicerContext) -> stock_pb2.Stock:
        """Stock with another price."""
        return stock.set_price(
            self._deps,
            merchant(),
            item_id=item_id_from_proto(request.item_id, "item_id"),
            store_id=convert.store_id_from_proto(request.store_id),
            price=money_from_proto(request.unit_price, "unit_price") if request.HasField("unit_price") else None,
            once=idempotency.once(request, stock_pb2.Stock, convert.stock_to_proto),
        )

    def ListMovements(
        self, request: stock_service_pb2.ListMovementsRequest, context: grpc.ServicerContext
    ) -> stock_service_pb2.ListMovementsResponse:
        """A page of movements."""
        page = paging.page(request)
        found = stock.list_movements(
            self._deps,
            merchant(),
            store_id=convert.store_id_or_none(request.store_id),
            item_id=convert.item_id_or_none(request.item_id),
            reference=request.reference,
            reason=convert.reason_or_none(request.reason),
            after=id_key(page),
            limit=page.size + 1,
        )
        return movements_to_proto(page, found)

    def TakeStock(
        self, request: stock_service_pb2.TakeStockRequest, context: grpc.ServicerContext
    ) -> stock_service_pb2.TakeStockResponse:
        """What a bill sells leaves the stock."""
        taken = sales.take_stock(
            self._deps,
            convert.merchant_id_from_proto(request.merchant_id),
            store_id=convert.store_id_from_proto(request.store_id),
            attempt_id=convert.attempt_id_from_proto(request.attempt_id),
            reference=request.reference,
            lines=convert.lines_from_proto(request.lines),
        )
        return convert.taken_to_proto(taken)

    def ReturnStock(
        self, request: stock_service_pb2.ReturnStockRequest, context: grpc.ServicerContext
    ) -> stock_service_pb2.ReturnStockResponse:
        """And comes back."""
        had_taken = sales.return_stock(
            self._deps,
            convert.merchant_id_from_proto(request.merchant_id),
            attempt_id=convert.attempt_id_from_proto(request.attempt_id),
        )
        return stock_service_pb2.ReturnStockResponse(had_taken=had_taken)

    def RestockItems(
        self, request: stock_service_pb2.RestockItemsRequest, context: grpc.ServicerContext
    ) -> stock_service_pb2.RestockItemsResponse:
        """What a customer brings back goes on the shelf."""
        sales.restock_items(
            self._deps,
            convert.merchant_id_from_proto(request.merchant_id),
            store_id=convert.store_id_from_proto(request.store_id),
            attempt_id=convert.attempt_id_from_proto(request.attempt_id),
            reference=request.reference,
            lines=convert.lines_from_proto(request.lines),
        )
        return stock_service_pb2.RestockItemsResponse()
