"""What Envoy answers by itself: each cause with the reason, the code and the sentence that clients get.

Same shape as a service's own errors: `google.rpc.Status` with one `ErrorInfo`, as JSON or in `grpc-status-details-bin`.
"""

import base64
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from billmesh.options.v1.errors_pb2 import ErrorReason
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.kit import answers

DOMAIN = "edge.billmesh.example"
_TYPE = "type.googleapis.com/google.rpc."
# Seconds after which a refused client is welcome again.
RETRY_AFTER = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalError:
    """One cause. It is known by `expression`, or by the status that Envoy would answer."""

    reason: "ErrorReason.ValueType"
    code: code_pb2.Code
    http_status: int
    message: str
    # CEL over the request's attributes; empty: the status decides.
    expression: str = ""
    comparison: Literal["EQ", "GE"] = "EQ"
    compared_status: int = 0
    # Whether a JSON client gets Envoy's own words, which name the field or parameter at fault.
    explained_by_envoy: bool = False
    # Seconds, 0 for never.
    retry_after: int = 0
    # Values of `www-authenticate`.
    challenges: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What goes beside it. A full bucket says by itself when it has room again."""
        waits = self.retry_after and self.http_status != HTTPStatus.TOO_MANY_REQUESTS
        return (
            *((("retry-after", str(self.retry_after)),) if waits else ()),
            *(("www-authenticate", challenge) for challenge in self.challenges),
        )

    @property
    def reason_name(self) -> str:
        """As in `ErrorInfo.reason`."""
        return ErrorReason.Name(self.reason).removeprefix("ERROR_REASON_")

    @property
    def details_header(self) -> str:
        """Value of `grpc-status-details-bin`."""
        status = status_pb2.Status(code=self.code, message=self.message)
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=self.reason_name, domain=DOMAIN))
        if self.retry_after:
            status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=self.retry_after)))
        # Senders leave the padding out.
        return base64.b64encode(status.SerializeToString(deterministic=True)).decode().rstrip("=")

    @property
    def json_format(self) -> dict[str, object]:
        """Body for JSON clients, with Envoy's placeholders."""
        details: list[dict[str, object]] = [
            {"@type": f"{_TYPE}ErrorInfo", "reason": self.reason_name, "domain": DOMAIN, "metadata": {}},
            {"@type": f"{_TYPE}RequestInfo", "requestId": "%REQ(X-REQUEST-ID)%", "servingData": ""},
        ]
        if self.retry_after:
            details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{self.retry_after}s"})
        message = "%LOCAL_REPLY_BODY%" if self.explained_by_envoy else self.message
        return {"code": int(self.code), "message": message, "details": details}


def _token_error(detail: str) -> str:
    return f"response.code_details.startsWith('jwt_authn_access_denied{{{detail}')"


# The first that fits is given. Those told apart by status alone are also the reasons of a code without one.
LOCAL_ERRORS = (
    LocalError(
        reason=ErrorReason.ERROR_REASON_TOKEN_MISSING,
        code=code_pb2.UNAUTHENTICATED,
        http_status=401,
        message="An access token is needed.",
        expression=_token_error("Jwt_is_missing"),
        challenges=answers.offered(),
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_SERVICE_UNAVAILABLE,
        code=code_pb2.UNAVAILABLE,
        http_status=503,
        message="Access tokens cannot be checked for the moment. Repeat the call.",
        expression=_token_error("Jwks_remote_fetch_is_failed"),
        retry_after=RETRY_AFTER,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_TOKEN_INVALID,
        code=code_pb2.UNAUTHENTICATED,
        # Envoy answers 403 to another audience's token; to the client it is one more token that does not fit.
        http_status=401,
        message="The access token is not valid. Get a new one.",
        expression=f"{_token_error('')} || response.code_details == 'lua_response'",
        challenges=answers.offered(error="invalid_token"),
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_TOO_MANY_REQUESTS,
        code=code_pb2.RESOURCE_EXHAUSTED,
        http_status=429,
        message="Too many calls. Wait before the next one.",
        compared_status=429,
        retry_after=RETRY_AFTER,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_METHOD_NOT_FOUND,
        code=code_pb2.UNIMPLEMENTED,
        http_status=404,
        message="There is no such method or path.",
        compared_status=404,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        code=code_pb2.RESOURCE_EXHAUSTED,
        http_status=413,
        message="The request is larger than the edge takes.",
        compared_status=413,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        code=code_pb2.RESOURCE_EXHAUSTED,
        http_status=431,
        message="The request's headers are larger than the edge takes.",
        compared_status=431,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_TIMEOUT,
        code=code_pb2.DEADLINE_EXCEEDED,
        http_status=504,
        message="No answer came in time. What was asked for may have happened all the same.",
        compared_status=504,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_TIMEOUT,
        code=code_pb2.DEADLINE_EXCEEDED,
        http_status=408,
        message="The request did not arrive in time.",
        compared_status=408,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_SERVICE_UNAVAILABLE,
        code=code_pb2.UNAVAILABLE,
        http_status=503,
        message="The service did not answer. Repeat the call with the same request_id.",
        comparison="GE",
        compared_status=501,
        retry_after=RETRY_AFTER,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_INTERNAL,
        code=code_pb2.INTERNAL,
        http_status=500,
        message="Something failed on our side. The request id lets us find it.",
        comparison="GE",
        compared_status=500,
    ),
    LocalError(
        reason=ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
        code=code_pb2.INVALID_ARGUMENT,
        http_status=400,
        message="The edge cannot read the request.",
        comparison="GE",
        compared_status=400,
        explained_by_envoy=True,
    ),
)


def _by_code() -> "dict[code_pb2.Code, LocalError]":
    found: dict[code_pb2.Code, LocalError] = {}
    for error in LOCAL_ERRORS:
        if not error.expression:
            found.setdefault(error.code, error)
    return found


_BY_CODE = _by_code()
# What to say in place of an error that says nothing, by its gRPC status. What nobody caught is INTERNAL.
UNEXPLAINED = {
    int(code_pb2.UNKNOWN): _BY_CODE[code_pb2.INTERNAL],
    int(code_pb2.INTERNAL): _BY_CODE[code_pb2.INTERNAL],
    int(code_pb2.DEADLINE_EXCEEDED): _BY_CODE[code_pb2.DEADLINE_EXCEEDED],
    int(code_pb2.RESOURCE_EXHAUSTED): _BY_CODE[code_pb2.RESOURCE_EXHAUSTED],
    int(code_pb2.UNIMPLEMENTED): _BY_CODE[code_pb2.UNIMPLEMENTED],
    int(code_pb2.UNAVAILABLE): _BY_CODE[code_pb2.UNAVAILABLE],
}
