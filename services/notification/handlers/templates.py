"""TemplateService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.notification.v1 import template_service_pb2 as pb
from billmesh.notification.v1.template_service_pb2_grpc import TemplateServiceServicer

from services.kit.context import caller
from services.kit.paging import cut, page
from services.notification.convert import templates as convert
from services.notification.domain.message import TenantId
from services.notification.domain.template import TemplateKey
from services.notification.usecases import templates

if TYPE_CHECKING:
    import grpc
    from billmesh.notification.v1 import template_pb2

    from services.notification.usecases.deps import Deps


class TemplateHandler(TemplateServiceServicer):
    """The wording of a merchant's messages."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetTemplate(self, request: pb.GetTemplateRequest, context: grpc.ServicerContext) -> template_pb2.Template:
        """One template."""
        found = templates.get_template(TenantId(caller().merchant), TemplateKey.parse(request.id), deps=self._deps)
        return convert.template_to_proto(found)

    def ListTemplates(
        self, request: pb.ListTemplatesRequest, context: grpc.ServicerContext
    ) -> pb.ListTemplatesResponse:
        """All templates."""
        wanted = page(request)
        (after,) = wanted.key(1) or ("",)
        tenant = TenantId(caller().merchant)
        found = templates.list_templates(tenant, after=after, limit=wanted.size + 1, deps=self._deps)
        shown = cut([convert.template_to_proto(template) for template in found], wanted, key=lambda found: (found.id,))
        return pb.ListTemplatesResponse(templates=shown.items, next_page_token=shown.next_page_token)

    def UpdateTemplate(self, request: pb.UpdateTemplateRequest, context: grpc.ServicerContext) -> template_pb2.Template:
        """Changes one template."""
        key = TemplateKey.parse(request.template.id)
        change = convert.template_change(request)
        changed = templates.update_template(TenantId(caller().merchant), key, change, deps=self._deps)
        return convert.template_to_proto(changed)
