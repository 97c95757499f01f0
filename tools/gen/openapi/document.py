"""The whole document, as YAML."""

from typing import Any

import yaml
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tools import contract
from tools.gen.described import Described
from tools.gen.openapi.operations import Operations
from tools.gen.openapi.schemas import Schemas, spoken

_PREAMBLE = (
    "JSON over HTTPS, transcoded to gRPC by the edge. Field names are those of proto3 JSON; unknown query parameters "
    "are refused, unknown fields of a body are ignored. 64-bit integers are strings. A call without a deadline gets 15 "
    "seconds. Errors are `google.rpc.Status`: branch on the `reason` of its `ErrorInfo`, never on the message."
)
_TYPE = "type.googleapis.com/google.rpc."


def document(descriptors: FileDescriptorSet) -> str:
    """OpenAPI 3.1 of every method with an HTTP route that is open beyond the mesh. Needs source information."""
    described = Described(descriptors)
    schemas = Schemas(described)
    operations = Operations(described, schemas)
    reachable = [method for method in contract.methods(descriptors) if not method.is_mesh_only and method.bindings]
    paths: dict[str, dict[str, Any]] = {}
    for method in reachable:
        service = described.services[method.service]
        comment = next(m.comment for m in service.methods if m.proto.name == method.name)
        for path, verb, operation in operations.of(method, comment):
            paths.setdefault(path, {})[verb] = operation
    tags = [
        {"name": name.rpartition(".")[2], "description": spoken(described.services[name].comment)}
        for name in dict.fromkeys(method.service for method in reachable)
    ]
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Billmesh",
            "version": "1",
            "description": _PREAMBLE,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "securitySchemes": {
                "accessToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "at+jwt",
                    "description": "An access token of `POST /oauth2/token`; beside it, the scopes asked for. One that "
                    "is bound to a key comes under the scheme `DPoP`, with a proof in the header `DPoP` (RFC 9449).",
                }
            },
            "parameters": {"IdempotencyKey": _IDEMPOTENCY_KEY},
            "responses": {
                "Error": {
                    "description": "Refused, or failed.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
            },
            "schemas": {"Error": _ERROR, **schemas.components()},
        },
    }
    return yaml.dump(whole, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Spells out what appears twice; paragraphs as blocks."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base class asks with it
        """No anchors."""
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A UUID that the caller makes before sending, in place of `requestId`; one of the two is needed.",
    "schema": {"type": "string", "format": "uuid"},
}


def _detail(name: str, description: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "title": name,
        "description": description,
        "properties": {"@type": {"const": f"{_TYPE}{name}"}, **properties},
        "required": ["@type"],
    }


_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "description": "`google.rpc.Status`, with exactly one `ErrorInfo`.",
    "properties": {
        "code": {"type": "integer", "description": "`google.rpc.Code`."},
        "message": {"type": "string", "description": "For people. May change at any time."},
        "details": {
            "type": "array",
            "items": {
                "anyOf": [
                    _detail(
                        "ErrorInfo",
                        "What to branch on.",
                        reason={**_TEXT, "description": "One of those in docs/errors.md."},
                        domain={**_TEXT, "description": "Who says so, for example `billing.billmesh.example`."},
                        metadata={"type": "object", "additionalProperties": _TEXT},
                    ),
                    _detail("RequestInfo", "By what to ask about this call.", requestId=_TEXT, servingData=_TEXT),
                    _detail(
                        "BadRequest",
                        "Every broken field.",
                        fieldViolations={
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {"field": _TEXT, "description": _TEXT, "reason": _TEXT},
                            },
                        },
                    ),
                    _detail("RetryInfo", "When to try again.", retryDelay=_TEXT),
                ]
            },
        },
    },
    "required": ["code", "message", "details"],
}
