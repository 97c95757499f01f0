"""GatewayService and GatewayCallbackService."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billmesh.billing.v1 import gateway_pb2
from billmesh.billing.v1 import gateway_service_pb2 as pb
from billmesh.billing.v1.gateway_service_pb2_grpc import GatewayCallbackServiceServicer, GatewayServiceServicer
from google.api import httpbody_pb2

from services.billing.convert import gateways as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import BillId, GatewayId, MerchantId
from services.billing.usecases import gateway_events, gateways
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps

# The edge turns it into the HTTP status.
_NO_CONTENT = (("x-http-status", "204"),)


class GatewayHandler(GatewayServiceServicer):
    """A merchant's payment gateways, and links to pay through them."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._shown = partial(convert.gateway_to_proto, origin=deps.links.origin)

    def ListGateways(self, request: pb.ListGatewaysRequest, context: grpc.ServicerContext) -> pb.ListGatewaysResponse:
        """A page of gateways."""
        listed = gateways.list_gateways(self._deps, _merchant(), page=paging.page(request))
        return convert.gateways_to_proto(listed, origin=self._deps.links.origin)

    def CreateGateway(self, request: pb.CreateGatewayRequest, context: grpc.ServicerContext) -> gateway_pb2.Gateway:
        """A new gateway."""
        given = request.gateway
        return gateways.create(
            self._deps,
            _merchant(),
            provider=convert.provider_from_proto(given.provider),
            display_name=given.display_name,
            enabled=given.enabled,
            keys=convert.keys_from_proto(given),
            once=idempotency.once(request, gateway_pb2.Gateway, self._shown, vault=self._deps.vault),
        )

    def UpdateGateway(self, request: pb.UpdateGatewayRequest, context: grpc.ServicerContext) -> gateway_pb2.Gateway:
        """A gateway, changed."""
        edit, changed = convert.edit_from_proto(request)
        gateway_id = _gateway(request.gateway.id)
        return self._shown(gateways.update(self._deps, _merchant(), gateway_id, edit=edit, changed=changed))

    def CreatePaymentLink(
        self, request: pb.CreatePaymentLinkRequest, context: grpc.ServicerContext
    ) -> gateway_pb2.PaymentLink:
        """A page to pay a bill on."""
        bill_id = BillId(from_text("bill", request.bill_id))
        once = idempotency.once(request, gateway_pb2.PaymentLink, convert.link_to_proto, vault=self._deps.vault)
        return gateways.create_link(self._deps, _merchant(), bill_id, _gateway(request.gateway_id), once=once)

    def ListPaymentLinks(
        self, request: pb.ListPaymentLinksRequest, context: grpc.ServicerContext
    ) -> pb.ListPaymentLinksResponse:
        """A page of links."""
        bill, page = id_or_none("bill", request.bill_id), paging.page(request)
        listed = gateways.list_links(self._deps, _merchant(), bill_id=BillId(bill) if bill else None, page=page)
        return convert.links_to_proto(listed)


class GatewayCallbackHandler(GatewayCallbackServiceServicer):
    """What payment gateways call."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def ReceiveGatewayEvent(
        self, request: pb.ReceiveGatewayEventRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """An event. Its signature is in a header of the gateway's own."""
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        gateway_id, body = _gateway(request.gateway_id), request.event.data
        answer = httpbody_pb2.HttpBody()
        gateway_events.receive(self._deps, gateway_id, body=body, headers=headers, answer=answer)
        context.send_initial_metadata(_NO_CONTENT)
        return answer


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _gateway(text: str) -> GatewayId:
    return GatewayId(from_text("gtw", text))
