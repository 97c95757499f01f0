"""Authenticators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import authenticator_pb2

from services.auth import authenticator_apps
from services.auth.convert.values import time_to_proto
from services.auth.domain.totp import Authenticator, AuthenticatorState, Enrolment
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.usecases.authenticators import Shown

_STATES = {
    AuthenticatorState.PENDING: authenticator_pb2.AUTHENTICATOR_STATE_PENDING,
    AuthenticatorState.CONFIRMED: authenticator_pb2.AUTHENTICATOR_STATE_CONFIRMED,
}


def authenticator_to_proto(authenticator: Authenticator) -> authenticator_pb2.Authenticator:
    """Without its secret."""
    return authenticator_pb2.Authenticator(
        id=to_text("atn", authenticator.id),
        display_name=authenticator.display_name,
        state=_STATES[authenticator.state],
        create_time=time_to_proto(authenticator.create_time),
        last_use_time=time_to_proto(authenticator.last_use_time),
    )


def shown_to_proto(shown: Shown) -> authenticator_pb2.AuthenticatorEnrolment:
    """With its secret: it is shown here and nowhere else."""
    return enrolment_to_proto(shown.enrolment, shown.otpauth_uri)


def enrolment_to_proto(enrolment: Enrolment, uri: str) -> authenticator_pb2.AuthenticatorEnrolment:
    """With its secret, as otpauth URI, QR code and text."""
    return authenticator_pb2.AuthenticatorEnrolment(
        authenticator=authenticator_to_proto(enrolment.authenticator),
        otpauth_uri=uri,
        qr_svg=authenticator_apps.qr_svg(uri),
        secret=enrolment.secret,
    )
