"""A service in the test's own process: real interceptors, real mutual TLS, real PostgreSQL; tokens by a test key."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from uuid import UUID

import grpc
import psycopg2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.kit import ids, migrations, provision, server
from services.kit.config import Settings
from services.kit.tokens import Verifier
from tools import certs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from services.kit.clock import Clock
    from services.kit.money import Money
    from tools.cluster import Cluster

S = TypeVar("S", bound=Settings)

ISSUER = "https://edge.test"
ASSURANCE = "urn:billmesh:aal2"
# The client of a token that names no other.
A_CLIENT = UUID("01900000-0000-7000-8000-0000000000c1")
MASTER_KEYS = "1:" + base64.b64encode(b"m" * 32).decode()
INDEX_KEY = base64.b64encode(b"i" * 32).decode()
_PASSWORD = "test"  # noqa: S105 - of a cluster that lives as long as the tests, on loopback


class Authority:
    """A mesh CA that lives as long as the tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        certs.ensure_certificates(folder, services=provision.SERVICES, now=datetime.now(UTC))

    def leaf(self, name: str) -> Path:
        """A folder with ca.pem, cert.pem and key.pem of spiffe://billmesh/<name>: edge, mesh or a service."""
        return self._folder / name


class Postgres:
    """One cluster and one database for the session; each service's schema is migrated when first asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._migrated: set[str] = set()
        superuser = psycopg2.connect(cluster.start())
        superuser.autocommit = True
        with superuser.cursor() as cursor:
            cursor.execute("CREATE DATABASE billmesh")
        superuser.close()
        passwords = dict.fromkeys(provision.SERVICES, _PASSWORD)
        provision.provision(self.superuser_dsn, owner_passwords=passwords, service_passwords=passwords)

    @property
    def superuser_dsn(self) -> str:
        """For looking behind the scenes: row-level security does not bind it."""
        return self._cluster.dsn("billmesh")

    def url(self, service: str) -> str:
        """URL of the service's login role, with its schema at the newest version."""
        if service not in self._migrated:
            migrations.upgrade(service, self.role_url(f"owner_{service}"))
            self._migrated.add(service)
        return self.role_url(f"svc_{service}")

    def role_url(self, role: str) -> str:
        """URL of any role, whatever state its schema is in."""
        return f"postgresql://{role}:{_PASSWORD}@127.0.0.1:{self._cluster.port}/billmesh"


@dataclass
class Tokens:
    """Mints access tokens as auth does, and is a JwksSource for them."""

    clock: Clock
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "test", "use": "sig", "alg": "ES256"})
    )

    def fetch(self) -> bytes:
        """The JWK Set."""
        return json.dumps(KeySet([self.key]).as_dict(private=False)).encode()

    def mint(
        self,
        *,
        account: UUID | None,
        merchant: UUID | None,
        scopes: Iterable[str],
        client: UUID | None = None,
        roles: Sequence[str] = ("owner",),
        auth_time: datetime | None = None,
        expires_in: timedelta = timedelta(minutes=10),
        actor: UUID | None = None,
        test_mode: bool = False,
        refund_ceiling: Money | None = None,
        bound_to: ECKey | None = None,
        **claims: Any,
    ) -> str:
        """A token: a person's, or without `account` that of a client acting on its own.

        `actor` is support staff acting for the person; `bound_to` the key whose proofs it takes. `claims` replace or
        add.
        """
        now = self.clock.now()
        payload: dict[str, Any] = {
            "iss": ISSUER,
            "aud": "billmesh",
            "client_id": "billmesh-cli",
            "scope": " ".join(scopes),
            "iat": int(now.timestamp()),
            "exp": int((now + expires_in).timestamp()),
            "jti": ids.at(now).hex,
        }
        if account is None:
            name = ids.to_text("cli", client or A_CLIENT)
            payload |= {"sub": name, "client_id": name}
        else:
            payload |= {"sub": ids.to_text("acc", account), "sid": ids.to_text("ses", account), "acr": ASSURANCE}
            payload |= {"amr": ["pwd", "otp"], "auth_time": int((auth_time or now).timestamp())}
        if actor is not None:
            payload |= {"act": {"sub": ids.to_text("acc", actor)}}
            del payload["auth_time"]
        if merchant:
            payload |= {"tid": ids.to_text("mer", merchant)}
            if account is not None:
                payload |= {"roles": list(roles)}
        if test_mode:
            payload |= {"mode": "test"}
        if refund_ceiling is not None:
            payload |= {"limits": {"refund": {"minor": refund_ceiling.minor, "currency": refund_ceiling.currency}}}
        if bound_to is not None:
            payload |= {"cnf": {"jkt": bound_to.thumbprint()}}
        payload |= claims
        return jwt.encode({"alg": "ES256", "kid": "test", "typ": "at+jwt"}, payload, self.key)


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: Any
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _AddMetadata(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[type-arg] # generic in the stubs only
    def __init__(self, metadata: Sequence[tuple[str, str]]) -> None:
        self._metadata = metadata

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        details = _Details(
            client_call_details.method,
            client_call_details.timeout or 20,
            [*(client_call_details.metadata or ()), *self._metadata],
            client_call_details.credentials,
            client_call_details.wait_for_ready,
            client_call_details.compression,
        )
        return continuation(details, request)

    intercept_unary_stream = intercept_unary_unary


class Harness:
    """A running service and the ways to call it. Made by the `harness` fixture; `close` ends it."""

    def __init__(
        self, *, name: str, settings: Settings, servicers: Sequence[server.Servicer], authority: Authority, clock: Clock
    ) -> None:
        self.tokens = Tokens(clock)
        verifier = Verifier(settings, source=self.tokens, clock=clock)
        self._server, health, self.port = server.build(
            settings, name=name, servicers=servicers, verifier=verifier, clock=clock
        )
        self._server.start()
        health.set("", health_pb2.HealthCheckResponse.SERVING)
        self._name = name
        self._authority = authority
        self._channels: dict[str, grpc.Channel] = {}

    def as_merchant(
        self, merchant: UUID, *, account: UUID | None = None, scopes: Iterable[str], **more: Any
    ) -> grpc.Channel:
        """Staff of `merchant`, or without `account` its client, through the edge. `more` goes to `Tokens.mint`."""
        return self.with_token(self.tokens.mint(account=account, merchant=merchant, scopes=scopes, **more))

    def as_person(self, account: UUID, *, scopes: Iterable[str], **more: Any) -> grpc.Channel:
        """A signed-in person, through the edge."""
        return self.with_token(self.tokens.mint(account=account, merchant=None, scopes=scopes, **more))

    def with_token(self, token: str) -> grpc.Channel:
        """Whoever the token names, through the edge."""
        return self._through("edge", (("authorization", f"Bearer {token}"),))

    def anonymous(self) -> grpc.Channel:
        """Nobody, through the edge."""
        return self._through("edge", ())

    def as_mesh(self, service: str) -> grpc.Channel:
        """Another service, through the mesh."""
        return self._through("mesh", (("x-forwarded-client-cert", f"Hash=00;URI=spiffe://billmesh/{service}"),))

    def as_peer(self, name: str) -> grpc.Channel:
        """A direct connection with the certificate of `name`, past Envoy."""
        return self._through(name, ())

    def close(self) -> None:
        """Ends the service and its connections."""
        for channel in self._channels.values():
            channel.close()
        self._server.stop(None).wait()

    def _through(self, identity: str, metadata: Sequence[tuple[str, str]]) -> grpc.Channel:
        channel = self._channels.get(identity)
        if channel is None:
            folder = self._authority.leaf(identity)
            credentials = grpc.ssl_channel_credentials(
                (folder / "ca.pem").read_bytes(), (folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes()
            )
            channel = self._channels[identity] = grpc.secure_channel(
                f"127.0.0.1:{self.port}", credentials, options=(("grpc.ssl_target_name_override", self._name),)
            )
        return grpc.intercept_channel(channel, _AddMetadata(metadata))


def settings(kind: type[S], *, service: str, postgres: Postgres, authority: Authority, **values: Any) -> S:
    """Settings of a service under test; `values` are its own."""
    return kind.model_validate(
        {
            "listen": "127.0.0.1:0",
            "database_url": postgres.url(service),
            "mesh_address": "127.0.0.1:1",
            "tls_dir": authority.leaf(service),
            "public_url": ISSUER,
            "master_keys": MASTER_KEYS,
            "index_key": INDEX_KEY,
            **values,
        }
    )


@dataclass(frozen=True)
class Refusal:
    """What a client gets for a refused call."""

    code: grpc.StatusCode
    reason: str
    message: str
    metadata: dict[str, str]
    fields: tuple[str, ...]


def refusal(error: grpc.RpcError) -> Refusal:
    """Reads the rich status of a refused call; fails unless there is exactly one ErrorInfo."""
    call = cast("grpc.Call", error)  # whatever a call raises is both, which the types cannot say
    status = rpc_status.from_call(call)
    assert status is not None, error
    infos = []
    fields: list[str] = []
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            infos.append(error_details_pb2.ErrorInfo.FromString(detail.value))
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            fields += [v.field for v in error_details_pb2.BadRequest.FromString(detail.value).field_violations]
    (info,) = infos
    return Refusal(call.code(), info.reason, status.message, dict(info.metadata), tuple(fields))
