"""The one table from failures to gRPC, and back: `google.rpc.Status` with exactly one `ErrorInfo`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from google.protobuf.message import Message

_CODES: dict[Kind, code_pb2.Code] = {
    Kind.INVALID: code_pb2.INVALID_ARGUMENT,
    Kind.NOT_FOUND: code_pb2.NOT_FOUND,
    Kind.EXISTS: code_pb2.ALREADY_EXISTS,
    Kind.PRECONDITION: code_pb2.FAILED_PRECONDITION,
    Kind.CONFLICT: code_pb2.ABORTED,
    Kind.DENIED: code_pb2.PERMISSION_DENIED,
    Kind.UNAUTHENTICATED: code_pb2.UNAUTHENTICATED,
    Kind.EXHAUSTED: code_pb2.RESOURCE_EXHAUSTED,
    Kind.UNAVAILABLE: code_pb2.UNAVAILABLE,
    Kind.DEADLINE: code_pb2.DEADLINE_EXCEEDED,
    Kind.INTERNAL: code_pb2.INTERNAL,
}
_KINDS: dict[int, Kind] = {code: kind for kind, code in _CODES.items()}

# PostgreSQL's ways of saying "again": serialization failure, deadlock, lock timeout, and the server going away.
_RETRYABLE_SQLSTATES = frozenset(("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300"))


class Internal(Failure):
    """A fault of ours. Its cause is in the log under the request id, never in the answer."""

    kind = Kind.INTERNAL
    reason = "INTERNAL"

    def __init__(self) -> None:
        super().__init__("Something failed on our side. The request id lets us find it.")


class DatabaseUnavailable(Failure):
    """The database is away, or two transactions met; nothing was written."""

    kind = Kind.UNAVAILABLE
    reason = "DATABASE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The database did not answer in time. Repeat the call.", retry_after=timedelta(seconds=1))


class PeerUnavailable(Failure):
    """Another service did not answer."""

    kind = Kind.UNAVAILABLE
    reason = "PEER_UNAVAILABLE"

    def __init__(self, peer: str) -> None:
        super().__init__(
            f"{peer} did not answer. Repeat the call with the same request_id.",
            retry_after=timedelta(seconds=1),
            peer=peer,
        )


class PeerRefused(Failure):
    """Another service's own refusal, intact: its reason, metadata, fields and domain."""

    kind = Kind.INTERNAL
    reason = "INTERNAL"

    def __init__(
        self,
        kind: Kind,
        info: error_details_pb2.ErrorInfo,
        message: str,
        *,
        fields: tuple[FieldViolation, ...],
        retry_after: timedelta | None,
    ) -> None:
        super().__init__(message, fields=fields, retry_after=retry_after)
        self.metadata = dict(info.metadata)
        self.peer_kind = kind
        self.peer_reason = info.reason
        self.domain = info.domain


def from_exception(error: Exception) -> Failure:
    """The failure that `error` is to the caller; anything unknown is Internal."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, grpc.RpcError):
        return from_rpc_error(error, peer="A service")
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable()
    if isinstance(error, DBAPIError):
        sqlstate = getattr(error.orig, "pgcode", None)
        lost = error.connection_invalidated or (isinstance(error, OperationalError) and sqlstate is None)
        if lost or sqlstate in _RETRYABLE_SQLSTATES:
            return DatabaseUnavailable()
    return Internal()


def to_status(failure: Failure, *, domain: str, request_id: str) -> status_pb2.Status:
    """The rich status of `failure`. `domain` is the answering service's, for example "billing.billmesh.example"."""
    kind, reason = failure.kind, failure.reason
    if isinstance(failure, PeerRefused):
        kind, reason, domain = failure.peer_kind, failure.peer_reason, failure.domain
    status = status_pb2.Status(code=_CODES[kind], message=failure.message)
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=failure.metadata),
        error_details_pb2.RequestInfo(request_id=request_id),
    ]
    if failure.fields:
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description)
                    for v in failure.fields
                ]
            )
        )
    if failure.retry_after is not None:
        delay = Duration()
        delay.FromTimedelta(failure.retry_after)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    for detail in details:
        status.details.add().Pack(detail)
    return status


def from_rpc_error(error: grpc.RpcError, *, peer: str) -> Failure:
    """A peer's answer as a failure of ours: its refusal intact, its absence as PeerUnavailable.

    A peer's INTERNAL, UNAVAILABLE, or an answer without `ErrorInfo` (Envoy's own), is its absence.
    """
    # Whatever a call raises is both an RpcError and a Call, which the types cannot say.
    status = rpc_status.from_call(cast("grpc.Call", error)) if hasattr(error, "trailing_metadata") else None
    if status is None:
        return PeerUnavailable(peer)
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            detail.Unpack(bad_request)
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            detail.Unpack(retry)
    kind = _KINDS.get(status.code, Kind.INTERNAL)
    if not info.reason or kind in {Kind.INTERNAL, Kind.UNAVAILABLE, Kind.DEADLINE}:
        return PeerUnavailable(peer)
    fields = tuple(FieldViolation(v.field, v.description) for v in bad_request.field_violations)
    retry_after = retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None
    return PeerRefused(kind, info, status.message, fields=fields, retry_after=retry_after)
