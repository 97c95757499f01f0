"""Templates between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.notification.v1 import message_pb2, template_pb2

from services.kit.failure import FieldViolation, InvalidRequest
from services.notification.convert.messages import encoding_to_proto, timestamp
from services.notification.domain import template as rules
from services.notification.domain import text as texts
from services.notification.usecases.templates import TemplateChange

if TYPE_CHECKING:
    from billmesh.notification.v1 import template_service_pb2


def template_to_proto(template: rules.Template) -> template_pb2.Template:
    """A template with its preview."""
    preview = rules.preview(template)
    size = texts.size(preview)
    return template_pb2.Template(
        id=template.key.text,
        kind=message_pb2.MessageKind.Value(f"MESSAGE_KIND_{template.key.kind}"),
        locale=template.key.locale,
        text=template.text,
        customised=template.customised,
        dlt_template_id=template.dlt_template_id,
        placeholders=[
            template_pb2.TemplatePlaceholder(name=p.name, required=p.required, sample=p.sample)
            for p in rules.PLACEHOLDERS[template.key.kind]
        ],
        preview=preview,
        preview_segments=size.segments,
        preview_encoding=encoding_to_proto(size.encoding),
        update_time=timestamp(template.update_time),
        etag=str(template.version),
    )


def template_change(request: template_service_pb2.UpdateTemplateRequest) -> TemplateChange:
    """What an update asks for. Raises InvalidRequest if it asks for nothing or its etag is none of ours."""
    template = request.template
    paths = set(request.update_mask.paths)
    if not paths:
        paths = {name for name in ("text", "dlt_template_id") if getattr(template, name)}
    if "*" in paths:
        paths |= {"text", "dlt_template_id"}
    if not paths:
        raise InvalidRequest(FieldViolation("update_mask", "must name a field, or a field must be set"))
    if template.etag and not (template.etag.isascii() and template.etag.isdigit()):
        raise InvalidRequest.of("template.etag", "must be an etag as it was read")
    return TemplateChange(
        text=template.text if "text" in paths else None,
        dlt_template_id=template.dlt_template_id if "dlt_template_id" in paths else None,
        version=int(template.etag) if template.etag else None,
    )
