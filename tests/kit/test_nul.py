"""NUL characters are found wherever they hide, and nothing else is taken for one."""

from __future__ import annotations

from billmesh.inventory.v1 import item_pb2, item_service_pb2, offer_service_pb2, shopping_list_service_pb2
from google.protobuf import empty_pb2
from google.type import latlng_pb2

from services.kit.nul import fields_with_nul


def test_strings_with_a_nul_are_named() -> None:
    lines = shopping_list_service_pb2.AddItemsRequest(id="lst", lines=["milk", "bre\0ad", "\0"])
    assert list(fields_with_nul(lines)) == ["lines[1]", "lines[2]"]
    rows = item_service_pb2.BatchCreateItemsRequest(
        rows=[item_service_pb2.BatchCreateItemsRow(item=item_pb2.Item(name="a\0", sku="b"))]
    )
    assert list(fields_with_nul(rows)) == ["rows[0].item.name"]


def test_zero_bytes_of_numbers_are_none() -> None:
    place = offer_service_pb2.PlaceStoreRequest(
        store_id="sto", location=latlng_pb2.LatLng(latitude=1, longitude=2), version=256
    )
    assert b"\0" in place.SerializeToString()
    assert not list(fields_with_nul(place))
    assert not list(fields_with_nul(empty_pb2.Empty()))
