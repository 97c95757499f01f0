"""StoreService, through real interceptors and a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import grpc
import pytest
from billmesh.geo.v1 import store_pb2
from billmesh.geo.v1 import store_service_pb2 as pb
from billmesh.geo.v1.store_service_pb2_grpc import StoreServiceStub
from google.protobuf.field_mask_pb2 import FieldMask
from google.type import latlng_pb2

from services.geo.convert import wire
from tests.services.geo.conftest import refused

if TYPE_CHECKING:
    from tests.services.geo.conftest import World


def test_a_store_is_made_read_listed_and_found(world: World) -> None:
    made = world.open_store("  Mehta Stores ", category="supermarket", address="1 High Street", external_code="M1")

    assert made.id.startswith("sto_")
    assert made.merchant_id == wire.merchant_text(wire.merchant_id(made.merchant_id))
    assert (made.display_name, made.state, made.etag) == ("Mehta Stores", store_pb2.STORE_STATE_OPEN, "v1")
    stub = world.merchant_stub()
    assert stub.GetStore(pb.GetStoreRequest(id=made.id)) == made
    assert list(stub.ListStores(pb.ListStoresRequest(external_code="M1")).stores) == [made]
    (near,) = world.anyone().FindStores(_near(world)).stores
    assert (near.id, near.distance_metres, near.address) == (made.id, 0, "1 High Street")


def test_what_is_left_out_is_filled_in(world: World) -> None:
    made = world.open_store()

    assert (made.category, made.address, made.external_code) == ("shop", "", "")


def test_the_same_request_again_makes_no_second_store(world: World) -> None:
    request = pb.CreateStoreRequest(store=world.store_message(), request_id=str(uuid4()))
    stub = world.merchant_stub()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stub.CreateStore(request), range(8)))

    assert len({answer.id for answer in answers}) == 1
    assert len(stub.ListStores(pb.ListStoresRequest()).stores) == 1
    assert len(world.jobs()) == 1
    request.store.display_name = "Another"
    assert refused(lambda: stub.CreateStore(request)).reason == "REQUEST_ID_REUSED"


def test_a_batch_is_made_whole_or_not_at_all(world: World) -> None:
    stub = world.merchant_stub()
    stores = [world.store_message(f"Shop {index}", external_code=f"S{index}") for index in range(3)]
    request = pb.BatchCreateStoresRequest(stores=stores, request_id=str(uuid4()))

    made = stub.BatchCreateStores(request)

    assert [store.display_name for store in made.stores] == ["Shop 0", "Shop 1", "Shop 2"]
    assert stub.BatchCreateStores(request) == made
    broken = pb.BatchCreateStoresRequest(
        stores=[store_pb2.Store(display_name="No place"), world.store_message(""), world.store_message("Fine")],
        request_id=str(uuid4()),
    )
    assert refused(lambda: stub.BatchCreateStores(broken)).fields == ("stores[0].location", "stores[1].display_name")
    twin = pb.BatchCreateStoresRequest(
        stores=[world.store_message("New"), world.store_message("Twin", external_code="S1")], request_id=str(uuid4())
    )
    refusal = refused(lambda: stub.BatchCreateStores(twin))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "STORE_CODE_TAKEN")
    assert refusal.metadata["external_code"] == "S1"
    assert len(stub.ListStores(pb.ListStoresRequest()).stores) == 3


def test_lists_page_by_page_newest_first(world: World) -> None:
    made = [world.open_store(f"Shop {index}").id for index in range(5)]
    stub = world.merchant_stub()

    seen: list[str] = []
    token = ""
    while True:
        page = stub.ListStores(pb.ListStoresRequest(page_size=2, page_token=token))
        seen += [store.id for store in page.stores]
        token = page.next_page_token
        if not token:
            break

    assert seen == sorted(made, reverse=True)
    wrong = pb.ListStoresRequest(page_size=2, page_token="bm90IGE", state=store_pb2.STORE_STATE_OPEN)  # noqa: S106 - no secret
    assert refused(lambda: stub.ListStores(wrong)).reason == "PAGE_TOKEN_INVALID"


def test_an_update_changes_what_the_mask_names(world: World) -> None:
    made = world.open_store(address="Old Street", external_code="M1")
    stub = world.merchant_stub()

    changed = stub.UpdateStore(
        pb.UpdateStoreRequest(
            store=store_pb2.Store(id=made.id, display_name="Renamed", etag=made.etag),
            update_mask=FieldMask(paths=["display_name", "address"]),
            request_id=str(uuid4()),
        )
    )

    assert (changed.display_name, changed.address, changed.external_code) == ("Renamed", "", "M1")
    assert changed.etag == "v2"
    stale = pb.UpdateStoreRequest(
        store=store_pb2.Store(id=made.id, display_name="Again", etag=made.etag), request_id=str(uuid4())
    )
    refusal = refused(lambda: stub.UpdateStore(stale))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ABORTED, "STORE_CHANGED")
    assert refusal.metadata["etag"] == "v2"
    stale.store.etag = ""
    assert stub.UpdateStore(stale).address == ""


@pytest.mark.parametrize(
    ("paths", "field"),
    [(["merchant_id"], "update_mask"), (["display_name"], "store.display_name"), (["*"], "store.location")],
)
def test_an_update_cannot_empty_what_must_be_there(world: World, paths: list[str], field: str) -> None:
    made = world.open_store()
    request = pb.UpdateStoreRequest(
        store=store_pb2.Store(id=made.id), update_mask=FieldMask(paths=paths), request_id=str(uuid4())
    )

    assert field in refused(lambda: world.merchant_stub().UpdateStore(request)).fields


def test_a_deleted_store_is_gone_everywhere(world: World) -> None:
    made = world.open_store(external_code="M1")
    stub = world.merchant_stub()

    stub.DeleteStore(pb.DeleteStoreRequest(id=made.id, etag=made.etag))

    assert refused(lambda: stub.GetStore(pb.GetStoreRequest(id=made.id))).reason == "STORE_NOT_FOUND"
    assert refused(lambda: stub.DeleteStore(pb.DeleteStoreRequest(id=made.id))).reason == "STORE_NOT_FOUND"
    assert not stub.ListStores(pb.ListStoresRequest()).stores
    assert not world.anyone().FindStores(_near(world)).stores
    # Its code is free again.
    world.open_store(external_code="M1")


def test_another_merchants_store_looks_as_if_it_were_not_there(world: World) -> None:
    made = world.open_store()
    foreign = world.merchant_stub(uuid4())
    absent = pb.GetStoreRequest(id=made.id[:-4] + "0000")

    assert refused(lambda: foreign.GetStore(pb.GetStoreRequest(id=made.id))) == refused(
        lambda: foreign.GetStore(absent)
    )
    update = pb.UpdateStoreRequest(store=store_pb2.Store(id=made.id, address="x"), request_id=str(uuid4()))
    assert refused(lambda: foreign.UpdateStore(update)).reason == "STORE_NOT_FOUND"
    assert refused(lambda: foreign.DeleteStore(pb.DeleteStoreRequest(id=made.id))).reason == "STORE_NOT_FOUND"
    assert not foreign.ListStores(pb.ListStoresRequest()).stores


def test_inventory_learns_of_every_change(world: World) -> None:
    made = world.open_store()
    store_id = wire.store_id(made.id)
    assert world.work() == 1
    assert world.inventory.placed[store_id][1:] == (1, True)
    stub = world.merchant_stub()
    moved = world.at(north=100)
    stub.UpdateStore(
        pb.UpdateStoreRequest(
            store=store_pb2.Store(id=made.id, location=wire.point_message(moved), state=store_pb2.STORE_STATE_CLOSED),
            request_id=str(uuid4()),
        )
    )
    assert world.work() == 1
    location, version, is_open = world.inventory.placed[store_id]
    assert location.distance_metres(moved) < 0.1
    assert (version, is_open) == (2, False)
    # Nothing changes: nothing is told.
    stub.UpdateStore(
        pb.UpdateStoreRequest(
            store=store_pb2.Store(id=made.id, state=store_pb2.STORE_STATE_CLOSED), request_id=str(uuid4())
        )
    )
    assert world.work() == 0
    stub.DeleteStore(pb.DeleteStoreRequest(id=made.id))
    assert world.work() == 1
    assert world.inventory.placed[store_id][1:] == (3, False)


def test_stores_are_found_nearest_first_page_by_page(world: World) -> None:
    distances = (900, 100, 5000, 300, 300, 12_000)
    made = {world.open_store(f"At {metres}", location=world.at(east=metres)).id: metres for metres in distances}
    request = _near(world, page_size=2)

    seen: list[store_pb2.NearbyStore] = []
    while True:
        page = world.anyone().FindStores(request)
        seen += page.stores
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break

    assert [made[store.id] for store in seen] == [100, 300, 300, 900, 5000]
    assert all(abs(store.distance_metres - made[store.id]) <= 5 for store in seen)
    assert len(world.anyone().FindStores(_near(world, radius_metres=20_000)).stores) == 6
    assert len(world.anyone().FindStores(_near(world, radius_metres=99)).stores) == 0


def test_found_by_name_and_category_and_only_when_open(world: World) -> None:
    world.open_store("K-Market Central 100%", category="convenience")
    world.open_store("Apteekki", category="pharmacy")
    world.open_store("K-Market closed", state=store_pb2.STORE_STATE_CLOSED)

    def names(**filters: str) -> list[str]:
        return [store.display_name for store in world.anyone().FindStores(_near(world, **filters)).stores]

    assert names(name="k-market") == ["K-Market Central 100%"]
    assert names(name="0%") == ["K-Market Central 100%"]
    assert names(name="%") == ["K-Market Central 100%"]
    assert names(category="pharmacy") == ["Apteekki"]


def test_people_may_look_for_stores_too(world: World) -> None:
    world.open_store()
    stub = type(world.anyone())(world.harness.as_person(uuid4(), scopes=["shopping"]))

    assert len(stub.FindStores(_near(world)).stores) == 1


@pytest.mark.parametrize(
    ("store", "field"),
    [
        (store_pb2.Store(display_name="x"), "store.location"),
        (store_pb2.Store(location=latlng_pb2.LatLng(latitude=1)), "store.display_name"),
        (store_pb2.Store(display_name=" ", location=latlng_pb2.LatLng(latitude=1)), "store.display_name"),
        (store_pb2.Store(display_name="x" * 121, location=latlng_pb2.LatLng(latitude=1)), "store.display_name"),
        (store_pb2.Store(display_name="x", location=latlng_pb2.LatLng(latitude=91)), "store.location"),
        (store_pb2.Store(display_name="x", location=latlng_pb2.LatLng()), "store.location"),
        (store_pb2.Store(display_name="x", location=latlng_pb2.LatLng(latitude=float("nan"))), "store.location"),
        (store_pb2.Store(display_name="x", category="Super Market"), "store.category"),
        (store_pb2.Store(display_name="x", state=7), "store.state"),  # type: ignore[arg-type] # on purpose
    ],
)
def test_a_broken_store_is_refused_with_the_field_named(world: World, store: store_pb2.Store, field: str) -> None:
    request = pb.CreateStoreRequest(store=store, request_id=str(uuid4()))

    refusal = refused(lambda: world.merchant_stub().CreateStore(request))

    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert field in refusal.fields
    assert not world.jobs()


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.FindStoresRequest(latitude=91), "latitude"),
        (pb.FindStoresRequest(longitude=float("nan")), "longitude"),
        (pb.FindStoresRequest(radius_metres=-1), "radius_metres"),
        (pb.FindStoresRequest(radius_metres=50_001), "radius_metres"),
        (pb.FindStoresRequest(page_size=-1), "page_size"),
    ],
)
def test_a_broken_search_is_refused_with_the_field_named(
    world: World, request_: pb.FindStoresRequest, field: str
) -> None:
    assert refused(lambda: world.anyone().FindStores(request_)).fields == (field,)


def test_only_staff_with_the_scope_may_change_stores(world: World) -> None:
    request = pb.CreateStoreRequest(store=world.store_message(), request_id=str(uuid4()))

    assert refused(lambda: world.anyone().CreateStore(request)).reason == "TOKEN_MISSING"
    assert refused(lambda: world.merchant_stub(scopes="stores:read").CreateStore(request)).reason == "SCOPE_MISSING"
    person = type(world.anyone())(world.harness.as_person(uuid4(), scopes=["stores:write"]))
    assert refused(lambda: person.CreateStore(request)).reason == "WRONG_AUDIENCE"


def _near(world: World, **more: object) -> pb.FindStoresRequest:
    return pb.FindStoresRequest(latitude=world.centre.latitude, longitude=world.centre.longitude, **more)  # type: ignore[arg-type] # each test names fields of the request


def test_a_test_tenants_store_is_its_own_alone(world: World) -> None:
    channel = world.harness.as_merchant(world.merchant, scopes=["stores:read", "stores:write"], test_mode=True)
    stub = StoreServiceStub(channel)
    made = stub.CreateStore(pb.CreateStoreRequest(store=world.store_message("Rehearsal"), request_id=str(uuid4())))

    assert [store.id for store in stub.ListStores(pb.ListStoresRequest()).stores] == [made.id]
    assert list(world.anyone().FindStores(_near(world)).stores) == []
    assert world.work() == 1
    ((_, _, is_open),) = world.inventory.placed.values()
    assert is_open is False
    stub.UpdateStore(
        pb.UpdateStoreRequest(store=store_pb2.Store(id=made.id, display_name="Again"), request_id=str(uuid4()))
    )
    assert list(world.anyone().FindStores(_near(world)).stores) == []
