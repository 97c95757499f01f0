"""Is it up? Asked of every process in its own language, with the log of whoever does not answer."""

from __future__ import annotations

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import httpx
from grpc_health.v1 import health_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tools.stack.supervisor import Supervisor

_PATIENCE_SECONDS = 90.0
# A process that keeps ending is not going to recover by waiting: so many starts are forgiven.
_LIVES = 4
_LOG_TAIL_BYTES = 3_000
_INTERVAL_SECONDS = 0.2


class UnhealthyError(Exception):
    """Somebody did not come up; the message names them and ends with what they logged last."""


class GrpcProbe:
    """Asks a server's health over mutual TLS, as Envoy's edge does; one connection, kept until it answered."""

    def __init__(self, *, port: int, name: str, tls: Path) -> None:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=(tls / "edge" / "ca.pem").read_bytes(),
            private_key=(tls / "edge" / "key.pem").read_bytes(),
            certificate_chain=(tls / "edge" / "cert.pem").read_bytes(),
        )
        options = (
            ("grpc.ssl_target_name_override", name),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 200),
        )
        self._channel = grpc.secure_channel(f"127.0.0.1:{port}", credentials, options)
        self._check = self._channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )

    def __call__(self) -> bool:
        """Tell whether it serves."""
        try:
            answer: health_pb2.HealthCheckResponse = self._check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.RpcError:
            return False
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            return False
        self._channel.close()
        return True


def http_probe(url: str, *, ca: Path | None = None) -> Callable[[], bool]:
    """Return a probe that is content with any answer but a server error."""
    trusted = _context(ca) if ca else True

    def probe() -> bool:
        try:
            answer = httpx.get(url, verify=trusted, timeout=2, trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR

    return probe


def wait_until_healthy(
    probes: Mapping[str, Callable[[], bool]], supervisor: Supervisor, *, logs: Path, seconds: float = _PATIENCE_SECONDS
) -> None:
    """Return when every probe (by its process's name) was content once. Raises UnhealthyError."""
    began = time.monotonic()
    waiting = dict(probes)
    watch = _CrashWatch(supervisor)
    with ThreadPoolExecutor(max_workers=8) as pool:
        while waiting:
            content = pool.map(lambda probe: probe(), waiting.values())
            waiting = {name: probe for (name, probe), well in zip(waiting.items(), content, strict=True) if not well}
            crashing = watch.crashing() & set(waiting)
            if waiting and (crashing or time.monotonic() - began > seconds):
                raise UnhealthyError(_report(sorted(crashing or waiting), logs=logs))
            if waiting:
                time.sleep(_INTERVAL_SECONDS)


class _CrashWatch:
    """Notices processes that end again and again, however long each of their lives is."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._lives: dict[str, set[int]] = {}

    def crashing(self) -> set[str]:
        """Return the names of those that were started more often than bad luck explains."""
        for process in self._supervisor.processes():
            if process["pid"]:
                self._lives.setdefault(process["name"], set()).add(process["pid"])
        return {name for name, lives in self._lives.items() if len(lives) > _LIVES}


def _report(names: list[str], *, logs: Path) -> str:
    lines = [f"not up: {', '.join(names)}"]
    for name in names[:3]:
        log = logs / f"{name}.log"
        tail = log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace") if log.exists() else "(no log)"
        lines.append(f"--- the end of {log}\n{tail}")
    return "\n".join(lines)


def _context(ca: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca))
