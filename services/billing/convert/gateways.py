"""Payment gateways between the wire and the domain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import gateway_pb2 as pb
from billmesh.billing.v1 import gateway_service_pb2 as service_pb

from services.billing.convert.fields import paths_from_proto
from services.billing.convert.money import timestamp
from services.billing.domain.gateway import Gateway, Keys, LinkState, Provider
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.billing.domain.gateway import PaymentLink
    from services.kit.paging import Listed

_PROVIDERS = {
    pb.GATEWAY_PROVIDER_RAZORPAY: Provider.RAZORPAY,
    pb.GATEWAY_PROVIDER_STRIPE: Provider.STRIPE,
}
_PROVIDERS_TO = {provider: value for value, provider in _PROVIDERS.items()}
_STATES = {
    LinkState.OPEN: pb.PAYMENT_LINK_STATE_OPEN,
    LinkState.PAID: pb.PAYMENT_LINK_STATE_PAID,
    LinkState.UNPLACED: pb.PAYMENT_LINK_STATE_UNPLACED,
}
_SECRETS = ("key_id", "key_secret", "webhook_secret")
_WRITABLE = ("display_name", "enabled", *_SECRETS)


def provider_from_proto(provider: pb.GatewayProvider.ValueType) -> Provider:
    """Which; the contract's validation lets no other through."""
    return _PROVIDERS[provider]


def keys_from_proto(gateway: pb.Gateway) -> Keys:
    """The keys and secrets."""
    return Keys(key_id=gateway.key_id, key_secret=gateway.key_secret, webhook_secret=gateway.webhook_secret)


def edit_from_proto(request: service_pb.UpdateGatewayRequest) -> tuple[Callable[[Gateway], Gateway], str]:
    """What an update does, and the names of what it changes. Raises InvalidRequest."""
    given = request.gateway
    paths = paths_from_proto(request.update_mask, given, writable=_WRITABLE)
    if list(request.update_mask.paths) == ["*"]:
        # What cannot be cleared stays as it is.
        paths = frozenset(path for path in paths if path == "enabled" or getattr(given, path))
    empty = sorted(path for path in paths if path != "enabled" and not getattr(given, path))
    if empty:
        raise InvalidRequest(*(FieldViolation(f"gateway.{path}", "must not be empty") for path in empty))

    def edit(gateway: Gateway) -> Gateway:
        secrets: dict[str, Any] = {path: getattr(given, path) for path in paths if path in _SECRETS}
        others: dict[str, Any] = {path: getattr(given, path) for path in paths if path not in _SECRETS}
        return replace(gateway, keys=replace(gateway.keys, **secrets), **others)

    return edit, ", ".join(sorted(paths))


def gateway_to_proto(gateway: Gateway, *, origin: str) -> pb.Gateway:
    """The gateway without its secrets."""
    name = to_text("gtw", gateway.id)
    return pb.Gateway(
        id=name,
        provider=_PROVIDERS_TO[gateway.provider],
        display_name=gateway.display_name,
        enabled=gateway.enabled,
        key_id=gateway.keys.key_id,
        callback_url=f"{origin}/v1/callbacks/gateways/{name}",
        create_time=timestamp(gateway.create_time),
    )


def gateways_to_proto(listed: Listed[Gateway], *, origin: str) -> service_pb.ListGatewaysResponse:
    """A page of gateways."""
    return service_pb.ListGatewaysResponse(
        gateways=[gateway_to_proto(each, origin=origin) for each in listed.items],
        next_page_token=listed.next_page_token,
    )


def link_to_proto(link: PaymentLink) -> pb.PaymentLink:
    """One link."""
    return pb.PaymentLink(
        id=to_text("pln", link.id),
        gateway_id=to_text("gtw", link.gateway_id),
        bill_id=to_text("bill", link.bill_id),
        amount=money_to_proto(link.amount),
        url=link.url,
        state=_STATES[link.state],
        payment_id=to_text("pay", link.payment_id) if link.payment_id else "",
        problem=link.problem,
        create_time=timestamp(link.create_time),
    )


def links_to_proto(listed: Listed[PaymentLink]) -> service_pb.ListPaymentLinksResponse:
    """A page of links."""
    return service_pb.ListPaymentLinksResponse(
        payment_links=[link_to_proto(each) for each in listed.items], next_page_token=listed.next_page_token
    )
