"""Razorpay: payment links, and webhooks signed over their body (https://razorpay.com/docs/webhooks/validate-test/)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.gateway import GatewayRefused, GatewayUnavailable, GivenBack, Paid
from services.billing.gateways.base import Host, at, money, parsed, require_signature, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.billing.domain.gateway import GatewayEvent, Keys, LinkTerms

_LINKS = "/v1/payment_links"
_BAD_REQUEST = 400


class Razorpay:
    """Payment links, paid in full or not at all."""

    def __init__(self, url: str) -> None:
        self._host = Host(url)

    def create_link(self, terms: LinkTerms, keys: Keys) -> str:
        """The short address of the page. A second one for a reference is refused, and then the first is read."""
        who = (keys.key_id, keys.key_secret)
        request = {
            "amount": terms.amount.minor,
            "currency": terms.amount.currency,
            "accept_partial": False,
            "reference_id": terms.reference,
            "description": terms.description,
            "callback_url": terms.return_url,
            "callback_method": "get",
        }
        try:
            found = self._host.call("POST", _LINKS, keys=who, json=request)
        except GatewayRefused as refused:
            if refused.metadata["status"] != str(_BAD_REQUEST):
                raise
            listed = self._host.call("GET", _LINKS, keys=who, params={"reference_id": terms.reference})
            links = at(listed, "payment_links")
            same = [link for link in links or () if text_at(link, "reference_id") == terms.reference]
            if not same:
                raise
            found = same[0]
        url = text_at(found, "short_url")
        if not url.startswith("https://"):
            raise GatewayUnavailable
        return url

    def read_event(self, body: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> GatewayEvent | None:
        """Links that were paid and refunds that were made.

        The signature has no time in it: the ids in an event tell whether it is old.
        """
        del now
        require_signature(keys.webhook_secret, body, (headers.get("x-razorpay-signature", ""),))
        event = parsed(body)
        match text_at(event, "event"):
            case "payment_link.paid":
                payment = at(event, "payload", "payment", "entity")
                reference = text_at(event, "payload", "payment_link", "entity", "reference_id")
                amount = money(at(payment, "amount"), at(payment, "currency"))
                name = text_at(payment, "id")
                return Paid(reference, name, amount) if reference and name and amount else None
            case "refund.processed":
                refund = at(event, "payload", "refund", "entity")
                amount = money(at(refund, "amount"), at(refund, "currency"))
                name, of = text_at(refund, "id"), text_at(refund, "payment_id")
                return GivenBack(name, of, amount) if name and of and amount else None
            case _:
                return None
