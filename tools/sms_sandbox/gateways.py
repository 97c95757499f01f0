"""What payment gateways answer when a page to pay on is asked for: Razorpay's payment links and Stripe's Checkout.

Nothing is kept: a page follows from the reference it is made for. Nobody can pay there; a test signs and sends the
event itself.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

RAZORPAY_LINKS = "/v1/payment_links"
STRIPE_SESSIONS = "/v1/checkout/sessions"
# A name that no one has (RFC 6761).
_PAGES = "https://pay.billmesh.test/"


def answer(address: str, body: bytes, authorization: str) -> tuple[HTTPStatus, dict[str, Any]] | None:
    """Status and JSON of a call; None if the path is no gateway's. Any key will do, but one must be there."""
    path = urlsplit(address)
    if path.path not in {RAZORPAY_LINKS, STRIPE_SESSIONS}:
        return None
    if not authorization.startswith("Basic "):
        return HTTPStatus.UNAUTHORIZED, {"error": {"description": "Authentication failed"}}
    if path.path == STRIPE_SESSIONS:
        (reference,) = parse_qs(body.decode("utf-8", "replace")).get("client_reference_id", [""])
        return HTTPStatus.OK, {"id": f"cs_{reference}", "url": _PAGES + reference}
    if body:
        return HTTPStatus.OK, _link(str(json.loads(body).get("reference_id", "")))
    return HTTPStatus.OK, {"payment_links": [_link(name) for name in parse_qs(path.query).get("reference_id", [])]}


def _link(reference: str) -> dict[str, Any]:
    return {"id": f"plink_{reference}", "reference_id": reference, "short_url": _PAGES + reference}
