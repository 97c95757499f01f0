"""What a test of inventory works with: the service, who calls it, and short ways to make what a test needs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from billmesh.inventory.v1 import (
    item_directory_service_pb2_grpc,
    item_pb2,
    item_service_pb2,
    item_service_pb2_grpc,
    offer_service_pb2,
    offer_service_pb2_grpc,
    product_service_pb2_grpc,
    shopping_list_pb2,
    shopping_list_service_pb2,
    shopping_list_service_pb2_grpc,
    stock_pb2,
    stock_service_pb2,
    stock_service_pb2_grpc,
)
from google.type import decimal_pb2, latlng_pb2, money_pb2

from services.inventory import catalogue
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    import grpc
    from psycopg2.extensions import connection

    from services.inventory.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.harness import Harness

SCOPES = ("items:read", "items:write", "stock:read", "stock:write")
BY_CODE = {product.code: product for product in catalogue.load()}


def new_id() -> str:
    """A fresh request or attempt id."""
    return str(uuid.uuid4())


def decimal(value: object) -> decimal_pb2.Decimal:
    """A quantity."""
    return decimal_pb2.Decimal(value=str(value))


def euros(amount: int, cents: int = 0) -> money_pb2.Money:
    """An amount of EUR."""
    return money_pb2.Money(currency_code="EUR", units=amount, nanos=cents * 10_000_000)


def rupees(amount: int) -> money_pb2.Money:
    """An amount of INR."""
    return money_pb2.Money(currency_code="INR", units=amount)


def product(code: str) -> str:
    """The id of a product of the catalogue."""
    return BY_CODE[code].text_id


@dataclass
class World:
    """A running inventory service. `merchant` sells, `account` shops; each test has its own of both."""

    harness: Harness
    deps: Deps
    clock: FixedClock
    database: connection
    merchant: UUID = field(default_factory=uuid.uuid4)
    staff: UUID = field(default_factory=uuid.uuid4)
    account: UUID = field(default_factory=uuid.uuid4)

    @property
    def merchant_id(self) -> str:
        """The merchant as other services name it."""
        return to_text("mer", self.merchant)

    def channel(self, *, merchant: UUID | None = None, scopes: tuple[str, ...] = SCOPES) -> grpc.Channel:
        """Staff of the merchant, or of another."""
        return self.harness.as_merchant(merchant or self.merchant, account=self.staff, scopes=scopes)

    @cached_property
    def products(self) -> product_service_pb2_grpc.ProductServiceStub:
        """Called by nobody in particular."""
        return product_service_pb2_grpc.ProductServiceStub(self.harness.anonymous())

    @cached_property
    def items(self) -> item_service_pb2_grpc.ItemServiceStub:
        """Called by the merchant's staff."""
        return item_service_pb2_grpc.ItemServiceStub(self.channel())

    @cached_property
    def stock(self) -> stock_service_pb2_grpc.StockServiceStub:
        """Called by the merchant's staff."""
        return stock_service_pb2_grpc.StockServiceStub(self.channel())

    @cached_property
    def sales(self) -> stock_service_pb2_grpc.StockServiceStub:
        """Called by billing."""
        return stock_service_pb2_grpc.StockServiceStub(self.harness.as_mesh("billing"))

    @cached_property
    def directory(self) -> item_directory_service_pb2_grpc.ItemDirectoryServiceStub:
        """Called by billing."""
        return item_directory_service_pb2_grpc.ItemDirectoryServiceStub(self.harness.as_mesh("billing"))

    @cached_property
    def offers(self) -> offer_service_pb2_grpc.OfferServiceStub:
        """Called by geo."""
        return offer_service_pb2_grpc.OfferServiceStub(self.harness.as_mesh("geo"))

    @cached_property
    def lists(self) -> shopping_list_service_pb2_grpc.ShoppingListServiceStub:
        """Called by the person."""
        return shopping_list_service_pb2_grpc.ShoppingListServiceStub(
            self.harness.as_person(self.account, scopes=("shopping",))
        )

    @cached_property
    def wanted(self) -> shopping_list_service_pb2_grpc.ShoppingListServiceStub:
        """Called by geo."""
        return shopping_list_service_pb2_grpc.ShoppingListServiceStub(self.harness.as_mesh("geo"))

    def store(
        self,
        latitude: float = 60.1700,
        longitude: float = 24.9400,
        *,
        merchant: UUID | None = None,
        store: UUID | None = None,
        version: int = 1,
        is_open: bool = True,
    ) -> str:
        """A store of the merchant as geo places it; its id."""
        store_id = to_text("sto", store or uuid.uuid4())
        self.offers.PlaceStore(
            offer_service_pb2.PlaceStoreRequest(
                merchant_id=to_text("mer", merchant or self.merchant),
                store_id=store_id,
                location=latlng_pb2.LatLng(latitude=latitude, longitude=longitude),
                version=version,
                open=is_open,
            )
        )
        return store_id

    def item(self, code: str = "milk-semi-1l", *, price: money_pb2.Money | None = None, **more: Any) -> item_pb2.Item:
        """An item on sale that is a product of the catalogue."""
        item = item_pb2.Item(product_id=product(code), unit_price=price or euros(1, 20), **more)
        return self.items.CreateItem(item_service_pb2.CreateItemRequest(item=item, request_id=new_id()))

    def put(self, item_id: str, store_id: str, quantity: object = 10) -> stock_pb2.Stock:
        """Brings stock in."""
        return self.stock.AdjustStock(
            stock_service_pb2.AdjustStockRequest(
                item_id=item_id,
                store_id=store_id,
                change=decimal(quantity),
                reason=stock_pb2.MOVEMENT_REASON_RECEIVED,
                request_id=new_id(),
            )
        )

    def take(
        self, store_id: str, lines: Mapping[str, object], *, attempt: str | None = None, reference: str = "bill_test"
    ) -> stock_service_pb2.TakeStockResponse:
        """Sells."""
        return self.sales.TakeStock(
            stock_service_pb2.TakeStockRequest(
                merchant_id=self.merchant_id,
                store_id=store_id,
                attempt_id=attempt or new_id(),
                reference=reference,
                lines=[
                    stock_service_pb2.TakeLine(item_id=item_id, quantity=decimal(quantity))
                    for item_id, quantity in lines.items()
                ],
            )
        )

    def give_back(self, attempt: str) -> bool:
        """Undoes a sale."""
        return self.sales.ReturnStock(
            stock_service_pb2.ReturnStockRequest(merchant_id=self.merchant_id, attempt_id=attempt)
        ).had_taken

    def restock(
        self, store_id: str, lines: Mapping[str, object], *, attempt: str | None = None, reference: str = "crn_test"
    ) -> None:
        """A customer brings back."""
        self.sales.RestockItems(
            stock_service_pb2.RestockItemsRequest(
                merchant_id=self.merchant_id,
                store_id=store_id,
                attempt_id=attempt or new_id(),
                reference=reference,
                lines=[
                    stock_service_pb2.RestockLine(item_id=item_id, quantity=decimal(quantity))
                    for item_id, quantity in lines.items()
                ],
            )
        )

    def left(self, item_id: str, store_id: str) -> str:
        """What the store has."""
        found = self.stock.ListStock(stock_service_pb2.ListStockRequest(item_id=item_id, store_id=store_id)).stock
        return found[0].quantity.value if found else "none"

    def find(
        self,
        wanted: Mapping[str, object],
        *,
        latitude: float = 60.1700,
        longitude: float = 24.9400,
        radius: float = 10_000,
        currency: str = "EUR",
        max_stores: int = 0,
    ) -> list[offer_service_pb2.StoreOffers]:
        """Offers of products by code and quantity, of this test's merchants and all others'."""
        request = offer_service_pb2.FindOffersRequest(
            origin=latlng_pb2.LatLng(latitude=latitude, longitude=longitude),
            radius_metres=radius,
            wanted=[
                offer_service_pb2.WantedProduct(product_id=product(code), quantity=decimal(quantity))
                for code, quantity in wanted.items()
            ],
            currency_code=currency,
            max_stores=max_stores,
        )
        return list(self.offers.FindOffers(request).stores)

    def new_list(self, *lines: str, name: str = "Saturday") -> shopping_list_pb2.ShoppingList:
        """A shopping list."""
        return self.lists.CreateShoppingList(
            shopping_list_service_pb2.CreateShoppingListRequest(display_name=name, lines=lines, request_id=new_id())
        )

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Looks behind the scenes."""
        with self.database.cursor() as cursor:
            cursor.execute(statement, [str(value) if isinstance(value, uuid.UUID) else value for value in values])
            return cursor.fetchall()
