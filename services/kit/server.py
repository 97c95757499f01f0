"""A service's gRPC server: mutual TLS, the interceptors in order, health, and a stop that loses nothing."""

from __future__ import annotations

import logging
import os
import signal
import threading
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.kit import access, dpop, interceptors
from services.kit.authentication import Authentication
from services.kit.authorization import Authorization
from services.kit.logging import configure
from services.kit.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.descriptor import ServiceDescriptor

    from services.kit.clock import Clock
    from services.kit.config import Settings
    from services.kit.tokens import Verifier

_LOG = logging.getLogger(__name__)
# The edge lets a little less through.
_MAX_MESSAGE_BYTES = 6 * 1024 * 1024
# Calls waiting for a thread beyond which the server says RESOURCE_EXHAUSTED at once.
_WAITING_PER_THREAD = 20


@dataclass(frozen=True, slots=True)
class Servicer:
    """One gRPC service of the process: its descriptor, the generated registrar and the handler object."""

    descriptor: ServiceDescriptor
    register: Callable[[Any, grpc.Server], None]
    handler: object


def build(
    settings: Settings, *, name: str, servicers: Sequence[Servicer], verifier: Verifier, clock: Clock
) -> tuple[grpc.Server, health.HealthServicer, int]:
    """A server that is bound but not started, its health and the port it got."""
    table = access.read(servicer.descriptor for servicer in servicers)
    chain = interceptors.Chain(
        domain=f"{name}.billmesh.example",
        checks=(
            interceptors.RequestIds(clock),
            interceptors.Deadline(settings.default_deadline, of_streams=settings.stream_deadline),
            Authentication(
                table, verifier, replays=dpop.Replays(settings), public_url=settings.public_url, clock=clock
            ),
            Authorization(table, clock),
            interceptors.Validation(),
        ),
        # Most threads are left to calls that are over in a moment.
        streams=Streams(max(1, settings.threads // 3)),
    )
    server = grpc.server(
        futures.ThreadPoolExecutor(settings.threads, thread_name_prefix="call"),
        interceptors=[chain],
        maximum_concurrent_rpcs=settings.threads * _WAITING_PER_THREAD,
        options=(
            # Each process has a port of its own behind Envoy; a shared one would hide a stale process.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            # Envoy's keepalive pings are welcome; without these three they end every connection within seconds.
            ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_ping_strikes", 0),
        ),
    )
    for servicer in servicers:
        servicer.register(servicer.handler, server)
    state = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)  # type: ignore[no-untyped-call] # grpcio's own, without types
    port = server.add_secure_port(settings.listen, _credentials(settings))
    return server, state, port


def run(settings: Settings, *, name: str, servicers: Sequence[Servicer], verifier: Verifier, clock: Clock) -> None:
    """Serves until SIGTERM or SIGINT, then drains: unhealthy first, so that Envoy stops sending; then no new calls;
    then those in flight are finished. The process ends at once if they take too long: gRPC would end streams in order,
    and HTTP has no word for a file that ended in order and is not whole.
    """
    configure(name, settings.log_level)
    stop = threading.Event()
    # Before listening: a signal that comes during start-up is not lost.
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    server, state, port = build(settings, name=name, servicers=servicers, verifier=verifier, clock=clock)
    server.start()
    state.set("", health_pb2.HealthCheckResponse.SERVING)
    _LOG.info("serving", extra={"port": port})
    stop.wait()
    state.enter_graceful_shutdown()
    threading.Event().wait(settings.drain_delay)
    if not server.stop(settings.drain_timeout + settings.stream_deadline).wait(settings.drain_timeout):
        _LOG.warning("stopped with calls in flight")
        os._exit(0)
    _LOG.info("stopped")


def _credentials(settings: Settings) -> grpc.ServerCredentials:
    folder = settings.tls_dir
    return grpc.ssl_server_credentials(
        [((folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes())],
        root_certificates=(folder / "ca.pem").read_bytes(),
        require_client_auth=True,
    )
