"""The health check of a container: asks the server in it, with the server's own certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_SECONDS = 2.0


def serves(environment: Mapping[str, str]) -> bool:
    """Tell whether the server at BILLMESH_LISTEN says SERVING. BILLMESH_TLS_DIR holds its certificate."""
    folder = Path(environment["BILLMESH_TLS_DIR"])
    port = environment["BILLMESH_LISTEN"].rpartition(":")[2]
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(folder / "ca.pem").read_bytes(),
        private_key=(folder / "key.pem").read_bytes(),
        certificate_chain=(folder / "cert.pem").read_bytes(),
    )
    options = (("grpc.ssl_target_name_override", environment["BILLMESH_SERVICE"]),)
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer: health_pb2.HealthCheckResponse = check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_SECONDS)
        except grpc.RpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
