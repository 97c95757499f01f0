"""Who may call what: every method, with the wrong token and with none."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2
from google.protobuf import message_factory

from services.billing.composition import servicers
from services.kit import access
from services.kit.context import Audience
from tests.services.billing.world import SCOPES, refused

if TYPE_CHECKING:
    from tests.services.billing.world import World


def _call(channel: grpc.Channel, service: str, method: object) -> object:
    request = message_factory.GetMessageClass(method.input_type)  # type: ignore[attr-defined] # a method descriptor
    answer = message_factory.GetMessageClass(method.output_type)  # type: ignore[attr-defined]
    call = channel.unary_unary(
        f"/{service}/{method.name}",  # type: ignore[attr-defined]
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString,
    )
    return call(request())


def test_every_method_refuses_who_may_not(world: World) -> None:
    descriptors = [servicer.descriptor for servicer in servicers(world.deps)]
    table = access.read(descriptors)
    for descriptor in descriptors:
        for method in descriptor.methods:
            who = table[f"/{descriptor.full_name}/{method.name}"]

            def reason(channel: grpc.Channel) -> str:
                return refused(lambda: _call(channel, descriptor.full_name, method)).reason  # noqa: B023 - called at once

            if who.audience in {Audience.MERCHANT, Audience.PERSON}:
                assert reason(world.harness.anonymous()) == "TOKEN_MISSING"
                assert reason(world.harness.with_token("nonsense")) == "TOKEN_INVALID"
                assert reason(world.harness.as_mesh("auth")) == "CALLER_NOT_ALLOWED"
            if who.audience is Audience.MERCHANT:
                assert reason(world.harness.as_person(uuid.uuid4(), scopes=SCOPES)) == "WRONG_AUDIENCE"
                assert reason(world.harness.as_merchant(world.merchant, scopes=["bills:own"])) == "SCOPE_MISSING"
            if who.audience is Audience.PERSON:
                assert reason(world.harness.as_merchant(world.merchant, scopes=["bills:own"])) == "WRONG_AUDIENCE"
                assert reason(world.harness.as_person(uuid.uuid4(), scopes=["profile"])) == "SCOPE_MISSING"
            if who.audience is Audience.MESH:
                assert reason(world.harness.anonymous()) == "CALLER_NOT_ALLOWED"
                assert reason(world.harness.as_mesh("geo")) == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize("prefix", ["bil", "cus"])
def test_malformed_ids_are_named(world: World, prefix: str) -> None:
    for text in ("", f"{prefix}_x", "bill_" + "8" * 26, "bill_" + "0" * 25):
        answer = refused(lambda: world.bills.GetBill(bill_service_pb2.GetBillRequest(id=text)))  # noqa: B023 - called at once
        assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ("id",))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (bill_service_pb2.ListBillsRequest(states=[99]), "states[0]"),  # type: ignore[list-item] # as an old client may
        (bill_service_pb2.ListBillsRequest(states=[1, 0]), "states[1]"),  # type: ignore[list-item]
        (bill_service_pb2.ListBillsRequest(page_size=-1), "page_size"),
        (bill_service_pb2.ListBillsRequest(customer_id="cus_1"), "customer_id"),
        (bill_service_pb2.ListBillsRequest(number="INV 1"), "number"),
    ],
)
def test_broken_filters_are_named(world: World, request_: bill_service_pb2.ListBillsRequest, field: str) -> None:
    answer = refused(lambda: world.bills.ListBills(request_))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (field,))
