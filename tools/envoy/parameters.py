"""What a deployment tells the renderer. Everything else follows from the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from tools.contract import DESCRIPTOR_FILE

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Address:
    """Host, as an IP address or a DNS name, and port."""

    host: str
    port: int

    @property
    def is_resolved(self) -> bool:
        """Whether the host is an IP address."""
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    def __str__(self) -> str:
        """As "host:port"."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Identity:
    """PEM files of one certificate, read when Envoy starts."""

    certificate: Path
    key: Path
    # Who is believed on the other side; None where the other side shows no certificate.
    authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one client, one request, may take. Made for one edge process in front of the internet."""

    # Calls per client address (IPv6: per /64), as a bucket: this many at once, this many a second in the long run.
    client_burst: int = 200
    client_per_second: int = 100
    # Calls per client address to each public method of auth that has effects: sign-up, log-in, tokens.
    sign_in_burst: int = 20
    sign_in_per_minute: int = 60
    # Client addresses remembered at a time; the one unseen longest is forgotten first.
    clients: int = 20_000
    # Bytes of a request, as gRPC, whichever way it came; no more than the services take.
    # Room for a file of 5 MiB and what goes with it.
    message_bytes: int = 6 * 1024 * 1024 - 1024
    # Bytes of an answer as JSON.
    response_bytes: int = 16 * 1024 * 1024
    request_header_kilobytes: int = 32
    request_header_count: int = 100
    # Seconds within which a client has to have sent its headers.
    request_headers_seconds: float = 5.0
    # Calls in progress at one process of a service, before Envoy says that it has no room. The services take 200, from
    # edge and mesh together, and refuse the rest without the words that Envoy has.
    calls_per_process: int = 96
    # Sign-ins in progress at one process of auth, besides the calls above: all of them waiting leave those their room.
    # Auth takes twice the 200.
    sign_ins_per_process: int = 48
    # Connections of all clients together.
    connections: int = 10_000
    # Seconds a call may take when its caller names no deadline, and at most.
    default_seconds: int = 15
    longest_seconds: int = 60
    # Seconds a stream may take, and may stand still while its reader takes nothing.
    stream_seconds: int = 600
    stream_idle_seconds: int = 60

    @property
    def sign_in_refill(self) -> tuple[int, int]:
        """Tokens of the sign-in bucket, and the seconds in which they come. Envoy counts in whole seconds."""
        if self.sign_in_per_minute >= _MINUTE:
            return self.sign_in_per_minute // _MINUTE, 1
        return 1, _MINUTE // self.sign_in_per_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshParameters:
    """The listener through which services call each other."""

    listen: Address
    # The mesh's own certificate (spiffe://billmesh/mesh), shown to callers and to the services called.
    identity: Identity
    # Where the processes of each service listen, by service name.
    services: Mapping[str, tuple[Address, ...]]
    descriptor_file: Path = DESCRIPTOR_FILE
    # Plain HTTP, for operators: never on an address that others reach.
    admin: Address | None = None
    access_log: str = "/dev/stdout"
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeParameters:
    """The one TLS origin that clients see."""

    listen: Address
    # What browsers see.
    certificate: Identity
    # What services see (spiffe://billmesh/edge); its authority is the mesh's.
    identity: Identity
    services: Mapping[str, tuple[Address, ...]]
    # Origin of the edge as clients see it, without a slash at the end; also the issuer of the tokens.
    public_url: str
    audience: str = "billmesh"
    # The web server that gets everything that is not API; None: such requests are answered 404.
    pages: Address | None = None
    # Foreign web origins that may call the API, for example "https://app.example".
    cors_origins: tuple[str, ...] = ()
    # Proxies in front of the edge that append the client's address to x-forwarded-for.
    trusted_proxies: int = 0
    # Seconds that a token may be valid for in all; longer ones are refused.
    token_seconds: int = 900
    descriptor_file: Path = DESCRIPTOR_FILE
    admin: Address | None = None
    access_log: str = "/dev/stdout"
    limits: Limits = field(default_factory=Limits)
