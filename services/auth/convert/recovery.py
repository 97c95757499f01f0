"""Recovery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import account_service_pb2

from services.auth.convert.authenticators import shown_to_proto
from services.auth.convert.values import time_to_proto
from services.auth.domain.login import Factor
from services.auth.usecases.factors import SecondFactor
from services.auth.usecases.recovery import Form

if TYPE_CHECKING:
    from services.auth.usecases.recovery import Finished, Started


def started_to_proto(started: Started) -> account_service_pb2.StartRecoveryResponse:
    """With its token."""
    return account_service_pb2.StartRecoveryResponse(
        recovery_token=started.token, expire_time=time_to_proto(started.expire_time)
    )


def recovery_form(request: account_service_pb2.FinishRecoveryRequest) -> Form:
    """What finishes it."""
    given = request.WhichOneof("second_factor")
    second_factor = None
    if given == "totp_code":
        second_factor = SecondFactor(factor=Factor.TOTP, code=request.totp_code)
    elif given == "recovery_code":
        second_factor = SecondFactor(factor=Factor.RECOVERY_CODE, code=request.recovery_code)
    return Form(
        token=request.recovery_token,
        code=request.code,
        new_password=request.new_password,
        second_factor=second_factor,
    )


def finished_to_proto(finished: Finished) -> account_service_pb2.FinishRecoveryResponse:
    """With the new authenticator's secret, if there is one: it is shown here and nowhere else."""
    if finished.waiting_until is not None:
        return account_service_pb2.FinishRecoveryResponse(waiting_until=time_to_proto(finished.waiting_until))
    enrolment = shown_to_proto(finished.enrolment) if finished.enrolment else None
    return account_service_pb2.FinishRecoveryResponse(
        finished=account_service_pb2.RecoveryFinished(enrolment=enrolment)
    )
