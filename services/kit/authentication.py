"""Says who calls: by the certificate of the connection, then by Envoy's word for a service, or by the token."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.kit import dpop
from services.kit.context import Audience, Call, Caller
from services.kit.dpop import ProofInvalid
from services.kit.failure import Failure, Kind
from services.kit.tokens import TokenInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import grpc
    from google.protobuf.message import Message

    from services.kit.access import Access
    from services.kit.clock import Clock
    from services.kit.tokens import Verifier

    Metadata = Sequence[tuple[str, str | bytes]]

_SPIFFE = "spiffe://billmesh/"
_CLIENT_CERTIFICATE_URI = re.compile(r"(?:^|;)URI=([^;,]+)")
_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


class NotThroughADoor(Failure):
    """A connection by neither edge nor mesh."""

    kind = Kind.UNAUTHENTICATED
    reason = "CALLER_NOT_ALLOWED"

    def __init__(self) -> None:
        super().__init__("Calls come through the edge or the mesh.")


class TokenMissing(Failure):
    """The method asks for a token."""

    kind = Kind.UNAUTHENTICATED
    reason = "TOKEN_MISSING"

    def __init__(self) -> None:
        super().__init__("An access token is needed.")


class Authentication:
    """Sets `call.caller`."""

    def __init__(
        self,
        access: Mapping[str, Access],
        verifier: Verifier,
        *,
        replays: dpop.Replays,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._access = access
        self._verifier = verifier
        self._replays = replays
        self._public_url = public_url
        self._clock = clock

    def __call__(self, request: Message, context: grpc.ServicerContext, call: Call) -> None:
        """Refuses who is not to be believed."""
        metadata: Metadata = context.invocation_metadata()
        peer = _peer(context)
        if peer == "mesh":
            found = _CLIENT_CERTIFICATE_URI.search(_first(metadata, "x-forwarded-client-cert") or "")
            name = found.group(1).removeprefix(_SPIFFE) if found else None
            call.caller = Caller(audience=Audience.MESH, mesh_service=name)
        elif peer == "edge":
            network = _first(metadata, "x-envoy-external-address") or _first(metadata, "x-forwarded-for")
            access = self._access.get(call.method)
            if access is not None and access.audience in {Audience.PERSON, Audience.MERCHANT}:
                call.caller = replace(self._holder(metadata, call), network=network)
            else:
                call.caller = Caller(audience=Audience.PUBLIC, network=network)
        else:
            raise NotThroughADoor

    def _holder(self, metadata: Metadata, call: Call) -> Caller:
        """Whom the token names, and who has proven to hold its key if it is bound to one."""
        call.scheme, token = _credentials(metadata)
        caller = self._verifier.verify(token)
        proof = dpop.presented(metadata)
        if call.scheme == "Bearer":
            if caller.bound_to is not None or proof is not None:
                raise TokenInvalid
            return caller
        if caller.bound_to is None:
            raise TokenInvalid
        if proof is None:
            raise ProofInvalid("there is none")
        called = dpop.target(metadata, grpc_method=call.method, public_url=self._public_url)
        now = self._clock.now()
        held = dpop.check(proof, method=called.method, url=called.url, now=now, access_token=token)
        if held.jkt != caller.bound_to:
            raise ProofInvalid("it is of another key than the token's")
        self._replays.admit(held, request_id=call.request_id, now=now)
        return caller


def _peer(context: grpc.ServicerContext) -> str | None:
    uris: Any = context.auth_context().get("peer_spiffe_id", ())
    for uri in uris:
        text: str = uri.decode(errors="replace")
        if text.startswith(_SPIFFE):
            return text.removeprefix(_SPIFFE)
    return None


def _first(metadata: Metadata, key: str) -> str | None:
    return next(iter(dpop.values(metadata, key)), None)


def _credentials(metadata: Metadata) -> tuple[str, str]:
    """The scheme, as its RFC writes it, and the token."""
    given = dpop.values(metadata, "authorization")
    if not given:
        raise TokenMissing
    if len(given) > 1:
        raise TokenInvalid
    scheme, _, token = given[0].partition(" ")
    name = _SCHEMES.get(scheme.lower())
    if name is None or not token:
        raise TokenMissing
    return name, token.strip(" ")
