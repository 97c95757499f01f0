"""Passkeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import passkey_pb2, passkey_service_pb2

from services.auth.convert.values import time_to_proto
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.passkey import Passkey
    from services.auth.usecases.passkeys import Registration


def passkey_to_proto(passkey: Passkey) -> passkey_pb2.Passkey:
    """As its person sees it."""
    return passkey_pb2.Passkey(
        id=to_text("pky", passkey.id),
        display_name=passkey.display_name,
        backed_up=passkey.credential.backed_up,
        create_time=time_to_proto(passkey.create_time),
        last_use_time=time_to_proto(passkey.last_use_time),
    )


def registration_to_proto(registration: Registration) -> passkey_service_pb2.BeginPasskeyRegistrationResponse:
    """What the browser is to be told."""
    return passkey_service_pb2.BeginPasskeyRegistrationResponse(
        registration_token=registration.token,
        options_json=registration.options,
        expire_time=time_to_proto(registration.expire_time),
    )
