"""The process that answers calls: `python -m services.auth.server`. The only place that builds its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import (
    account_service_pb2,
    account_service_pb2_grpc,
    api_client_service_pb2,
    api_client_service_pb2_grpc,
    audit_service_pb2,
    audit_service_pb2_grpc,
    authenticator_service_pb2,
    authenticator_service_pb2_grpc,
    consent_service_pb2,
    consent_service_pb2_grpc,
    device_grant_service_pb2,
    device_grant_service_pb2_grpc,
    login_service_pb2,
    login_service_pb2_grpc,
    member_service_pb2,
    member_service_pb2_grpc,
    merchant_directory_service_pb2,
    merchant_directory_service_pb2_grpc,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
    oauth_service_pb2,
    oauth_service_pb2_grpc,
    passkey_service_pb2,
    passkey_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
    support_access_service_pb2,
    support_access_service_pb2_grpc,
)

from services.auth.breaches import Breaches
from services.auth.config import AuthSettings
from services.auth.handlers.account import AccountHandler
from services.auth.handlers.api_client import ApiClientHandler
from services.auth.handlers.audit import AuditHandler
from services.auth.handlers.authenticator import AuthenticatorHandler
from services.auth.handlers.consent import ConsentHandler
from services.auth.handlers.device_grant import DeviceGrantHandler
from services.auth.handlers.login import LoginHandler
from services.auth.handlers.member import MemberHandler
from services.auth.handlers.merchant import MerchantDirectoryHandler, MerchantHandler
from services.auth.handlers.oauth import OAuthHandler
from services.auth.handlers.passkey import PasskeyHandler
from services.auth.handlers.session import SessionHandler
from services.auth.handlers.support_access import SupportAccessHandler
from services.auth.keys import KeyRing
from services.auth.oauth.endpoint import TokenEndpoint
from services.auth.passwords import Passwords
from services.auth.relying_party import RelyingParty
from services.auth.throttle import PostgresCounters, RedisCounters, Throttle
from services.auth.usecases.deps import Deps
from services.kit import dpop, server
from services.kit.clock import SystemClock
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.tokens import Verifier

if TYPE_CHECKING:
    from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor

    from services.kit.clock import Clock

# Threads that wait for no password, so that a flood of sign-ins leaves room for other calls.
_KEPT_FREE = 8


def dependencies(settings: AuthSettings, *, clock: Clock, passwords: Passwords) -> Deps:
    """What the use cases need, for these settings."""
    db = Database(settings, name="auth")
    vault = Vault(settings)
    ids = TimeOrderedIds(clock)
    return Deps(
        db=db,
        clock=clock,
        ids=ids,
        vault=vault,
        passwords=passwords,
        breaches=Breaches(settings.breached_passwords),
        throttle=_throttle(settings, db=db, vault=vault, clock=clock),
        relying_party=RelyingParty(origin=settings.public_url, name=settings.issuer_name),
        keys=KeyRing(db=db, vault=vault, clock=clock, ids=ids, issuer=settings.public_url, audience=settings.audience),
        clients=settings.registered_clients(),
        replays=dpop.Replays(settings),
        issuer=settings.public_url,
        audience=settings.audience,
        issuer_name=settings.issuer_name,
    )


def _throttle(settings: AuthSettings, *, db: Database, vault: Vault, clock: Clock) -> Throttle:
    return Throttle(
        RedisCounters(settings.redis_url, fallback=PostgresCounters(db)),
        vault=vault,
        clock=clock,
        rules=settings.throttle_rules(),
        exempt=settings.unthrottled_networks,
    )


def servicers(deps: Deps) -> list[server.Servicer]:
    """The gRPC services of auth."""
    return [
        server.Servicer(
            _only(account_service_pb2.DESCRIPTOR),
            account_service_pb2_grpc.add_AccountServiceServicer_to_server,
            AccountHandler(deps),
        ),
        server.Servicer(
            _only(login_service_pb2.DESCRIPTOR),
            login_service_pb2_grpc.add_LoginServiceServicer_to_server,
            LoginHandler(deps),
        ),
        server.Servicer(
            _only(authenticator_service_pb2.DESCRIPTOR),
            authenticator_service_pb2_grpc.add_AuthenticatorServiceServicer_to_server,
            AuthenticatorHandler(deps),
        ),
        server.Servicer(
            _only(passkey_service_pb2.DESCRIPTOR),
            passkey_service_pb2_grpc.add_PasskeyServiceServicer_to_server,
            PasskeyHandler(deps),
        ),
        server.Servicer(
            _only(session_service_pb2.DESCRIPTOR),
            session_service_pb2_grpc.add_SessionServiceServicer_to_server,
            SessionHandler(deps),
        ),
        server.Servicer(
            _only(oauth_service_pb2.DESCRIPTOR),
            oauth_service_pb2_grpc.add_OAuthServiceServicer_to_server,
            OAuthHandler(deps, TokenEndpoint()),
        ),
        server.Servicer(
            _only(merchant_service_pb2.DESCRIPTOR),
            merchant_service_pb2_grpc.add_MerchantServiceServicer_to_server,
            MerchantHandler(deps),
        ),
        server.Servicer(
            _only(merchant_directory_service_pb2.DESCRIPTOR),
            merchant_directory_service_pb2_grpc.add_MerchantDirectoryServiceServicer_to_server,
            MerchantDirectoryHandler(deps),
        ),
        server.Servicer(
            _only(member_service_pb2.DESCRIPTOR),
            member_service_pb2_grpc.add_MemberServiceServicer_to_server,
            MemberHandler(deps),
        ),
        server.Servicer(
            _only(api_client_service_pb2.DESCRIPTOR),
            api_client_service_pb2_grpc.add_ApiClientServiceServicer_to_server,
            ApiClientHandler(deps),
        ),
        server.Servicer(
            _only(consent_service_pb2.DESCRIPTOR),
            consent_service_pb2_grpc.add_ConsentServiceServicer_to_server,
            ConsentHandler(deps),
        ),
        server.Servicer(
            _only(device_grant_service_pb2.DESCRIPTOR),
            device_grant_service_pb2_grpc.add_DeviceGrantServiceServicer_to_server,
            DeviceGrantHandler(deps),
        ),
        server.Servicer(
            _only(audit_service_pb2.DESCRIPTOR),
            audit_service_pb2_grpc.add_AuditServiceServicer_to_server,
            AuditHandler(deps),
        ),
        server.Servicer(
            _only(support_access_service_pb2.DESCRIPTOR),
            support_access_service_pb2_grpc.add_SupportAccessServiceServicer_to_server,
            SupportAccessHandler(deps),
        ),
    ]


def _only(file: FileDescriptor) -> ServiceDescriptor:
    """The one service of a file."""
    (service,) = file.services_by_name.values()
    return service


def main() -> None:
    """Serves until it is told to stop."""
    settings = AuthSettings.model_validate({})
    clock = SystemClock()
    passwords = Passwords(
        workers=settings.password_workers,
        waiting=max(settings.threads - _KEPT_FREE - settings.password_workers, 1),
    )
    deps = dependencies(settings, clock=clock, passwords=passwords)
    # Auth is its own source of keys: it need not ask itself through the mesh.
    verifier = Verifier(settings, source=deps.keys, clock=clock)
    try:
        server.run(settings, name="auth", servicers=servicers(deps), verifier=verifier, clock=clock)
    finally:
        passwords.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
