"""SettingsService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1.settings_service_pb2_grpc import SettingsServiceServicer

from services.billing.convert import attachments
from services.billing.convert import settings as convert
from services.billing.domain.ids import MerchantId
from services.billing.usecases import logos, settings
from services.kit.context import caller

if TYPE_CHECKING:
    import grpc
    from billmesh.billing.v1 import settings_pb2
    from billmesh.billing.v1 import settings_service_pb2 as pb
    from google.api import httpbody_pb2

    from services.billing.usecases.deps import Deps


class SettingsHandler(SettingsServiceServicer):
    """How a merchant bills."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetSettings(self, request: pb.GetSettingsRequest, context: grpc.ServicerContext) -> settings_pb2.Settings:
        """The settings."""
        found = settings.get(self._deps, MerchantId(caller().merchant))
        return convert.settings_to_proto(found, now=self._deps.clock.now())

    def UpdateSettings(self, request: pb.UpdateSettingsRequest, context: grpc.ServicerContext) -> settings_pb2.Settings:
        """The settings, changed."""
        edit, etag = convert.edit_from_proto(request), request.settings.etag
        changed = settings.update(self._deps, MerchantId(caller().merchant), edit=edit, etag=etag)
        return convert.settings_to_proto(changed, now=self._deps.clock.now())

    def GetLogo(self, request: pb.GetLogoRequest, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
        """The logo's bytes."""
        logo = logos.get(self._deps, MerchantId(caller().merchant))
        context.send_initial_metadata(attachments.file_headers(logo))
        return attachments.file_to_proto(logo)

    def SetLogo(self, request: pb.SetLogoRequest, context: grpc.ServicerContext) -> settings_pb2.Settings:
        """A logo, in place."""
        changed = logos.put(self._deps, MerchantId(caller().merchant), request.image.data)
        return convert.settings_to_proto(changed, now=self._deps.clock.now())

    def DeleteLogo(self, request: pb.DeleteLogoRequest, context: grpc.ServicerContext) -> settings_pb2.Settings:
        """The logo, gone."""
        changed = logos.delete(self._deps, MerchantId(caller().merchant))
        return convert.settings_to_proto(changed, now=self._deps.clock.now())
