"""Bringing a stack up and taking it down. Both may be repeated, interrupted, and called by two people at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools import certs
from tools.stack import database, health, orphans, roads, runfile
from tools.stack.console import say
from tools.stack.state import SERVICES
from tools.stack.supervisor import Starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.stack.layout import Stack

_ANSWERING = ("backing", "servers", "doors")
_RUNNING_STAMP = "running"


def start(stack: Stack) -> dict[str, Any]:
    """Start what does not run, restart everything if the code changed, wait until all is healthy.

    Returns the description that run.json holds.
    """
    from services.kit.clock import SystemClock  # noqa: PLC0415 - the kit is not needed to stop a stack

    state = stack.state
    certs.ensure_certificates(state.tls, services=SERVICES, now=SystemClock().now())
    say("roads: Valhalla and its tiles")
    tiles = roads.prepare(state.cache)
    running = stack.supervisor.is_running()
    if not running:
        # Also ends a keeper that is about to start the supervisor again.
        stop(stack)
    stack.cluster.create()
    known = stack.programs(tiles)
    digest = stack.digest(known)
    if running and not state.is_stamped(_RUNNING_STAMP, digest):
        say("the code or its configuration changed: restarting")
        stop(stack)
        running = False
    if not running:
        stack.configure_supervisor(known, Starts.WHEN_ASKED)
        stack.supervisor.start()
    say("PostgreSQL")
    stack.supervisor.start_group("database")
    health.wait_until_healthy(
        {"postgres": lambda: database.answers(stack.cluster)}, stack.supervisor, logs=state.logs, seconds=60
    )
    database.prepare(state, stack.cluster, stack.secrets)
    say(f"{len(known)} processes")
    for group in _ANSWERING:
        stack.supervisor.start_group(group)
    stack.configure_supervisor(known, Starts.AT_ONCE)
    state.set_stamp(_RUNNING_STAMP, digest)
    health.wait_until_healthy(probes(stack), stack.supervisor, logs=state.logs)
    # Nobody waits for a worker: what it has to do is in the database and keeps. Until here they would only have
    # taken the processor from those who answer.
    stack.supervisor.start_group("workers")
    return runfile.write(stack)


def stop(stack: Stack) -> None:
    """Stop every process of the stack, also those that a killed supervisor left behind."""
    stack.state.run.unlink(missing_ok=True)
    stack.supervisor.stop()
    stack.cluster.stop()
    if left := orphans.end(stack.state):
        say(f"ended {len(left)} processes that an earlier supervisor left behind")
    if taken := stack.ports.forget_taken():
        say(f"ports taken by others, replaced: {', '.join(taken)}")


def probes(stack: Stack) -> dict[str, Callable[[], bool]]:
    """By name, what tells whether a part of the stack does its work; each raises or is False while it does not."""
    tls = stack.state.tls
    found: dict[str, Callable[[], bool]] = {
        f"{service}-{index}": health.GrpcProbe(port=port, name=service, tls=tls)
        for service, ports in stack.listen().items()
        for index, port in enumerate(ports)
    }
    found["valhalla"] = health.http_probe(f"{stack.valhalla_url}/status")
    found["sms-sandbox"] = health.http_probe(stack.sandbox_url)
    found["envoy-mesh"] = health.http_probe(f"http://127.0.0.1:{stack.ports['mesh-admin']}/ready")
    # A whole public call: TLS, transcoding, a healthy upstream.
    found["envoy-edge"] = health.http_probe(
        f"{stack.edge_url}/.well-known/jwks.json", ca=tls / "edge-server" / "ca.pem"
    )
    return found
