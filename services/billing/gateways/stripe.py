"""Stripe: Checkout, and webhooks signed over time and body (https://docs.stripe.com/webhooks#verify-manually)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from services.billing.domain.gateway import GatewaySignatureInvalid, GatewayUnavailable, GivenBack, Paid
from services.billing.gateways.base import Host, at, money, parsed, require_signature, text_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.billing.domain.gateway import GatewayEvent, Keys, LinkTerms

_SESSIONS = "/v1/checkout/sessions"
_TOLERANCE = timedelta(minutes=5)
_LONGEST_HEADER = 1024
_LONGEST_TIME = 12
# Counted in hundredths, although ISO 4217 gives them no decimals (https://docs.stripe.com/currencies#special-cases).
_SCALED = {"ISK": 100, "UGX": 100}


class Stripe:
    """Checkout sessions for one payment."""

    def __init__(self, url: str) -> None:
        self._host = Host(url)

    def create_link(self, terms: LinkTerms, keys: Keys) -> str:
        """The address of the session's page; Stripe keeps the reference as the key of the request."""
        currency = terms.amount.currency
        request = {
            "mode": "payment",
            "client_reference_id": terms.reference,
            "success_url": terms.return_url,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": currency.lower(),
            "line_items[0][price_data][unit_amount]": str(terms.amount.minor * _SCALED.get(currency, 1)),
            "line_items[0][price_data][product_data][name]": terms.description,
        }
        headers = {"idempotency-key": terms.reference}
        found = self._host.call("POST", _SESSIONS, keys=(keys.key_secret, ""), data=request, headers=headers)
        url = at(found, "url")
        if not isinstance(url, str) or not url.startswith("https://"):
            raise GatewayUnavailable
        return url

    def read_event(self, body: bytes, headers: Mapping[str, str], keys: Keys, now: datetime) -> GatewayEvent | None:
        """Sessions that were paid, at once or later, and refunds that succeeded."""
        _verify(body, headers.get("stripe-signature", ""), keys.webhook_secret, now)
        event = parsed(body)
        found = at(event, "data", "object")
        match text_at(event, "type"):
            case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
                if text_at(found, "payment_status") != "paid":
                    return None
                reference, name = text_at(found, "client_reference_id"), text_at(found, "payment_intent")
                amount = money(at(found, "amount_total"), at(found, "currency"), scaled=_SCALED)
                return Paid(reference, name, amount) if reference and name and amount else None
            case "refund.created" | "refund.updated":
                if text_at(found, "status") != "succeeded":
                    return None
                name, of = text_at(found, "id"), text_at(found, "payment_intent")
                amount = money(at(found, "amount"), at(found, "currency"), scaled=_SCALED)
                return GivenBack(name, of, amount) if name and of and amount else None
            case _:
                return None


def _verify(body: bytes, header: str, secret: str, now: datetime) -> None:
    """Of "t=…,v1=…,v1=…" a signature fits, and the time is near. Raises GatewaySignatureInvalid."""
    parts = [part.strip().partition("=") for part in header[:_LONGEST_HEADER].split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = tuple(value for name, _, value in parts if name == "v1")
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit()) or len(times[0]) > _LONGEST_TIME:
        raise GatewaySignatureInvalid
    require_signature(secret, f"{times[0]}.".encode() + body, signatures)
    if abs(now - datetime.fromtimestamp(int(times[0]), UTC)) > _TOLERANCE:
        raise GatewaySignatureInvalid
