"""Billing's own settings of a process."""

from __future__ import annotations

from typing import Annotated

from pydantic import Base64Bytes, Field

from services.kit.config import Settings


class BillingSettings(Settings):
    """The kit's settings, the key of the public links, and where payment gateways are."""

    # Base64, 32 bytes: makes the tokens of public links. Another key makes other links; those sent before stay dead.
    link_key: Annotated[Base64Bytes, Field(min_length=32)]
    # Merchants' keys are sent to these hosts and to no other.
    razorpay_url: str = "https://api.razorpay.com"
    stripe_url: str = "https://api.stripe.com"
