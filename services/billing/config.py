"""Billing's own settings of a process."""

from __future__ import annotations

from typing import Annotated

from pydantic import Base64Bytes, Field

from services.kit.config import Settings


class BillingSettings(Settings):
    """The kit's settings and the key of the public links."""

    # Base64, 32 bytes: makes the tokens of public links. Another key makes other links; those sent before stay dead.
    link_key: Annotated[Base64Bytes, Field(min_length=32)]
