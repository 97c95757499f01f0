"""What every call passes: within telemetry and error mapping, which last until its end, the checks in their order:
request id, deadline, authentication, authorization, validation. Permission is decided before the request is looked at,
so a caller without rights learns nothing from it.
"""

from __future__ import annotations

import logging
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import grpc
import protovalidate
from grpc_status import rpc_status

from services.kit import answers, errors, streams
from services.kit.context import Call, entered
from services.kit.failure import Failure, FieldViolation, InvalidRequest, Kind
from services.kit.ids import at
from services.kit.nul import fields_with_nul

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.message import Message
    from google.rpc import status_pb2

    from services.kit.clock import Clock
    from services.kit.streams import Streams

_LOG = logging.getLogger("billmesh.call")
# A request id is logged and given back, so it is taken from outside only if it is plain.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
# Seconds below which a call is not begun.
_LEAST_DEADLINE = 0.005


class DeadlineTooShort(Failure):
    """The caller does not wait long enough for an answer."""

    kind = Kind.DEADLINE
    reason = "DEADLINE_TOO_SHORT"

    def __init__(self) -> None:
        super().__init__("The call's deadline has passed or leaves no time to begin.")


class Check(Protocol):
    """One step before the handler."""

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Adds to `call` what it finds out, or raises a Failure."""
        ...


class Chain(grpc.ServerInterceptor):  # type: ignore[type-arg] # generic in the stubs only
    """Goes round every method but the health check's, whose caller mutual TLS has settled."""

    def __init__(self, *, domain: str, checks: Sequence[Check], streams: Streams) -> None:
        """`domain`: whose errors these are, for example "billing.billmesh.example"."""
        self._domain = domain
        self._checks = tuple(checks)
        self._streams = streams

    def intercept_service(self, continuation: Any, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Wraps a handler of single messages, which answers with one or with a stream of them."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith("/grpc.health.v1."):
            return handler
        if handler.request_streaming:
            raise TypeError(f"{method} takes a stream; the services take single messages")
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(method, handler.unary_stream),
                handler.request_deserializer,
                streams.breakable(handler.response_serializer),
            )
        return grpc.unary_unary_rpc_method_handler(
            self._answer(method, handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )

    def _answer(self, method: str, behaviour: Any) -> Any:
        def respond(request: Message, context: grpc.ServicerContext) -> Message:
            call = Call(method=method, request_id="", expires_at=0.0)
            with entered(call), _logged(context, call), _mapped(context, call, self._domain):
                self._check(request, context, call)
                answer: Message = behaviour(request, context)
            return answer

        return respond

    def _stream(self, method: str, behaviour: Any) -> Any:
        def respond(request: Message, context: grpc.ServicerContext) -> Iterator[object]:
            # gRPC runs this on one thread and forgets it when the client is gone or the deadline has come. Then, as at
            # the end, everything that was entered here and in the behaviour is left.
            call = Call(method=method, request_id="", expires_at=0.0, streams=True)
            with entered(call), _logged(context, call), _mapped(context, call, self._domain):
                self._check(request, context, call)
                with self._streams.admitted(call.caller):
                    yield from streams.whole_or_broken(behaviour(request, context), context)

        return respond

    def _check(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        for check in self._checks:
            check(request, context, call)


def _metadata(context: grpc.ServicerContext, key: str) -> str | None:
    for name, value in context.invocation_metadata():
        if name == key and isinstance(value, str):
            return value
    return None


class RequestIds:
    """Takes over the caller's `x-request-id`, or makes one, and sends it back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Sets `call.request_id`."""
        given = _metadata(context, "x-request-id") or ""
        call.request_id = given if _PLAIN_ID.match(given) else at(self._clock.now()).hex
        context.set_trailing_metadata((("x-request-id", call.request_id),))


@contextmanager
def _logged(context: grpc.ServicerContext, call: Call) -> Iterator[None]:
    """One log line a call: method, code, reason, milliseconds, ids. Never a payload, a token or a phone number."""
    began = time.perf_counter()
    gone = False
    try:
        yield
    except GeneratorExit:
        gone = True
        raise
    finally:
        code = context.code()  # type: ignore[attr-defined] # in grpcio since 1.45, not in its stubs
        caller = call.caller
        _LOG.info(
            "call",
            extra={
                "method": call.method,
                "code": code.name if isinstance(code, grpc.StatusCode) else "CANCELLED" if gone else "OK",
                "reason": call.reason,
                "milliseconds": round((time.perf_counter() - began) * 1000, 2),
                "request_id": call.request_id,
                "audience": caller.audience.value,
                "merchant_id": str(caller.merchant_id) if caller.merchant_id else None,
                "account_id": str(caller.account_id) if caller.account_id else None,
                "mesh_service": caller.mesh_service,
            },
        )


@contextmanager
def _mapped(context: grpc.ServicerContext, call: Call, domain: str) -> Iterator[None]:
    """Ends the call with a rich status, whatever is raised further in; a fault's cause stays in the log."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the one place where everything ends
        failure = errors.from_exception(error)
        if isinstance(failure, errors.Internal | errors.DatabaseUnavailable):
            _LOG.exception("fault", extra={"method": call.method, "request_id": call.request_id})
        call.reason = failure.reason
        status = errors.to_status(failure, domain=domain, request_id=call.request_id)
    else:
        return
    _abort(context, status, answers.headers(failure, call))


def _abort(context: grpc.ServicerContext, status: status_pb2.Status, headers: tuple[tuple[str, str], ...]) -> None:
    rich = rpc_status.to_status(status)
    context.abort_with_status(_Status(rich.code, rich.details, (*rich.trailing_metadata, *headers)))


@dataclass(frozen=True, slots=True)
class _Status(grpc.Status):
    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


class Deadline:
    """Gives every call a deadline, the caller's or the default, whichever is sooner; streams have one of their own."""

    def __init__(self, default_seconds: float, *, of_streams: float) -> None:
        self._default = default_seconds
        self._of_streams = of_streams

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Sets `call.expires_at`; refuses what can no longer be answered."""
        # None without a deadline, whatever the stubs say.
        given: float | None = context.time_remaining()
        most = self._of_streams if call.streams else self._default
        seconds = most if given is None else min(given, most)
        if seconds < _LEAST_DEADLINE:
            raise DeadlineTooShort
        call.expires_at = time.monotonic() + seconds


class Validation:
    """Holds the request against the rules in the contract; all broken fields are told at once.

    A JSON caller may give the `request_id` as an `Idempotency-Key` header.
    """

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Raises InvalidRequest."""
        if not getattr(request, "request_id", "unused"):
            key = _metadata(context, "idempotency-key")
            if key:
                request.request_id = key  # type: ignore[attr-defined] # looked for by name in the line above
        broken = [
            FieldViolation(field_path(v.proto.field), v.proto.message or v.proto.rule_id)
            for v in self._validator.collect_violations(request)
        ]
        known = {violation.field for violation in broken}
        broken += [
            FieldViolation(path, "must not contain a NUL character")
            for path in fields_with_nul(request)
            if path not in known
        ]
        if broken:
            raise InvalidRequest(*broken)


def field_path(path: Any) -> str:
    """The `buf.validate.FieldPath` as people write it: "bill.lines[0].quantity"; empty for the message as a whole."""
    parts = []
    for element in path.elements if path is not None else ():
        subscript = element.subscript
        parts.append(element.field_name if subscript is None else f"{element.field_name}[{subscript.value}]")
    return ".".join(parts)
