"""Holds the caller against the method's access option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.context import Audience, Call, Caller
from services.kit.failure import Failure, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    import grpc
    from google.protobuf.message import Message

    from services.kit.access import Access
    from services.kit.clock import Clock

# What a person's sign-in has to have been: a password or passkey and a second factor.
TWO_FACTORS = "urn:billmesh:aal2"


class CallerNotAllowed(Failure):
    """The method is not open to this kind of caller at all."""

    kind = Kind.DENIED
    reason = "CALLER_NOT_ALLOWED"


class WrongAudience(Failure):
    """A token for another kind of caller."""

    kind = Kind.DENIED
    reason = "WRONG_AUDIENCE"

    def __init__(self, audience: Audience) -> None:
        super().__init__(f"The method asks for a {audience.lower()}'s token.", audience=audience.value)


class ScopeMissing(Failure):
    """The token may not do this."""

    kind = Kind.DENIED
    reason = "SCOPE_MISSING"

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(f"The token lacks the scope {min(missing)}.", scope=" ".join(sorted(missing)))


class StepUpRequired(Failure):
    """The sign-in behind the token is too weak or too long ago (RFC 9470)."""

    kind = Kind.UNAUTHENTICATED
    reason = "STEP_UP_REQUIRED"

    def __init__(self, max_age: timedelta | None) -> None:
        super().__init__("Sign in again, with both factors, for this.", acr_values=TWO_FACTORS)
        if max_age is not None:
            self.metadata["max_age"] = str(int(max_age.total_seconds()))


class Authorization:
    """The decision, before the request is looked at."""

    def __init__(self, access: Mapping[str, Access], clock: Clock) -> None:
        self._access = access
        self._clock = clock

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Refuses whom the option does not admit."""
        access = self._access.get(call.method)
        if access is None:
            raise CallerNotAllowed("The method is open to nobody.")
        caller = call.caller
        if caller.audience is Audience.MESH:
            if caller.mesh_service not in access.mesh_callers:
                raise CallerNotAllowed("This service may not make this call.")
        elif access.audience is Audience.MESH:
            raise CallerNotAllowed("The method is for services of the mesh.")
        elif access.audience is not Audience.PUBLIC:
            self._authorize_token(access, caller)

    def _authorize_token(self, access: Access, caller: Caller) -> None:
        person_without_account = access.audience is Audience.PERSON and caller.account_id is None
        if caller.audience is not access.audience or person_without_account:
            raise WrongAudience(access.audience)
        missing = access.scopes - caller.scopes
        if missing:
            raise ScopeMissing(missing)
        if caller.actor_id is not None and not access.reads:
            raise CallerNotAllowed("Support staff only look.")
        age = access.max_auth_age
        if caller.account_id is not None and caller.assurance != TWO_FACTORS:
            raise StepUpRequired(age)
        if age is not None and (caller.auth_time is None or self._clock.now() - caller.auth_time > age):
            raise StepUpRequired(age)
