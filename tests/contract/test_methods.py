"""Rules of the contract that buf does not know."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from billmesh.options.v1 import access_pb2
from google.protobuf import descriptor_pb2

from services.auth.domain.roles import MERCHANT_SCOPES, PERSON_SCOPES
from services.kit import provision
from tests.contract.conftest import METHODS
from tools import contract

if TYPE_CHECKING:
    from tools.contract import Method

EDGE_AUDIENCES = (access_pb2.AUDIENCE_PUBLIC, access_pb2.AUDIENCE_PERSON, access_pb2.AUDIENCE_MERCHANT)
# Verbs that make something or move money or goods: repeated, they would do it twice.
NOT_REPEATABLE = re.compile(
    r"(Create|BatchCreate|Add|Record|Issue|Void|Claim|Verify|Reject|Refund|Invite|Adjust|Set|Import)[A-Z]"
)
# RFC 6749 knows no request ids; a code or a refresh token works once.
WITHOUT_REQUEST_ID = {"/billmesh.auth.v1.OAuthService/IssueToken"}
# OAuth 2.0 sends browsers there by GET. It only keeps what was asked for; again, it keeps it twice.
GET_WITH_EFFECTS = {"/billmesh.auth.v1.OAuthService/Authorize"}
# What is listed whole, and why it cannot be long.
LISTED_WHOLE = {
    "/billmesh.auth.v1.AuthenticatorService/ListAuthenticators": "an account has at most five",
    "/billmesh.auth.v1.PasskeyService/ListPasskeys": "an account has at most twenty",
    "/billmesh.auth.v1.MemberService/ListInvitations": "the newest fifty",
    "/billmesh.geo.v1.TripService/ListMatches": "the stores around one point, ranked",
}
SET = contract.load()
FILES = [file for file in SET.file if file.package.startswith("billmesh.")]


def each(methods: list[Method]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("method", methods, ids=lambda method: method.path.removeprefix("/billmesh."))


def test_every_service_is_there() -> None:
    assert {method.owner for method in METHODS} == set(provision.SERVICES)


@each(list(METHODS))
def test_the_access_is_complete(method: Method) -> None:
    access = method.access
    assert access.audience in {*EDGE_AUDIENCES, access_pb2.AUDIENCE_MESH}
    allowed = {
        access_pb2.AUDIENCE_PERSON: PERSON_SCOPES,
        access_pb2.AUDIENCE_MERCHANT: MERCHANT_SCOPES,
    }.get(access.audience, frozenset())
    assert set(access.scopes) <= allowed
    assert bool(access.scopes) == bool(allowed), "scopes are for tokens, and every token needs one"
    assert len(set(access.scopes)) == len(access.scopes)
    assert set(access.mesh_callers) <= set(provision.SERVICES)
    assert access.audience != access_pb2.AUDIENCE_MESH or access.mesh_callers, "nobody could call it"
    assert access.min_assurance == access_pb2.ASSURANCE_UNSPECIFIED or allowed
    if access.max_auth_age_seconds:
        assert allowed, "nobody has signed in"
        longest = 300 if access.min_assurance == access_pb2.ASSURANCE_RECENT_TWO_FACTORS else 30 * 24 * 3600
        assert 30 <= access.max_auth_age_seconds < longest, "below what the assurance allows, and to be met by a person"


@each(list(METHODS))
def test_what_the_edge_opens_has_a_route_and_nothing_else(method: Method) -> None:
    assert bool(method.bindings) != method.is_mesh_only


@each([method for method in METHODS if method.bindings])
def test_verbs_mean_what_they_say(method: Method) -> None:
    for binding in method.bindings:
        if binding.verb in {"GET", "DELETE"}:
            assert not binding.body
        if binding.verb == "GET":
            assert method.reads or method.path in GET_WITH_EFFECTS, "a GET has no effects, and is marked so"
        if binding.verb in {"PATCH", "PUT"}:
            assert binding.body
        assert re.match(r"(/v1/|/oauth2/|/\.well-known/|/b/|/c/)", binding.template), (
            "the tree of public paths is small"
        )


@each([method for method in METHODS if not method.reads and NOT_REPEATABLE.match(method.name)])
def test_what_must_not_happen_twice_takes_a_request_id(method: Method) -> None:
    assert method.takes_request_id or method.idempotent or method.path in WITHOUT_REQUEST_ID


@each([method for method in METHODS if not method.reads and method.is_mesh_only])
def test_the_mesh_may_repeat_every_call(method: Method) -> None:
    assert method.is_repeatable, "a service that was killed is called again; say how that is safe"


@each([method for method in METHODS if method.name.startswith("List") and method.path not in LISTED_WHOLE])
def test_lists_are_paged(method: Method) -> None:
    assert {"page_size", "page_token"} <= fields_of(method.request)
    assert "next_page_token" in fields_of(method.response)


def test_exceptions_are_still_there() -> None:
    assert LISTED_WHOLE.keys() | WITHOUT_REQUEST_ID | GET_WITH_EFFECTS <= {method.path for method in METHODS}


def test_no_two_methods_share_a_route() -> None:
    routes = Counter(
        (binding.verb, re.sub(r"\{[^}]*\}", "{}", binding.template))
        for method in METHODS
        for binding in method.bindings
    )
    assert [route for route, count in routes.items() if count > 1] == []


def test_no_route_shadows_another() -> None:
    """A variable takes whatever stands in its segment, also another route's word."""
    routes = [(b.verb, b.template, m.path) for m in METHODS for b in m.bindings]
    ambiguous = [
        (first, second)
        for first, second in combinations(routes, 2)
        if first[0] == second[0] and _overlap(first[1], second[1])
    ]
    assert ambiguous == []


def _overlap(first: str, second: str) -> bool:
    """Whether some path fits both. A variable does not reach over a slash or the colon of a verb."""
    one, two = (re.split(r"[/:]", re.sub(r"\{[^}]*\}", "{}", template)) for template in (first, second))
    if len(one) != len(two) or first.count(":") != second.count(":"):
        return False
    return all(a == b or "{}" in (a, b) for a, b in zip(one, two, strict=True))


def test_reasons_are_short_enough() -> None:
    """google.rpc.ErrorInfo: at most 63 characters, upper case."""
    for file in FILES:
        for enum in file.enum_type:
            if enum.name == "ErrorReason":
                for value in enum.value:
                    reason = value.name.removeprefix("ERROR_REASON_")
                    assert re.fullmatch(r"[A-Z][A-Z0-9_]{1,61}[A-Z0-9]", reason), value.name


def test_no_untyped_data_is_public() -> None:
    untyped = {".google.protobuf.Any", ".google.protobuf.Struct", ".google.protobuf.Value"}
    found = [
        f"{file.package}.{message.name}.{field.name}"
        for file in FILES
        for message in file.message_type
        for field in message.field
        if field.type_name in untyped
    ]
    assert found == []


def test_no_float_is_money() -> None:
    real = {descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE, descriptor_pb2.FieldDescriptorProto.TYPE_FLOAT}
    names = re.compile(r"price|amount|total|tax|rate|discount|balance|outstanding|settled|cost")
    found = [
        f"{file.package}.{message.name}.{field.name}"
        for file in FILES
        for message in file.message_type
        for field in message.field
        if field.type in real and names.search(field.name)
    ]
    assert found == []


def test_envoy_can_print_every_error() -> None:
    """It turns details into JSON by the descriptor set alone."""
    assert {"google/rpc/error_details.proto", "google/rpc/status.proto"} <= {file.name for file in SET.file}


def fields_of(name: str) -> set[str]:
    return {
        field.name
        for file in SET.file
        for message in file.message_type
        if f"{file.package}.{message.name}" == name
        for field in message.field
    }
