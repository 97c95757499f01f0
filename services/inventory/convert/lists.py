"""Shopping lists between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import shopping_list_pb2, shopping_list_service_pb2

from services.inventory.convert.fields import decimal_to_proto, timestamp, uuid_of
from services.inventory.convert.products import product_to_proto
from services.inventory.domain.ids import AccountId, ListId, ListItemId
from services.inventory.domain.shopping_list import ListItemState
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.inventory.domain.shopping_list import ListItem, ShoppingList, WantedList

_STATES = {
    state: shopping_list_pb2.ShoppingListItemState.Value(f"SHOPPING_LIST_ITEM_STATE_{state.value}")
    for state in ListItemState
}


def list_id_from_proto(text: str, field: str = "id") -> ListId:
    """An id that begins with lst_."""
    return ListId(uuid_of("lst", text, field))


def list_item_id_from_proto(text: str) -> ListItemId:
    """An id that begins with lit_."""
    return ListItemId(uuid_of("lit", text, "item_id"))


def account_id_from_proto(text: str) -> AccountId:
    """An id that begins with acc_, of a call by another service."""
    return AccountId(uuid_of("acc", text, "account_id"))


def list_to_proto(shopping_list: ShoppingList) -> shopping_list_pb2.ShoppingList:
    """The list as its owner sees it."""
    return shopping_list_pb2.ShoppingList(
        id=to_text("lst", shopping_list.id),
        display_name=shopping_list.display_name,
        items=[_item_to_proto(item) for item in shopping_list.items],
        item_count=shopping_list.item_count,
        create_time=timestamp(shopping_list.create_time),
        update_time=timestamp(shopping_list.update_time),
    )


def wanted_to_proto(wanted: WantedList) -> shopping_list_service_pb2.GetWantedResponse:
    """The list as a trip wants it."""
    return shopping_list_service_pb2.GetWantedResponse(
        wanted=[
            shopping_list_service_pb2.WantedLine(
                product_id=to_text("prd", line.product_id),
                display_name=line.display_name,
                quantity=decimal_to_proto(line.quantity),
                unit_code=line.unit_code,
            )
            for line in wanted.wanted
        ],
        unresolved=wanted.unresolved,
    )


def _item_to_proto(item: ListItem) -> shopping_list_pb2.ShoppingListItem:
    return shopping_list_pb2.ShoppingListItem(
        id=to_text("lit", item.id),
        text=item.text,
        state=_STATES[item.state],
        product=product_to_proto(item.product) if item.product else None,
        quantity=decimal_to_proto(item.quantity),
        candidates=[
            shopping_list_pb2.Candidate(
                product=product_to_proto(candidate.product), quantity=decimal_to_proto(candidate.quantity)
            )
            for candidate in item.candidates
        ],
    )
