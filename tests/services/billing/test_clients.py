"""What billing says to its peers over gRPC, and what it makes of their refusals."""

from __future__ import annotations

import uuid
from concurrent import futures
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import protovalidate
import pytest
from billmesh.auth.v1 import merchant_directory_service_pb2 as auth_pb
from billmesh.auth.v1 import merchant_directory_service_pb2_grpc as auth_grpc
from billmesh.auth.v1 import merchant_pb2
from billmesh.inventory.v1 import (
    item_directory_service_pb2,
    item_directory_service_pb2_grpc,
    stock_service_pb2,
    stock_service_pb2_grpc,
)
from google.rpc import error_details_pb2, status_pb2
from google.type import decimal_pb2
from grpc_status import rpc_status

from services.billing.clients import MeshItemDirectory, MeshMerchantDirectory, MeshStock
from services.billing.domain.bill import BillLine
from services.billing.domain.credit_note import CreditLine
from services.billing.domain.errors import IssueInProgress, ItemNotFound, OutOfStock, StoreNotFound
from services.billing.domain.ids import (
    AttemptId,
    BillId,
    CreditNoteId,
    ItemId,
    MerchantId,
    StoreId,
)
from services.kit.errors import PeerRefused, PeerUnavailable
from services.kit.ids import to_text
from services.kit.money import Money
from tests.services.billing.domain import makers
from tests.services.billing.world import rupees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

_MERCHANT = MerchantId(uuid.UUID(int=1))
_STORE = StoreId(uuid.UUID(int=2))
_RICE, _SALT = ItemId(uuid.UUID(int=3)), ItemId(uuid.UUID(int=4))
_ATTEMPT = AttemptId(uuid.UUID(int=5))
_BILL = BillId(uuid.UUID(int=6))


class Peers(
    auth_grpc.MerchantDirectoryServiceServicer,
    item_directory_service_pb2_grpc.ItemDirectoryServiceServicer,
    stock_service_pb2_grpc.StockServiceServicer,
):
    """Keeps what it is asked, and answers what the test says."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()
        self.asked: list[Any] = []
        self.answer: Message | None = None
        self.refusal: tuple[grpc.StatusCode, str, dict[str, str]] | None = None

    def _reply(self, request: Message, context: grpc.ServicerContext, default: Message) -> Any:
        # What the peer's own validation would refuse is a fault of ours.
        assert not self._validator.collect_violations(request)
        self.asked.append(request)
        if self.refusal is not None:
            code, reason, metadata = self.refusal
            status = status_pb2.Status(code=code.value[0], message="No.")
            if reason:
                info = error_details_pb2.ErrorInfo(reason=reason, domain="peer.billmesh.example", metadata=metadata)
                status.details.add().Pack(info)
            context.abort_with_status(rpc_status.to_status(status))
        return self.answer or default

    def GetMerchantProfile(self, request: Any, context: Any) -> Any:
        return self._reply(request, context, auth_pb.MerchantProfile())

    def GetItemsForSale(self, request: Any, context: Any) -> Any:
        return self._reply(request, context, item_directory_service_pb2.GetItemsForSaleResponse())

    def TakeStock(self, request: Any, context: Any) -> Any:
        return self._reply(request, context, stock_service_pb2.TakeStockResponse())

    def ReturnStock(self, request: Any, context: Any) -> Any:
        return self._reply(request, context, stock_service_pb2.ReturnStockResponse())

    def RestockItems(self, request: Any, context: Any) -> Any:
        return self._reply(request, context, stock_service_pb2.RestockItemsResponse())


@pytest.fixture
def peers() -> Peers:
    return Peers()  # type: ignore[abstract] # the methods that are missing are not called


@pytest.fixture
def channel(peers: Peers) -> Iterator[grpc.Channel]:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    auth_grpc.add_MerchantDirectoryServiceServicer_to_server(peers, server)
    item_directory_service_pb2_grpc.add_ItemDirectoryServiceServicer_to_server(peers, server)
    stock_service_pb2_grpc.add_StockServiceServicer_to_server(peers, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened
    server.stop(None)


def test_a_profile(peers: Peers, channel: grpc.Channel) -> None:
    peers.answer = auth_pb.MerchantProfile(
        display_name="Asha Stores",
        country_code="IN",
        time_zone="Asia/Kolkata",
        address=merchant_pb2.PostalAddress(
            lines=["12 MG Road"], locality="Bengaluru", administrative_area="Karnataka", postal_code="560001"
        ),
    )
    profile = MeshMerchantDirectory(channel).profile(_MERCHANT)
    assert peers.asked[0].merchant_id == to_text("mer", _MERCHANT)
    assert profile.address == "12 MG Road\nBengaluru 560001\nKarnataka"
    peers.refusal = (grpc.StatusCode.NOT_FOUND, "MERCHANT_NOT_FOUND", {})
    with pytest.raises(PeerRefused):
        MeshMerchantDirectory(channel).profile(_MERCHANT)


def test_items_for_sale(peers: Peers, channel: grpc.Channel) -> None:
    peers.answer = item_directory_service_pb2.GetItemsForSaleResponse(
        items=[
            item_directory_service_pb2.ItemForSale(
                item_id=to_text("item", _RICE),
                name="Rice",
                unit_code="KGM",
                unit_price=rupees(80, 50),
                price_includes_tax=True,
                tax_code="GST5",
                hsn_code="1006",
            )
        ]
    )
    items = MeshItemDirectory(channel).items_for_sale(_MERCHANT, _STORE, [_RICE])
    assert items[_RICE].unit_price == Money(8050, "INR")
    assert (peers.asked[0].store_id, list(peers.asked[0].item_ids)) == (
        to_text("sto", _STORE),
        [to_text("item", _RICE)],
    )


@pytest.mark.parametrize("reason", ["ITEM_NOT_FOUND", "ITEM_DELETED"])
def test_strange_items_are_named_by_position(peers: Peers, channel: grpc.Channel, reason: str) -> None:
    peers.refusal = (grpc.StatusCode.NOT_FOUND, reason, {"item_ids": to_text("item", _SALT)})
    with pytest.raises(ItemNotFound) as refused:
        MeshItemDirectory(channel).items_for_sale(_MERCHANT, _STORE, [_RICE, _SALT])
    assert [violation.field for violation in refused.value.fields] == ["item_ids[1]"]


def test_lines_of_one_item_are_taken_together(peers: Peers, channel: grpc.Channel) -> None:
    lines = [
        makers.terms(quantity=Decimal("1.5"), item_id=_RICE),
        makers.terms(quantity=Decimal(1), item_id=_SALT),
        makers.terms(quantity=Decimal("0.25"), item_id=_RICE),
        makers.terms(),
    ]
    MeshStock(channel).take(_MERCHANT, _STORE, attempt=_ATTEMPT, bill_id=_BILL, lines=lines)
    (request,) = peers.asked
    assert (request.attempt_id, request.reference) == (str(_ATTEMPT), to_text("bill", _BILL))
    assert [(line.item_id, line.quantity) for line in request.lines] == [
        (to_text("item", _RICE), decimal_pb2.Decimal(value="1.75")),
        (to_text("item", _SALT), decimal_pb2.Decimal(value="1")),
    ]
    MeshStock(channel).give_back(_MERCHANT, attempt=_ATTEMPT)
    assert peers.asked[1].attempt_id == str(_ATTEMPT)


def test_what_a_credit_note_brings_back(peers: Peers, channel: grpc.Channel) -> None:
    note = CreditNoteId(uuid.UUID(int=7))
    sold = (makers.terms(item_id=_RICE), makers.terms(), makers.terms(item_id=_SALT))
    zero = Money.zero("INR")
    lines = [
        CreditLine(number, Decimal("0.5"), BillLine(terms, zero, ())) for number, terms in enumerate(sold, start=1)
    ]
    MeshStock(channel).restock(_MERCHANT, _STORE, note_id=note, lines=lines)
    (request,) = peers.asked
    assert (request.attempt_id, request.reference) == (str(note), to_text("crn", note))
    assert [(line.item_id, line.quantity.value) for line in request.lines] == [
        (to_text("item", _RICE), "0.5"),
        (to_text("item", _SALT), "0.5"),
    ]
    peers.refusal = (grpc.StatusCode.UNAVAILABLE, "", {})
    with pytest.raises(PeerUnavailable):
        MeshStock(channel).restock(_MERCHANT, _STORE, note_id=note, lines=lines)


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ((grpc.StatusCode.FAILED_PRECONDITION, "OUT_OF_STOCK", {"items": "item_x=1"}), OutOfStock),
        ((grpc.StatusCode.FAILED_PRECONDITION, "ATTEMPT_CANCELLED", {}), IssueInProgress),
        ((grpc.StatusCode.NOT_FOUND, "STORE_NOT_FOUND", {}), StoreNotFound),
        ((grpc.StatusCode.INVALID_ARGUMENT, "ATTEMPT_REUSED", {}), PeerRefused),
        ((grpc.StatusCode.UNAVAILABLE, "", {}), PeerUnavailable),
        ((grpc.StatusCode.INTERNAL, "INTERNAL", {}), PeerUnavailable),
    ],
)
def test_refusals_of_the_stock(
    peers: Peers,
    channel: grpc.Channel,
    refusal: tuple[grpc.StatusCode, str, dict[str, str]],
    expected: type[Exception],
) -> None:
    peers.refusal = refusal
    with pytest.raises(expected) as refused:
        MeshStock(channel).take(_MERCHANT, _STORE, attempt=_ATTEMPT, bill_id=_BILL, lines=[makers.terms(item_id=_RICE)])
    if expected is OutOfStock:
        assert refused.value.metadata == {"items": "item_x=1"}  # type: ignore[attr-defined] # a Failure
