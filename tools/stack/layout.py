"""One stack put together: its secrets, ports and addresses, and from them every process it runs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tools.cluster import Cluster
from tools.stack import database, doors, orphans, programs, roads
from tools.stack.files import digest_of, write_atomically
from tools.stack.secrets import Secrets
from tools.stack.state import ROOT, SERVICES, Ports, State
from tools.stack.supervisor import Supervisor

if TYPE_CHECKING:
    from tools.stack.programs import Program, Wiring
    from tools.stack.supervisor import Starts

# Twilio's own number for tests: always a valid sender, never anybody's.
_SMS_FROM = "+15005550006"
# The kernel's limit for the path of a unix socket is 107 bytes, of which Valhalla's file names need some.
_LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Stack:
    """Everything that is known about a stack before it runs."""

    state: State
    secrets: Secrets
    ports: Ports
    cluster: Cluster
    replicas: int

    @classmethod
    def of(cls, state: State, *, cluster_settings: dict[str, str] | None = None) -> Stack:
        """Read the stack's state, making what a new one lacks. BILLMESH_REPLICAS: server processes a service, 2."""
        state.directory.mkdir(parents=True, exist_ok=True)
        # Nobody else lists it; PostgreSQL, when it runs as its own user, still has to walk through.
        state.directory.chmod(0o711)
        replicas = max(1, int(os.environ.get("BILLMESH_REPLICAS", "2")))
        # Every server process has a pool as large as its threads, every worker a small one.
        settings = {"max_connections": str(100 + 100 * replicas), **(cluster_settings or {})}
        return cls(
            state=state,
            secrets=Secrets.load_or_make(state.secrets),
            ports=Ports(state.ports),
            cluster=Cluster(state.cluster, settings=settings),
            replicas=replicas,
        )

    @cached_property
    def supervisor(self) -> Supervisor:
        """The stack's supervisor, running or not."""
        return Supervisor(
            self.state.supervisor,
            port=self.ports["supervisor"],
            password=self.secrets.supervisor_password,
            identifier=f"billmesh-{_short_digest(self.state.directory)}",
        )

    @property
    def edge_url(self) -> str:
        """The one origin that clients see."""
        return f"https://localhost:{self.ports['edge']}"

    @property
    def sandbox_url(self) -> str:
        """Where the sandbox answers for Twilio, and shows its inbox of SMS and e-mails."""
        return f"http://127.0.0.1:{self.ports['sms-sandbox']}"

    @property
    def smtp_url(self) -> str:
        """Where the sandbox takes e-mail."""
        return f"smtp://127.0.0.1:{self.ports['smtp-sandbox']}"

    @property
    def valhalla_url(self) -> str:
        """Where the road service answers."""
        return f"http://127.0.0.1:{self.ports['valhalla']}"

    @property
    def redis_url(self) -> str:
        """The cache, with its password."""
        return f"redis://:{self.secrets.redis_password}@127.0.0.1:{self.ports['redis']}/0"

    def listen(self) -> dict[str, tuple[int, ...]]:
        """Return the ports of each service's server processes."""
        return {
            service: tuple(self.ports[f"{service}-{index}"] for index in range(self.replicas)) for service in SERVICES
        }

    def wiring(self) -> Wiring:
        """Return what the processes are told; the cluster must have been created."""
        return programs.Wiring(
            edge_url=self.edge_url,
            mesh_address=f"127.0.0.1:{self.ports['mesh']}",
            redis_url=self.redis_url,
            valhalla_url=self.valhalla_url,
            sandbox_url=self.sandbox_url,
            smtp_url=self.smtp_url,
            database_urls=database.role_urls(self.cluster, self.secrets, kind="svc"),
            listen=self.listen(),
            tls=self.state.tls,
            master_keys=self.secrets.master_keys,
            index_key=self.secrets.index_key,
            link_key=self.secrets.link_key,
            twilio_account_sid=self.secrets.twilio_account_sid,
            twilio_auth_token=self.secrets.twilio_auth_token,
            sms_from=_SMS_FROM,
            log_level=os.environ.get("BILLMESH_LOG_LEVEL", "INFO"),
        )

    def programs(self, tiles: roads.Roads) -> list[Program]:
        """Write every configuration file and return the processes that read them."""
        state, wiring = self.state, self.wiring()
        redis_file = state.redis / "redis.conf"
        write_atomically(redis_file, f"requirepass {self.secrets.redis_password}\n")
        valhalla_file = state.valhalla / "valhalla.json"
        roads.configure(tiles, valhalla_file, port=self.ports["valhalla"], sockets=self._socket_folder())
        edge_file, mesh_file = doors.configure(self)
        sandbox = state.directory / "sms"
        sandbox.mkdir(mode=0o700, parents=True, exist_ok=True)
        return [
            programs.postgres(tuple(self.cluster.foreground)),
            programs.redis(state.redis, port=self.ports["redis"], password_file=redis_file),
            programs.valhalla(tiles.service, valhalla_file, threads=os.cpu_count() or 2),
            programs.sms_sandbox(
                wiring, port=self.ports["sms-sandbox"], smtp_port=self.ports["smtp-sandbox"], directory=sandbox
            ),
            *programs.services(wiring),
            programs.envoy("mesh", mesh_file),
            programs.envoy("edge", edge_file),
        ]

    def digest(self, known: list[Program]) -> str:
        """Return a digest of all that running processes were made from: code, contract, configuration."""
        code = [ROOT / name for name in ("services", "gen/python", "gen/descriptors", "tools/sms_sandbox", "uv.lock")]
        configuration = [self.state.envoy, self.state.valhalla, self.state.tls]
        told = repr([(program.full_name, program.command, program.environment) for program in known])
        return hashlib.sha256((digest_of([*code, *configuration]) + told).encode()).hexdigest()

    def configure_supervisor(self, known: list[Program], starts: Starts) -> None:
        """Write the supervisor's configuration for these processes."""
        self.supervisor.configure(known, logs=self.state.logs, marker=orphans.marker(self.state), starts=starts)

    def _socket_folder(self) -> Path:
        folder = self.state.valhalla
        if len(str(folder)) > _LONGEST_SOCKET_FOLDER:
            folder = Path("/tmp") / f"billmesh-{os.geteuid()}-{_short_digest(folder)}"  # noqa: S108
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                raise roads.RoadsError(f"{folder} belongs to somebody else")
        return folder


def _short_digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
