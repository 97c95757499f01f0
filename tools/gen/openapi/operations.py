"""Methods as HTTP operations: what is in the path, in the query and in the body."""

import re
from collections.abc import Iterator
from typing import Any

from billmesh.options.v1 import access_pb2

from services.kit.access import max_auth_age
from tools import contract
from tools.gen import described
from tools.gen.described import Described, Message
from tools.gen.openapi.schemas import Schemas, camel, is_required, spoken

Operation = dict[str, Any]

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=[^}]*)?\}")
_HTTP_BODY = "google.api.HttpBody"
# Given in a header or in the request.
_REQUEST_ID = "request_id"
_AUDIENCES = {
    access_pb2.AUDIENCE_PUBLIC: "anyone",
    access_pb2.AUDIENCE_PERSON: "a signed-in person",
    access_pb2.AUDIENCE_MERCHANT: "a merchant's staff or client",
}


class Operations:
    """Makes the operations of a contract, referring to `schemas`."""

    def __init__(self, contents: Described, schemas: Schemas) -> None:
        self._described = contents
        self._schemas = schemas

    def of(self, method: contract.Method, comment: str) -> Iterator[tuple[str, str, Operation]]:
        """Path, verb and operation for every HTTP route of a method."""
        for index, binding in enumerate(method.bindings):
            # A method with several routes needs as many ids.
            suffix = str(index + 1) if index else ""
            path = _VARIABLE.sub(lambda match: f"{{{camel(match.group(1))}}}", binding.template)
            yield path, binding.verb.lower(), self._operation(method, binding, comment, suffix)

    def _operation(
        self, method: contract.Method, binding: contract.HttpBinding, comment: str, suffix: str
    ) -> Operation:
        request = self._described.messages[method.request]
        # Where the body is a form, names are those of its RFC.
        said = comment if _takes_form(request) else spoken(comment)
        service = method.service.rpartition(".")[2]
        operation: Operation = {
            "operationId": f"{service}_{method.name}{suffix}",
            "tags": [service],
            "summary": said.partition(". ")[0].partition(".\n")[0].strip().rstrip("."),
            "description": f"{said}\n\nFor {_AUDIENCES[method.access.audience]}.{_assurance(method)}",
            "security": [] if method.is_public else [{"accessToken": list(method.access.scopes)}],
        }
        in_path = [match.group(1) for match in _VARIABLE.finditer(binding.template)]
        parameters = [*self._path_parameters(request, in_path), *self._query_parameters(request, binding, in_path)]
        if method.takes_request_id:
            parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
        if parameters:
            operation["parameters"] = parameters
        if binding.body:
            operation["requestBody"] = self._body(request, binding, in_path)
        operation["responses"] = {
            "200": {"description": "Done.", "content": self._answer(method)},
            "default": {"$ref": "#/components/responses/Error"},
        }
        return operation

    def _path_parameters(self, request: Message, in_path: list[str]) -> Iterator[Operation]:
        for path in in_path:
            field = self._field(request, path)
            schema = self._schemas.field(field)
            description = schema.pop("description", "")
            yield {
                "name": camel(path),
                "in": "path",
                "required": True,
                "description": description,
                "schema": {key: value for key, value in schema.items() if key != "readOnly"},
            }

    def _query_parameters(
        self, request: Message, binding: contract.HttpBinding, in_path: list[str]
    ) -> Iterator[Operation]:
        if binding.body == "*":
            return
        for field in request.fields:
            if field.proto.name == binding.body or field.proto.name in in_path:
                continue
            for path, leaf in self._leaves(field, field.proto.name):
                schema = self._schemas.field(leaf)
                parameter: Operation = {"name": camel(path), "in": "query"}
                if is_required(leaf) and path != _REQUEST_ID:
                    parameter["required"] = True
                if description := schema.pop("description", ""):
                    parameter["description"] = description
                yield {**parameter, "schema": schema}

    def _leaves(self, field: described.Field, path: str) -> Iterator[tuple[str, described.Field]]:
        """A message in a query is spelt out field by field."""
        name = field.proto.type_name.removeprefix(".")
        message = self._described.messages.get(name)
        if message is None or "$ref" not in self._schemas.reference(name):
            yield path, field
            return
        for inner in message.fields:
            yield from self._leaves(inner, f"{path}.{inner.proto.name}")

    def _body(self, request: Message, binding: contract.HttpBinding, in_path: list[str]) -> Operation:
        if binding.body == "*":
            # What is in the path must not be in the body too.
            schema = self._schemas.message(request, without=in_path, optional=[_REQUEST_ID])
            return {"required": True, "content": {"application/json": {"schema": schema}}}
        field = self._field(request, binding.body)
        if field.proto.type_name == f".{_HTTP_BODY}":
            return {
                "required": True,
                "description": field.comment,
                "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
            }
        schema = self._schemas.field(field)
        description = schema.pop("description", "")
        return {"required": True, "description": description, "content": {"application/json": {"schema": schema}}}

    def _answer(self, method: contract.Method) -> Operation:
        if method.response == _HTTP_BODY:
            return {"*/*": {"schema": {}}}
        schema = self._schemas.reference(method.response)
        return {"application/json": {"schema": {"type": "array", "items": schema} if method.streams else schema}}

    def _field(self, message: Message, path: str) -> described.Field:
        name, _, rest = path.partition(".")
        field = next(field for field in message.fields if field.proto.name == name)
        return self._field(self._described.messages[field.proto.type_name.removeprefix(".")], rest) if rest else field


def _takes_form(request: Message) -> bool:
    return any(field.proto.type_name == f".{_HTTP_BODY}" for field in request.fields)


def _assurance(method: contract.Method) -> str:
    age = max_auth_age(method.access)
    if age is None:
        return ""
    seconds = int(age.total_seconds())
    return f" Both factors must have been given within the last {seconds} seconds; a client cannot call it."
