"""Calls to other services: all through Envoy's mesh listener, over mutual TLS, with the caller's deadline and id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from google.api import httpbody_pb2
from google.protobuf import empty_pb2

from services.kit import context, errors

if TYPE_CHECKING:
    from services.kit.config import Settings
    from services.kit.failure import Failure

# Name in the mesh listener's certificate; its address is whatever the deployment gave it.
_MESH_NAME = "mesh"
# Seconds that a call outside of any other (a job's) may take.
_DEFAULT_SECONDS = 10.0
# Seconds kept back from the incoming deadline, so that we can still answer when the peer has not.
_MARGIN = 0.1
_JWKS = "/billmesh.auth.v1.OAuthService/GetJwks"


class _CallDetails(NamedTuple):
    method: str
    timeout: float | None
    metadata: Any
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _InheritContext(grpc.UnaryUnaryClientInterceptor):  # type: ignore[type-arg] # generic in the stubs only
    """Passes on what is left of the deadline, less a margin, and the request id."""

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        left = context.remaining()
        seconds = _DEFAULT_SECONDS if left is None else max(left - _MARGIN, 0.001)
        if client_call_details.timeout is not None:
            seconds = min(seconds, client_call_details.timeout)
        metadata = list(client_call_details.metadata or ())
        if request_id := context.request_id():
            metadata.append(("x-request-id", request_id))
        details = _CallDetails(
            method=client_call_details.method,
            timeout=seconds,
            metadata=metadata,
            credentials=client_call_details.credentials,
            wait_for_ready=client_call_details.wait_for_ready,
            compression=client_call_details.compression,
        )
        return continuation(details, request)


class Mesh:
    """One channel to all peers. Making it connects to nothing; a peer that is away is told when it is called."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.tls_dir
        credentials = grpc.ssl_channel_credentials(
            root_certificates=(folder / "ca.pem").read_bytes(),
            private_key=(folder / "key.pem").read_bytes(),
            certificate_chain=(folder / "cert.pem").read_bytes(),
        )
        self._bare = grpc.secure_channel(
            settings.mesh_address,
            credentials,
            options=(
                ("grpc.ssl_target_name_override", _MESH_NAME),
                # A peer that comes back is found within a second.
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 1000),
                ("grpc.keepalive_time_ms", 30_000),
            ),
        )
        self.channel: grpc.Channel = grpc.intercept_channel(self._bare, _InheritContext())

    def close(self) -> None:
        """Ends the connection."""
        self._bare.close()


def translate(error: grpc.RpcError, *, peer: str) -> Failure:
    """What a peer's error means here: PeerRefused with its reason intact, or PeerUnavailable."""
    return errors.from_rpc_error(error, peer=peer)


class MeshJwks:
    """The token signing keys, from the auth service."""

    def __init__(self, mesh: Mesh) -> None:
        self._get = mesh.channel.unary_unary(
            _JWKS,
            # The request has no fields; its wire form is that of any empty message.
            request_serializer=empty_pb2.Empty.SerializeToString,
            response_deserializer=httpbody_pb2.HttpBody.FromString,
        )

    def fetch(self) -> bytes:
        """The JWK Set as JSON. Raises PeerUnavailable."""
        try:
            body: httpbody_pb2.HttpBody = self._get(empty_pb2.Empty(), timeout=3)
        except grpc.RpcError as error:
            raise translate(error, peer="auth") from error
        return body.data
