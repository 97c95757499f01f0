"""The doors with nothing behind them: real Envoys, real interceptors and mutual TLS, and services that answer any
method with what a test told them to. No database, so what is seen here is the work of contract, kit and Envoy alone.
"""

from __future__ import annotations

import importlib
import ssl
import subprocess
import time
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
import httpx
from google.api import httpbody_pb2
from google.protobuf import message_factory
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.kit import ids, provision, server
from services.kit.clock import SystemClock
from services.kit.config import Settings
from services.kit.tokens import Verifier
from tests import harness
from tests.contract import walk
from tools import contract
from tools.envoy.binary import envoy_binary
from tools.envoy.parameters import Address, EdgeParameters, Identity, Limits, MeshParameters
from tools.envoy.render import render_edge, render_mesh
from tools.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message

    Answer = Callable[[Message, grpc.ServicerContext], Message]
    Stream = Callable[[Message, grpc.ServicerContext], Iterator[Message]]

_LOOPBACK = "127.0.0.1"
_KEYS = "/billmesh.auth.v1.OAuthService/GetJwks"
_PATIENCE = 15.0
ALL_SCOPES = tuple({scope for method in contract.methods(contract.load()) for scope in method.access.scopes})


class Scripted:
    """A handler for every method of one gRPC service: an empty answer, or a stream of one, unless a test gave more."""

    def __init__(self, service: ServiceDescriptor, answers: dict[str, Answer], streams: dict[str, Stream]) -> None:
        for method in service.methods:
            setattr(self, method.name, self._handler(method, answers, streams))

    def _handler(self, method: MethodDescriptor, answers: dict[str, Answer], streams: dict[str, Stream]) -> Any:
        empty = message_factory.GetMessageClass(method.output_type)
        path = f"/{method.containing_service.full_name}/{method.name}"

        def handle(request: Message, context: grpc.ServicerContext) -> Message:
            given = answers.get(path)
            return empty() if given is None else given(request, context)

        def stream(request: Message, context: grpc.ServicerContext) -> Iterator[Message]:
            given = streams.get(path)
            yield from (empty(),) if given is None else given(request, context)

        return stream if method.server_streaming else handle


class _Refusing(grpc.GenericRpcHandler):  # type: ignore[type-arg] # generic in the stubs only
    def __init__(self, refuse: Callable[[grpc.ServicerContext], None]) -> None:
        self._refuse = refuse

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(lambda _, context: self._refuse(context))


class Rig:
    """A running edge and mesh.

    `answers`, and `streams` for methods that stream, map a gRPC path to what its service does; tests may change them at
    any time.
    """

    def __init__(
        self, folder: Path, authority: harness.Authority, *, limits: Limits | None = None, **edge: Any
    ) -> None:
        self.answers: dict[str, Answer] = {}
        self.streams: dict[str, Stream] = {}
        self.edge_port, self.mesh_port = free_port(), free_port()
        self.url = f"https://{_LOOPBACK}:{self.edge_port}"
        self.tokens = harness.Tokens(SystemClock())
        self.answers[_KEYS] = lambda *_: httpbody_pb2.HttpBody(
            content_type="application/json", data=self.tokens.fetch()
        )
        self._folder = folder
        self._authority = authority
        self._ports = {name: free_port() for name in provision.SERVICES}
        self._servers: dict[str, grpc.Server] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        services = {name: (Address(_LOOPBACK, port),) for name, port in self._ports.items()}
        self._configs = {
            "edge": render_edge(
                EdgeParameters(
                    listen=Address(_LOOPBACK, self.edge_port),
                    certificate=_identity(authority.leaf("edge-server")),
                    identity=_identity(authority.leaf("edge")),
                    services=services,
                    public_url=self.url,
                    access_log=str(folder / "edge.access.log"),
                    limits=limits or Limits(client_burst=100_000, sign_in_burst=100_000),
                    **edge,
                )
            ),
            "mesh": render_mesh(
                MeshParameters(
                    listen=Address(_LOOPBACK, self.mesh_port),
                    identity=_identity(authority.leaf("mesh")),
                    services=services,
                    access_log=str(folder / "mesh.access.log"),
                )
            ),
        }

    @property
    def access_log(self) -> str:
        """What the edge logged so far; it writes with a delay."""
        return (self._folder / "edge.access.log").read_text(encoding="utf-8")

    @property
    def edge_ca(self) -> Path:
        """The authority behind the edge's certificate."""
        return self._authority.leaf("edge-server") / "ca.pem"

    def start_service(self, name: str) -> None:
        """Start, or start again, the one process of a service."""
        settings = Settings.model_validate(
            {
                "listen": f"{_LOOPBACK}:{self._ports[name]}",
                "database_url": "postgresql://nobody@127.0.0.1:1/nothing",
                "mesh_address": f"{_LOOPBACK}:{self.mesh_port}",
                "tls_dir": self._authority.leaf(name),
                "public_url": self.url,
                "master_keys": harness.MASTER_KEYS,
                "index_key": harness.INDEX_KEY,
            }
        )
        running, state, _ = server.build(
            settings,
            name=name,
            servicers=[
                server.Servicer(service, registrar, Scripted(service, self.answers, self.streams))
                for service, registrar in _grpc_services(name)
            ],
            verifier=Verifier(settings, source=self.tokens, clock=SystemClock()),
            clock=SystemClock(),
        )
        running.start()
        state.set("", health_pb2.HealthCheckResponse.SERVING)
        self._servers[name] = running

    def start_bare_service(self, name: str, refuse: Callable[[grpc.ServicerContext], None]) -> None:
        """A process without the kit: healthy, and every call of it ends in `refuse`."""
        folder = self._authority.leaf(name)
        running = grpc.server(futures.ThreadPoolExecutor(2))
        state = health.HealthServicer()
        state.set("", health_pb2.HealthCheckResponse.SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(state, running)  # type: ignore[no-untyped-call] # as generated
        running.add_generic_rpc_handlers((_Refusing(refuse),))
        credentials = grpc.ssl_server_credentials(
            [((folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes())],
            root_certificates=(folder / "ca.pem").read_bytes(),
            require_client_auth=True,
        )
        running.add_secure_port(f"{_LOOPBACK}:{self._ports[name]}", credentials)
        running.start()
        self._servers[name] = running

    def stop_service(self, name: str) -> None:
        """Take the process away at once."""
        self._servers.pop(name).stop(None).wait()

    def start_envoy(self, name: str) -> None:
        """Start the edge or the mesh."""
        file = self._folder / f"{name}.yaml"
        file.write_text(self._configs[name], encoding="utf-8")
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [
                    *(str(envoy_binary()), "--config-path", str(file), "--disable-hot-restart"),
                    *("--concurrency", "1", "--log-level", "warning"),
                ],
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)

    def start(self) -> None:
        """Start everything and wait until a signed-in caller is let in."""
        for name in self._ports:
            self.start_service(name)
        self.start_envoy("mesh")
        self.start_envoy("edge")
        self.wait_until_open()

    def wait_until_open(self) -> None:
        """Wait until the edge believes a good token and has found every service well."""
        reads = {m.owner: m for m in contract.methods(contract.load()) if m.reads and m.bindings and not m.is_public}
        token = self.token()
        with self.http() as client:
            self.wait_until(lambda: all(_reaches(client, method, token) for method in reads.values()))

    def wait_until(self, come_true: Callable[[], bool]) -> None:
        """Ask until the answer is yes. Raises TimeoutError with what the edge said."""
        deadline = time.monotonic() + _PATIENCE
        while not come_true():
            if time.monotonic() > deadline:
                raise TimeoutError((self._folder / "edge.log").read_text(encoding="utf-8")[-4000:])
            time.sleep(0.05)

    def http(self, **options: Any) -> httpx.Client:
        """An HTTP client that believes the edge's certificate."""
        context = ssl.create_default_context(cafile=str(self.edge_ca))
        return httpx.Client(base_url=self.url, verify=context, timeout=20, trust_env=False, **options)

    def token(self, *, merchant: bool = False, scopes: Iterable[str] = ALL_SCOPES, **more: Any) -> str:
        """A token of this edge's issuer: a person's, or that of a merchant's staff. `more` goes to `Tokens.mint`."""
        now = SystemClock().now()
        fresh = {"account": ids.at(now), "merchant": ids.at(now) if merchant else None, "iss": self.url}
        return self.tokens.mint(scopes=scopes, **{**fresh, **more})

    def channel(self) -> grpc.Channel:
        """A native gRPC channel to the edge."""
        return grpc.secure_channel(
            f"{_LOOPBACK}:{self.edge_port}", grpc.ssl_channel_credentials(self.edge_ca.read_bytes())
        )

    def service_channel(self, name: str) -> grpc.Channel:
        """A channel past Envoy to a service, with the edge's own certificate."""
        folder = self._authority.leaf("edge")
        credentials = grpc.ssl_channel_credentials(
            (folder / "ca.pem").read_bytes(), (folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes()
        )
        return grpc.secure_channel(
            f"{_LOOPBACK}:{self._ports[name]}", credentials, options=(("grpc.ssl_target_name_override", name),)
        )

    def mesh_channel(self, service: str | None) -> grpc.Channel:
        """A channel to the mesh listener with the certificate of `service`, or without one."""
        folder = self._authority.leaf(service or "edge")
        credentials = grpc.ssl_channel_credentials(
            (folder / "ca.pem").read_bytes(),
            (folder / "key.pem").read_bytes() if service else None,
            (folder / "cert.pem").read_bytes() if service else None,
        )
        return grpc.secure_channel(
            f"{_LOOPBACK}:{self.mesh_port}", credentials, options=(("grpc.ssl_target_name_override", "mesh"),)
        )

    def close(self) -> None:
        """End every process."""
        for process in self._processes:
            process.kill()
            process.wait()
        for running in self._servers.values():
            running.stop(None).wait()


def _reaches(client: httpx.Client, method: contract.Method, token: str) -> bool:
    try:
        return walk.as_json(client, method, method.bindings[0], token=token).domain != walk.EDGE
    except httpx.TransportError:
        return False


def _identity(folder: Path) -> Identity:
    return Identity(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")


def _grpc_services(name: str) -> list[tuple[ServiceDescriptor, Callable[[Any, grpc.Server], None]]]:
    """Every gRPC service of the mesh's service `name`, with the generated function that registers it."""
    found = []
    for file in contract.load().file:
        if file.package != f"billmesh.{name}.v1" or not file.service:
            continue
        module = file.name.removesuffix(".proto").replace("/", ".")
        descriptors = importlib.import_module(f"{module}_pb2").DESCRIPTOR
        stubs = importlib.import_module(f"{module}_pb2_grpc")
        found += [
            (descriptors.services_by_name[service.name], getattr(stubs, f"add_{service.name}Servicer_to_server"))
            for service in file.service
        ]
    return found
