"""Consents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import consent_pb2

from services.auth.convert.values import time_to_proto
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.consent import Consent


def consent_to_proto(consent: Consent) -> consent_pb2.Consent:
    """As its person sees it."""
    return consent_pb2.Consent(
        client_id=to_text("cli", consent.client_id),
        client_name=consent.client_name,
        publisher_name=consent.publisher_name,
        scopes=sorted(consent.scopes),
        create_time=time_to_proto(consent.create_time),
        update_time=time_to_proto(consent.update_time),
    )
