"""Who may call what, method by method."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import grpc
import pytest
from billmesh.options.v1 import access_pb2
from google.protobuf import message_factory

from services.inventory.composition import servicers
from tests.harness import refusal
from tests.services.inventory.world import SCOPES

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor

    from tests.services.inventory.world import World


def call(channel: grpc.Channel, method: MethodDescriptor) -> str:
    """The reason with which an empty request is refused; empty when it is not."""
    assert method.containing_service is not None
    invoke = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    try:
        invoke(message_factory.GetMessageClass(method.input_type)())
    except grpc.RpcError as error:
        return refusal(error).reason
    return ""


def audience(method: MethodDescriptor) -> access_pb2.Audience.ValueType:
    return method.GetOptions().Extensions[access_pb2.access].audience


@pytest.fixture
def methods(world: World) -> list[MethodDescriptor]:
    return [method for servicer in servicers(world.deps) for method in servicer.descriptor.methods]


def test_nobody_calls_what_is_not_public(world: World, methods: list[MethodDescriptor]) -> None:
    for method in methods:
        reason = call(world.harness.anonymous(), method)
        match audience(method):
            case access_pb2.AUDIENCE_PUBLIC:
                assert reason in {"", "INVALID_REQUEST"}, method.full_name
            case access_pb2.AUDIENCE_MESH:
                assert reason in {"TOKEN_MISSING", "CALLER_NOT_ALLOWED"}, method.full_name
            case _:
                assert reason == "TOKEN_MISSING", method.full_name


def test_people_and_merchants_keep_to_their_own(world: World, methods: list[MethodDescriptor]) -> None:
    person = world.harness.as_person(uuid.uuid4(), scopes=("shopping", *SCOPES))
    merchant = world.harness.as_merchant(uuid.uuid4(), account=uuid.uuid4(), scopes=("shopping", *SCOPES))
    for method in methods:
        if audience(method) is not access_pb2.AUDIENCE_PUBLIC:
            allowed = person if audience(method) == access_pb2.AUDIENCE_PERSON else merchant
            for channel in (person, merchant):
                reason = call(channel, method)
                if audience(method) == access_pb2.AUDIENCE_MESH:
                    assert reason == "CALLER_NOT_ALLOWED", method.full_name
                else:
                    assert (reason == "WRONG_AUDIENCE") is (channel is not allowed), method.full_name


def test_every_scope_is_needed(world: World, methods: list[MethodDescriptor]) -> None:
    bare = {
        access_pb2.AUDIENCE_PERSON: world.harness.as_person(uuid.uuid4(), scopes=("profile",)),
        access_pb2.AUDIENCE_MERCHANT: world.harness.as_merchant(uuid.uuid4(), scopes=("bills:read",)),
    }
    for method in methods:
        if channel := bare.get(audience(method)):
            assert call(channel, method) == "SCOPE_MISSING", method.full_name


def test_services_call_only_what_names_them(world: World, methods: list[MethodDescriptor]) -> None:
    for method in methods:
        callers = method.GetOptions().Extensions[access_pb2.access].mesh_callers
        for service in ("auth", "billing", "geo", "notification"):
            refused = call(world.harness.as_mesh(service), method) == "CALLER_NOT_ALLOWED"
            assert refused is (service not in callers), (method.full_name, service)
