"""The services that billing needs: what it asks of them, and how that goes over the mesh."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, Protocol

import grpc
from billmesh.auth.v1 import merchant_directory_service_pb2, merchant_directory_service_pb2_grpc
from billmesh.inventory.v1 import (
    item_directory_service_pb2,
    item_directory_service_pb2_grpc,
    stock_service_pb2,
    stock_service_pb2_grpc,
)
from google.type import decimal_pb2

from services.billing.convert.money import money_from_peer
from services.billing.domain.drafting import ItemForSale
from services.billing.domain.errors import IssueInProgress, ItemNotFound, OutOfStock, StoreNotFound
from services.billing.domain.ids import ItemId
from services.billing.domain.settings import MerchantProfile
from services.kit import ids, mesh
from services.kit.errors import PeerRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.billing.domain.bill import LineTerms
    from services.billing.domain.credit_note import CreditLine
    from services.billing.domain.ids import AttemptId, BillId, CreditNoteId, MerchantId, StoreId


class MerchantDirectory(Protocol):
    """Knows merchants."""

    def profile(self, merchant_id: MerchantId) -> MerchantProfile:
        """Raises PeerRefused or PeerUnavailable."""
        ...


class ItemDirectory(Protocol):
    """Knows what merchants sell."""

    def items_for_sale(
        self, merchant_id: MerchantId, store_id: StoreId | None, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, ItemForSale]:
        """All of the items, which are different ones; `store_id` None: at their own price.

        Raises ItemNotFound naming positions as "item_ids[0]", StoreNotFound, PeerUnavailable.
        """
        ...


class Stock(Protocol):
    """Keeps count of what stores have."""

    def take(
        self,
        merchant_id: MerchantId,
        store_id: StoreId,
        *,
        attempt: AttemptId,
        bill_id: BillId,
        lines: Sequence[LineTerms],
    ) -> None:
        """Takes all lines or none, once per attempt.

        Raises OutOfStock, ItemNotFound, StoreNotFound; IssueInProgress if the attempt was given back before;
        PeerUnavailable if it is not known what happened.
        """
        ...

    def give_back(self, merchant_id: MerchantId, *, attempt: AttemptId) -> None:
        """Undoes an attempt for good, also one that has not arrived yet. Raises PeerUnavailable."""
        ...

    def restock(
        self, merchant_id: MerchantId, store_id: StoreId, *, note_id: CreditNoteId, lines: Sequence[CreditLine]
    ) -> None:
        """Puts back what a credit note brings, once per note. Raises StoreNotFound, PeerUnavailable."""
        ...


class MeshMerchantDirectory:
    """MerchantDirectory in the auth service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = merchant_directory_service_pb2_grpc.MerchantDirectoryServiceStub(channel)

    def profile(self, merchant_id: MerchantId) -> MerchantProfile:
        """See MerchantDirectory."""
        request = merchant_directory_service_pb2.GetMerchantProfileRequest(merchant_id=ids.to_text("mer", merchant_id))
        try:
            found = self._stub.GetMerchantProfile(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="auth") from error
        address = found.address
        town = " ".join(part for part in (address.locality, address.postal_code) if part)
        lines = [*address.lines, town, address.administrative_area]
        return MerchantProfile(
            display_name=found.display_name,
            country_code=found.country_code,
            time_zone=found.time_zone,
            address="\n".join(line for line in lines if line),
            is_test=found.is_test,
        )


class MeshItemDirectory:
    """ItemDirectory in the inventory service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = item_directory_service_pb2_grpc.ItemDirectoryServiceStub(channel)

    def items_for_sale(
        self, merchant_id: MerchantId, store_id: StoreId | None, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, ItemForSale]:
        """See ItemDirectory."""
        texts = [ids.to_text("item", item_id) for item_id in item_ids]
        request = item_directory_service_pb2.GetItemsForSaleRequest(
            merchant_id=ids.to_text("mer", merchant_id),
            store_id=ids.to_text("sto", store_id) if store_id else "",
            item_ids=texts,
        )
        try:
            found = self._stub.GetItemsForSale(request)
        except grpc.RpcError as error:
            _raise_stock_refusal(error, texts)
        return {ItemId(ids.from_text("item", item.item_id)): _item(item) for item in found.items}


class MeshStock:
    """Stock in the inventory service."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = stock_service_pb2_grpc.StockServiceStub(channel)

    def take(
        self,
        merchant_id: MerchantId,
        store_id: StoreId,
        *,
        attempt: AttemptId,
        bill_id: BillId,
        lines: Sequence[LineTerms],
    ) -> None:
        """See Stock."""
        wanted: dict[ItemId, Decimal] = {}
        for line in lines:
            if line.item_id is not None:
                wanted[line.item_id] = wanted.get(line.item_id, Decimal(0)) + line.quantity
        request = stock_service_pb2.TakeStockRequest(
            merchant_id=ids.to_text("mer", merchant_id),
            store_id=ids.to_text("sto", store_id),
            attempt_id=str(attempt),
            reference=ids.to_text("bill", bill_id),
            lines=[
                stock_service_pb2.TakeLine(
                    item_id=ids.to_text("item", item_id), quantity=decimal_pb2.Decimal(value=f"{quantity:f}")
                )
                for item_id, quantity in wanted.items()
            ],
        )
        try:
            self._stub.TakeStock(request)
        except grpc.RpcError as error:
            _raise_stock_refusal(error, [line.item_id for line in request.lines])

    def give_back(self, merchant_id: MerchantId, *, attempt: AttemptId) -> None:
        """See Stock."""
        request = stock_service_pb2.ReturnStockRequest(
            merchant_id=ids.to_text("mer", merchant_id), attempt_id=str(attempt)
        )
        try:
            self._stub.ReturnStock(request)
        except grpc.RpcError as error:
            raise mesh.translate(error, peer="inventory") from error

    def restock(
        self, merchant_id: MerchantId, store_id: StoreId, *, note_id: CreditNoteId, lines: Sequence[CreditLine]
    ) -> None:
        """See Stock."""
        request = stock_service_pb2.RestockItemsRequest(
            merchant_id=ids.to_text("mer", merchant_id),
            store_id=ids.to_text("sto", store_id),
            attempt_id=str(note_id),
            reference=ids.to_text("crn", note_id),
            lines=[
                stock_service_pb2.RestockLine(
                    item_id=ids.to_text("item", line.sold.terms.item_id),
                    quantity=decimal_pb2.Decimal(value=f"{line.quantity:f}"),
                )
                for line in lines
                if line.sold.terms.item_id is not None
            ],
        )
        try:
            self._stub.RestockItems(request)
        except grpc.RpcError as error:
            _raise_stock_refusal(error, [line.item_id for line in request.lines])


def _item(item: item_directory_service_pb2.ItemForSale) -> ItemForSale:
    return ItemForSale(
        name=item.name,
        unit_code=item.unit_code,
        unit_price=money_from_peer(item.unit_price),
        price_includes_tax=item.price_includes_tax,
        tax_code=item.tax_code,
        hsn_code=item.hsn_code,
    )


def _raise_stock_refusal(error: grpc.RpcError, item_ids: Sequence[str]) -> NoReturn:
    """Inventory's refusal in billing's words. `item_ids`: what was asked for, in order."""
    failure = mesh.translate(error, peer="inventory")
    if isinstance(failure, PeerRefused):
        match failure.peer_reason:
            case "OUT_OF_STOCK":
                raise OutOfStock(failure.metadata.get("items", "")) from error
            case "ITEM_NOT_FOUND" | "ITEM_DELETED":
                named = failure.metadata.get("item_ids", "").split(",")
                positions = [position for position, item_id in enumerate(item_ids) if item_id in named]
                raise ItemNotFound(*(f"item_ids[{position}]" for position in positions)) from error
            case "STORE_NOT_FOUND":
                raise StoreNotFound from error
            case "ATTEMPT_CANCELLED":
                raise IssueInProgress from error
    raise failure from error
