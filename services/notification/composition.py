"""What both processes of this service are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from billmesh.notification.v1 import (
    callback_service_pb2,
    callback_service_pb2_grpc,
    message_service_pb2,
    message_service_pb2_grpc,
    template_service_pb2,
    template_service_pb2_grpc,
)

from services.kit.clock import SystemClock
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.server import Servicer
from services.notification.clients.mailer import NoMailer
from services.notification.clients.mime import Composer
from services.notification.clients.shield import RedisShield
from services.notification.clients.smtp import SmtpMailer, SmtpServer
from services.notification.clients.tenants import MeshTenants
from services.notification.clients.twilio import TwilioProvider
from services.notification.handlers.callbacks import CallbackHandler
from services.notification.handlers.messages import MessageHandler
from services.notification.handlers.templates import TemplateHandler
from services.notification.usecases.deps import Deps

if TYPE_CHECKING:
    from services.kit.mesh import Mesh
    from services.notification.clients.mailer import Mailer
    from services.notification.clients.provider import ReportReader
    from services.notification.config import NotificationSettings

NAME = "notification"


def dependencies(settings: NotificationSettings, mesh: Mesh, *, name: str = NAME) -> Deps:
    """The real ones. Connects to nothing yet. `name`: of the process, as the database shows it."""
    clock = SystemClock()
    return Deps(
        db=Database(settings, name=name),
        vault=Vault(settings),
        clock=clock,
        ids=TimeOrderedIds(clock),
        provider=TwilioProvider(settings),
        mailer=mailer(settings),
        tenants=MeshTenants(mesh.channel),
        shield=RedisShield(settings.redis_url),
        limits=settings.limits,
        settle=settings.settle,
        text_life=settings.text_life,
        public_url=settings.public_url,
    )


def mailer(settings: NotificationSettings) -> Mailer:
    """The mail server that is configured, if one is."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return NoMailer()
    return SmtpMailer(
        SmtpServer.parse(url),
        composer=Composer(sender=settings.sender, origin=settings.public_url),
        sender=settings.sender.addr_spec,
        greeting=urlsplit(settings.public_url).hostname or "localhost",
        ca_file=settings.smtp_ca_file,
    )


def servicers(deps: Deps, reports: ReportReader) -> tuple[Servicer, ...]:
    """The gRPC services of the server process."""
    return (
        Servicer(
            message_service_pb2.DESCRIPTOR.services_by_name["MessageService"],
            message_service_pb2_grpc.add_MessageServiceServicer_to_server,
            MessageHandler(deps),
        ),
        Servicer(
            template_service_pb2.DESCRIPTOR.services_by_name["TemplateService"],
            template_service_pb2_grpc.add_TemplateServiceServicer_to_server,
            TemplateHandler(deps),
        ),
        Servicer(
            callback_service_pb2.DESCRIPTOR.services_by_name["CallbackService"],
            callback_service_pb2_grpc.add_CallbackServiceServicer_to_server,
            CallbackHandler(deps, reports),
        ),
    )
