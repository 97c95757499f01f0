"""Payment gateways in tests: one that is turned on, links, and events that it tells."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import gateway_pb2, gateway_service_pb2_grpc
from billmesh.billing.v1 import gateway_service_pb2 as pb
from google.api import httpbody_pb2

from tests.fakes.gateways import RAZORPAY_KEYS, WEBHOOK_SECRET, razorpay_signature
from tests.services.billing.world import SCOPES, new_id

if TYPE_CHECKING:
    from billmesh.billing.v1 import bill_pb2

    from tests.services.billing.world import World


def gateways(world: World) -> gateway_service_pb2_grpc.GatewayServiceStub:
    """Staff who signed in just now."""
    channel = world.harness.as_merchant(
        world.merchant, account=uuid.uuid4(), scopes=SCOPES, auth_time=world.clock.now()
    )
    return gateway_service_pb2_grpc.GatewayServiceStub(channel)


def razorpay(world: World, **fields: Any) -> gateway_pb2.Gateway:
    """A Razorpay account, turned on."""
    key_id, secret = RAZORPAY_KEYS
    known: dict[str, Any] = {
        "provider": gateway_pb2.GATEWAY_PROVIDER_RAZORPAY,
        "display_name": "Razorpay",
        "enabled": True,
        "key_id": key_id,
        "key_secret": secret,
        "webhook_secret": WEBHOOK_SECRET,
    }
    request = pb.CreateGatewayRequest(gateway=gateway_pb2.Gateway(**(known | fields)), request_id=new_id())
    return gateways(world).CreateGateway(request)


def link_to(world: World, bill: bill_pb2.Bill, gateway: gateway_pb2.Gateway, **fields: str) -> gateway_pb2.PaymentLink:
    known = {"bill_id": bill.id, "gateway_id": gateway.id, "request_id": new_id()}
    return gateways(world).CreatePaymentLink(pb.CreatePaymentLinkRequest(**(known | fields)))


def links(world: World) -> list[gateway_pb2.PaymentLink]:
    return list(gateways(world).ListPaymentLinks(pb.ListPaymentLinksRequest()).payment_links)


def tell(world: World, gateway_id: str, body: bytes, headers: tuple[tuple[str, str], ...] | None = None) -> None:
    """What the gateway sends; signed as Razorpay does unless headers are given."""
    stub = gateway_service_pb2_grpc.GatewayCallbackServiceStub(world.harness.anonymous())
    request = pb.ReceiveGatewayEventRequest(gateway_id=gateway_id, event=httpbody_pb2.HttpBody(data=body))
    stub.ReceiveGatewayEvent(request, metadata=razorpay_signature(body) if headers is None else headers)
