"""CallbackService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.notification.v1.callback_service_pb2_grpc import CallbackServiceServicer
from google.api import httpbody_pb2

from services.notification.convert import messages as convert
from services.notification.usecases import delivery

if TYPE_CHECKING:
    import grpc
    from billmesh.notification.v1 import callback_service_pb2 as pb

    from services.notification.clients.provider import ReportReader
    from services.notification.usecases.deps import Deps

# The edge turns it into the HTTP status.
_NO_CONTENT = (("x-http-status", "204"),)


class CallbackHandler(CallbackServiceServicer):
    """What the SMS provider calls."""

    def __init__(self, deps: Deps, reports: ReportReader) -> None:
        self._deps = deps
        self._reports = reports

    def ReceiveTwilioStatus(
        self, request: pb.ReceiveTwilioStatusRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """A report of a message's progress. Its signature covers the address as it was called."""
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        path, signature = headers.get("x-envoy-original-path", ""), headers.get("x-twilio-signature", "")
        report = self._reports.read(path=path, signature=signature, form=request.form.data)
        if report is not None:
            delivery.record_report(*convert.attempt_of(request), report, deps=self._deps)
        context.send_initial_metadata(_NO_CONTENT)
        return httpbody_pb2.HttpBody()
