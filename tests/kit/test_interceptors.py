"""Who gets through, in which order things are decided, and what a refused caller learns."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import pytest
from billmesh.inventory.v1 import stock_pb2, stock_service_pb2, stock_service_pb2_grpc
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from services.kit import context, ids
from services.kit.failure import Failure, Kind
from services.kit.server import Servicer
from tests.harness import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.kit.config import Settings
    from tests.conftest import StartService
    from tests.fakes.clock import FixedClock
    from tests.harness import Harness

_SCOPES = ["stock:read", "stock:write"]


class _Refusing(Failure):
    kind = Kind.PRECONDITION
    reason = "OUT_OF_STOCK"


class Handler:
    """Notes who called, or fails as told; the methods that no test calls are absent."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def __init__(self) -> None:
        self.caller: context.Caller | None = None
        self.remaining: float | None = None
        self.error: Exception | None = None

    def ListStock(self, request: Any, context_: Any) -> Any:
        self.caller, self.remaining = context.caller(), context.remaining()
        if self.error:
            raise self.error
        return stock_service_pb2.ListStockResponse()

    def AdjustStock(self, request: Any, context_: Any) -> Any:
        return stock_pb2.Stock(item_id=request.request_id)

    def ReturnStock(self, request: Any, context_: Any) -> Any:
        self.caller = context.caller()
        return stock_service_pb2.ReturnStockResponse()


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def harness(start_service: StartService, kit_settings: Settings, clock: FixedClock, handler: Handler) -> Harness:
    servicer = Servicer(
        stock_service_pb2.DESCRIPTOR.services_by_name["StockService"],
        stock_service_pb2_grpc.add_StockServiceServicer_to_server,
        handler,
    )
    settings = kit_settings.model_copy(update={"listen": "127.0.0.1:0"})
    return start_service("auth", settings, [servicer], clock)


def list_stock(channel: grpc.Channel, **fields: object) -> stock_service_pb2.ListStockResponse:
    stub = stock_service_pb2_grpc.StockServiceStub(channel)
    return stub.ListStock(stock_service_pb2.ListStockRequest(**fields))  # type: ignore[arg-type]


def refused(call: Callable[[], object]) -> Refusal:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value)


def test_the_token_says_who_calls(harness: Harness, handler: Handler) -> None:
    merchant, account = uuid4(), uuid4()
    list_stock(harness.as_merchant(merchant, account=account, scopes=_SCOPES))
    assert handler.caller is not None
    assert (handler.caller.merchant, handler.caller.account) == (merchant, account)
    assert handler.caller.scopes == {"stock:read", "stock:write"}


def test_calls_without_rights_are_refused_each_for_its_reason(harness: Harness, handler: Handler) -> None:
    merchant = uuid4()
    cases = {
        ("UNAUTHENTICATED", "TOKEN_MISSING"): harness.anonymous(),
        ("UNAUTHENTICATED", "TOKEN_INVALID"): harness.with_token("not.a.token"),
        ("PERMISSION_DENIED", "WRONG_AUDIENCE"): harness.as_person(uuid4(), scopes=_SCOPES),
        ("PERMISSION_DENIED", "SCOPE_MISSING"): harness.as_merchant(merchant, scopes=["stock:write"]),
        ("PERMISSION_DENIED", "CALLER_NOT_ALLOWED"): harness.as_mesh("billing"),
        ("UNAUTHENTICATED", "CALLER_NOT_ALLOWED"): harness.as_peer("billing"),
    }
    for (code, reason), channel in cases.items():
        # The request is invalid, too; a caller without rights must not learn that.
        answer = refused(lambda channel=channel: list_stock(channel, page_size=-1))  # type: ignore[misc]
        assert (answer.code.name, answer.reason, answer.fields) == (code, reason, ())
    assert handler.caller is None


def test_a_mesh_method_is_for_the_services_it_names(harness: Harness, handler: Handler) -> None:
    request = stock_service_pb2.ReturnStockRequest(merchant_id=ids.to_text("mer", uuid4()), attempt_id=str(uuid4()))

    def call(channel: grpc.Channel) -> object:
        return stock_service_pb2_grpc.StockServiceStub(channel).ReturnStock(request)

    call(harness.as_mesh("billing"))
    assert handler.caller is not None
    assert handler.caller.mesh_service == "billing"
    for channel in (
        harness.as_mesh("geo"),
        harness.anonymous(),
        harness.as_merchant(uuid4(), scopes=_SCOPES),
        harness.as_peer("billing"),
    ):
        assert refused(lambda channel=channel: call(channel)).reason == "CALLER_NOT_ALLOWED"  # type: ignore[misc]


def test_every_broken_field_is_named(harness: Harness) -> None:
    channel = harness.as_merchant(uuid4(), scopes=_SCOPES)
    answer = refused(lambda: list_stock(channel, page_size=-1, store_id="nonsense"))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert set(answer.fields) == {"page_size", "store_id"}


def test_the_idempotency_key_header_is_the_request_id(harness: Harness) -> None:
    stub = stock_service_pb2_grpc.StockServiceStub(harness.as_merchant(uuid4(), scopes=_SCOPES))
    request = stock_service_pb2.AdjustStockRequest(
        item_id=ids.to_text("item", uuid4()), store_id=ids.to_text("sto", uuid4())
    )
    key = str(uuid4())
    answer = refused(lambda: stub.AdjustStock(request, metadata=(("idempotency-key", "no uuid"),)))
    assert "request_id" in answer.fields
    answer = refused(lambda: stub.AdjustStock(request, metadata=(("idempotency-key", key),)))
    assert "request_id" not in answer.fields


def test_a_failure_arrives_with_its_reason_and_particulars(harness: Harness, handler: Handler) -> None:
    handler.error = _Refusing("3 are left.", left="3")
    answer = refused(lambda: list_stock(harness.as_merchant(uuid4(), scopes=_SCOPES)))
    assert answer.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (answer.reason, answer.message, answer.metadata) == ("OUT_OF_STOCK", "3 are left.", {"left": "3"})


def test_a_fault_tells_nothing_of_its_cause(harness: Harness, handler: Handler) -> None:
    handler.error = RuntimeError("password=hunter2")
    answer = refused(lambda: list_stock(harness.as_merchant(uuid4(), scopes=_SCOPES)))
    assert (answer.code, answer.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "hunter2" not in str(answer)


def test_the_request_id_comes_back(harness: Harness) -> None:
    stub = stock_service_pb2_grpc.StockServiceStub(harness.as_merchant(uuid4(), scopes=_SCOPES))
    request = stock_service_pb2.ListStockRequest()
    _, call = stub.ListStock.with_call(request, metadata=(("x-request-id", "abc-123"),))
    assert dict(call.trailing_metadata())["x-request-id"] == "abc-123"
    # One that could break a log line is replaced.
    _, call = stub.ListStock.with_call(request, metadata=(("x-request-id", 'evil " id'),))
    assert dict(call.trailing_metadata())["x-request-id"] != 'evil " id'


def test_a_call_without_a_deadline_gets_one(harness: Harness, handler: Handler) -> None:
    list_stock(harness.as_merchant(uuid4(), scopes=_SCOPES))
    assert handler.remaining is not None
    assert 0 < handler.remaining <= 15


def test_tokens_that_must_not_pass(harness: Harness, clock: FixedClock) -> None:
    tokens, merchant = harness.tokens, uuid4()
    good = tokens.mint(account=None, merchant=merchant, scopes=_SCOPES)
    list_stock(harness.with_token(good))
    claims = {
        "iss": "https://edge.test", "aud": "billmesh", "sub": "acc_00000000000000000000000000", "scope": "stock:read",
        "tid": ids.to_text("mer", merchant), "exp": int(time.time()) + 600, "iat": int(time.time()),
    }  # fmt: skip
    stranger = ECKey.generate_key("P-256", {"kid": "test"})
    public = json.dumps(tokens.key.as_dict(private=False))
    head, body, signature = good.split(".")
    none_head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"test"}').decode().rstrip("=")
    bad = {
        "another key": jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, claims, stranger),
        "no algorithm": f"{none_head}.{body}.",
        "the public key as a shared secret": jwt.encode(
            {"alg": "HS256", "kid": "test", "typ": "at+jwt"}, claims, OctKey.import_key(public)
        ),
        "an ID token's type": jwt.encode({"alg": "ES256", "kid": "test", "typ": "JWT"}, claims, tokens.key),
        "no type": jwt.encode({"alg": "ES256", "kid": "test"}, claims, tokens.key),
        "truncated": f"{head}.{body}.{signature[:-4]}",
        "no signature": f"{head}.{body}.",
        "expired": tokens.mint(account=None, merchant=merchant, scopes=_SCOPES, expires_in=timedelta(seconds=-1)),
        "another audience": tokens.mint(account=None, merchant=merchant, scopes=_SCOPES, aud="other"),
        "another issuer": tokens.mint(account=None, merchant=merchant, scopes=_SCOPES, iss="https://evil.test"),
        "of the future": tokens.mint(account=None, merchant=merchant, scopes=_SCOPES, iat=int(time.time()) + 3600),
        "no merchant id": tokens.mint(account=None, merchant=merchant, scopes=_SCOPES, tid="mer_short"),
    }
    for name, token in bad.items():
        answer = refused(lambda token=token: list_stock(harness.with_token(token)))  # type: ignore[misc]
        assert answer.reason == "TOKEN_INVALID", name
    # A token that was good stops being so when its time is up, cached or not.
    clock.advance(timedelta(minutes=11))
    assert refused(lambda: list_stock(harness.with_token(good))).reason == "TOKEN_INVALID"
