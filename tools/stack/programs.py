"""Every process of the stack as data: what to run, with which environment, and what may be told about it."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.state import ROOT, SERVICES


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process.

    `group` is started and stopped together; groups stop in the reverse order of `ORDER`.
    """

    name: str
    group: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    # Seconds between the stop signal and kill -9.
    stop_seconds: int = 20
    # The working directory; PostgreSQL's user may not be able to read the clone.
    directory: Path = ROOT
    # Whether the command itself sees to it that the process ends when the supervisor dies.
    ends_by_itself: bool = False

    @property
    def full_name(self) -> str:
        """The name by which the supervisor knows it."""
        return f"{self.group}:{self.name}"


#: What others need comes first. Workers stop first of all, then the doors, then what stands behind them.
ORDER = ("database", "backing", "servers", "doors", "workers")


@dataclass(frozen=True, slots=True)
class Wiring:
    """Addresses and secrets that processes are told; every URL is on loopback."""

    edge_url: str
    mesh_address: str
    redis_url: str
    valhalla_url: str
    sandbox_url: str
    smtp_url: str
    # Service to libpq URL of its login role.
    database_urls: dict[str, str]
    # Service to the ports of its server processes.
    listen: dict[str, tuple[int, ...]]
    tls: Path
    master_keys: str
    index_key: str
    link_key: str
    twilio_account_sid: str
    twilio_auth_token: str
    sms_from: str
    log_level: str


def services(wiring: Wiring) -> list[Program]:
    """Return the server processes of every service, and a worker for each that has one."""
    programs = []
    for service in SERVICES:
        environment = service_environment(wiring, service)
        for index, port in enumerate(wiring.listen[service]):
            programs.append(
                Program(
                    name=f"{service}-{index}",
                    group="servers",
                    command=(sys.executable, "-m", f"services.{service}.server"),
                    environment={**environment, "BILLMESH_LISTEN": f"127.0.0.1:{port}"},
                )
            )
        if (ROOT / "services" / service / "worker.py").exists():
            programs.append(
                Program(
                    name=f"{service}-worker",
                    group="workers",
                    command=(sys.executable, "-m", f"services.{service}.worker"),
                    environment=environment,
                )
            )
    return programs


def service_environment(wiring: Wiring, service: str) -> dict[str, str]:
    """Return what every process of `service` is told; a server also gets BILLMESH_LISTEN."""
    common = {
        "BILLMESH_DATABASE_URL": wiring.database_urls[service],
        "BILLMESH_MESH_ADDRESS": wiring.mesh_address,
        "BILLMESH_TLS_DIR": str(wiring.tls / service),
        "BILLMESH_REDIS_URL": wiring.redis_url,
        "BILLMESH_PUBLIC_URL": wiring.edge_url,
        "BILLMESH_MASTER_KEYS": wiring.master_keys,
        "BILLMESH_INDEX_KEY": wiring.index_key,
        "BILLMESH_ENVIRONMENT": "local",
        "BILLMESH_LOG_LEVEL": wiring.log_level,
        "PYTHONUNBUFFERED": "1",
    }
    own = {
        # Everyone who uses this system comes from this machine.
        "auth": {"BILLMESH_UNTHROTTLED_NETWORKS": '["127.0.0.0/8", "::1/128"]'},
        "billing": {
            "BILLMESH_LINK_KEY": wiring.link_key,
            "BILLMESH_RAZORPAY_URL": wiring.sandbox_url,
            "BILLMESH_STRIPE_URL": wiring.sandbox_url,
        },
        "geo": {
            "BILLMESH_VALHALLA_URL": wiring.valhalla_url,
            # All shops of the demo's map may take part in a trip, so that its proof leaves none out.
            "BILLMESH_TRIP_STORES": "100",
        },
        "notification": {
            "BILLMESH_TWILIO_ACCOUNT_SID": wiring.twilio_account_sid,
            "BILLMESH_TWILIO_AUTH_TOKEN": wiring.twilio_auth_token,
            "BILLMESH_TWILIO_API_URL": wiring.sandbox_url,
            "BILLMESH_SMS_FROM": wiring.sms_from,
            "BILLMESH_SMTP_URL": wiring.smtp_url,
            "BILLMESH_EMAIL_FROM": "Billmesh <no-reply@billmesh.example>",
            # The sandbox costs nothing, and the demo writes to the same few telephones and mailboxes all day.
            "BILLMESH_SMS_CODES_PER_PHONE_HOUR": "1000",
            "BILLMESH_SMS_NOTICES_PER_PHONE_HOUR": "1000",
            "BILLMESH_SMS_PER_PHONE_HOUR": "100000",
            "BILLMESH_SMS_PER_MERCHANT_DAY": "1000000",
            "BILLMESH_EMAIL_CODES_PER_ADDRESS_HOUR": "1000",
            "BILLMESH_EMAIL_NOTICES_PER_ADDRESS_HOUR": "1000",
            "BILLMESH_EMAIL_PER_ADDRESS_HOUR": "100000",
            "BILLMESH_EMAIL_PER_MERCHANT_DAY": "1000000",
        },
    }
    return common | own.get(service, {})


def postgres(foreground: tuple[str, ...]) -> Program:
    """The private cluster. SIGINT is PostgreSQL's fast shutdown: clients are disconnected, nothing is lost."""
    return Program(
        name="postgres",
        group="database",
        command=foreground,
        stop_signal="INT",
        stop_seconds=60,
        directory=Path("/"),
        ends_by_itself=True,
    )


def redis(directory: Path, *, port: int, password_file: Path) -> Program:
    """The cache and the shared counters. It keeps nothing on disk: the system must do without it at any time."""
    found = shutil.which("redis-server") or "/usr/bin/redis-server"
    return Program(
        name="redis",
        group="backing",
        command=(
            *(found, str(password_file), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)),
            *("--save", "", "--appendonly", "no", "--maxmemory", "128mb", "--maxmemory-policy", "allkeys-lru"),
        ),
    )


def valhalla(executable: Path, configuration: Path, *, threads: int) -> Program:
    """The road service: matrices and routes."""
    command = (str(executable), str(configuration), str(threads))
    return Program(name="valhalla", group="backing", command=command)


def sms_sandbox(wiring: Wiring, *, port: int, smtp_port: int, directory: Path) -> Program:
    """What stands in for Twilio and for a mail server: it shows what it was given in an inbox."""
    return Program(
        name="sms-sandbox",
        group="backing",
        command=(sys.executable, "-m", "tools.sms_sandbox"),
        environment={
            "SMS_SANDBOX_LISTEN": f"127.0.0.1:{port}",
            "SMS_SANDBOX_LISTEN_SMTP": f"127.0.0.1:{smtp_port}",
            "SMS_SANDBOX_DIRECTORY": str(directory),
            "SMS_SANDBOX_ACCOUNT_SID": wiring.twilio_account_sid,
            "SMS_SANDBOX_AUTH_TOKEN": wiring.twilio_auth_token,
            # Status callbacks go to the edge, whose certificate our own authority signed.
            "SMS_SANDBOX_CA_FILE": str(wiring.tls / "edge-server" / "ca.pem"),
            "PYTHONUNBUFFERED": "1",
        },
    )


def envoy(name: str, configuration: Path) -> Program:
    """One Envoy, either the `edge` or the `mesh`."""
    binary = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages", "envoy", "_bin", "envoy")
    return Program(
        name=f"envoy-{name}",
        group="doors",
        command=(
            *(str(binary), "--config-path", str(configuration), "--disable-hot-restart"),
            *("--concurrency", str(max(1, (os.cpu_count() or 2) // 2))),
            *("--log-level", "warning"),
        ),
    )
