"""Every method that takes an id, called with another merchant's: as if there were no such thing, in JSON and gRPC."""

from __future__ import annotations

import importlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import billmesh
import grpc
import pytest
from billmesh.billing.v1 import (
    attachment_service_pb2,
    attachment_service_pb2_grpc,
    bank_statement_service_pb2,
    bank_statement_service_pb2_grpc,
)
from billmesh.options.v1 import access_pb2
from buf.validate import validate_pb2
from google.api import field_behavior_pb2, httpbody_pb2
from google.protobuf import descriptor_pool, json_format, message_factory

from services.kit import ids
from tests.contract.conftest import METHODS
from tests.harness import refusal
from tools.client.dialects import to_http
from tools.client.edge import Edge, Refused, bearer

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tools.client.people import Person
    from tools.contract import Method
    from tools.demo.flows import Shop

# The messages of all services, not only of those that something else has imported.
GENERATED = Path(billmesh.__path__[0])
for file in GENERATED.rglob("*_pb2.py"):
    importlib.import_module(".".join(("billmesh", *file.relative_to(GENERATED).with_suffix("").parts)))

_ID_PATTERN = re.compile(r"\^([a-z]+)_\[0-7\]")
_DEEPEST = 2
# Reports that take an id as a filter: of another's there are no rows.
REPORTS = {"/billmesh.billing.v1.ReportService/GetSales", "/billmesh.billing.v1.ReportService/GetCollections"}


def id_prefix(field: Any) -> str | None:
    """The prefix of the ids that a field takes, "bill"; None if it takes none."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    patterns = [rules.string.pattern, rules.repeated.items.string.pattern, *(rule.expression for rule in rules.cel)]
    found = next((match for pattern in patterns if (match := _ID_PATTERN.search(pattern))), None)
    return found.group(1) if found else None


def fill(message: Message, known: dict[str, str], depth: int = 0) -> bool:
    """Puts an id into every field that takes one of `known`; tells whether there was such a field."""
    filled = False
    fields: Any = message.DESCRIPTOR.fields
    for field in fields:
        prefix = id_prefix(field)
        if field.name == "request_id":
            setattr(message, field.name, str(uuid.uuid4()))
        elif field.type == field.TYPE_STRING and prefix in known:
            value = known[prefix]
            getattr(message, field.name).append(value) if field.is_repeated else setattr(message, field.name, value)
            filled = True
        elif field.message_type and not field.is_repeated and depth < _DEEPEST and not field.containing_oneof:
            part: Any = message_factory.GetMessageClass(field.message_type)()
            # An update's resource: the rule about its id stands at the request's field.
            if prefix in known:
                part.id = known[prefix]
            if field.message_type.full_name.startswith("billmesh.") and fill(part, known, depth + 1) | (
                prefix in known
            ):
                getattr(message, field.name).CopyFrom(part)
                filled = True
    return filled


def is_complete(message: Message) -> bool:
    """Whether ids are all that the request needs, so that validation cannot be what refuses it."""
    if any(field.message_type for field, _ in message.ListFields()):
        return False
    behaviours: Any = field_behavior_pb2.field_behavior
    required = {
        field.name
        for field in message.DESCRIPTOR.fields
        if field_behavior_pb2.REQUIRED in field.GetOptions().Extensions[behaviours]
    }
    return required <= {field.name for field, _ in message.ListFields()}


def request_of(method: Method, known: dict[str, str]) -> Message | None:
    """The method's request with those ids; None if it takes none of them."""
    kind = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(method.request))
    message = kind()
    return message if fill(message, known) else None


@pytest.fixture(scope="module")
def theirs(edge: Edge, indian_shop: Shop) -> dict[str, str]:
    """One of each thing that the Indian merchant has, by the prefix of its id."""
    token = indian_shop.token

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        return edge.json("POST", path, body, token=token, query={"requestId": str(uuid.uuid4())})

    phone = f"+9195{uuid.uuid4().int % 10**8:08d}"
    customer = post("/v1/customers", {"displayName": "Mine Alone", "phone": phone})
    price = {"currencyCode": "INR", "units": "100"}
    line = {"description": "Chair", "quantity": {"value": "1"}, "unitPrice": price}
    bill = post("/v1/bills", {"customerId": customer["id"], "lines": [line]})
    edge.json("POST", f"/v1/bills/{bill['id']}:issue", {"requestId": str(uuid.uuid4())}, token=token)
    payment = post(f"/v1/bills/{bill['id']}/payments", {"legs": [{"amount": price, "cash": {}}]})
    note = post(f"/v1/bills/{bill['id']}/creditNotes", {"everything": True, "reason": "Wrong"})
    indian_shop.owner.step_up()
    part = {"legId": payment["legs"][0]["id"], "amount": price | {"units": "1"}, "cash": {}, "reason": "Wrong"}
    back = part | {"requestId": str(uuid.uuid4())}
    refund = edge.json("POST", f"/v1/payments/{payment['id']}:refund", back, token=indian_shop.token)
    statement = bank_statement_service_pb2.ImportBankStatementRequest(
        file=httpbody_pb2.HttpBody(data=b"Date,Amount\n01/04/2026,100\n"),
        account=phone[1:],
        request_id=str(uuid.uuid4()),
    )
    statements = bank_statement_service_pb2_grpc.BankStatementServiceStub(edge.channel)
    imported = edge.grpc(statements.ImportBankStatement, statement, token=token).bank_statement.id
    lines = edge.json("GET", "/v1/bankStatementLines", token=token, query={"statementId": imported})
    asking = f"/v1/customers/{customer['id']}:requestConfirmation"
    upload = attachment_service_pb2.AddAttachmentRequest(
        bill_id=bill["id"],
        file=httpbody_pb2.HttpBody(content_type="application/pdf", data=b"%PDF-1.7\n%%EOF\n"),
        file_name="order.pdf",
        request_id=str(uuid.uuid4()),
    )
    attachments = attachment_service_pb2_grpc.AttachmentServiceStub(edge.channel)
    later = datetime.now(UTC).date() + timedelta(days=2)
    schedule = {
        "templateBillId": bill["id"],
        "unit": "SCHEDULE_UNIT_WEEK",
        "firstDate": {"year": later.year, "month": later.month, "day": later.day},
    }
    client = {
        "displayName": "Till",
        "mode": "API_CLIENT_MODE_LIVE",
        "grantTypes": ["GRANT_TYPE_CLIENT_CREDENTIALS"],
        "scopes": ["bills:read"],
        "authentication": "CLIENT_AUTHENTICATION_SECRET",
    }
    registered = {"client": client, "requestId": str(uuid.uuid4())}
    return {
        "att": edge.grpc(attachments.AddAttachment, upload, token=token).id,
        "sch": post("/v1/billSchedules", schedule)["id"],
        "cli": edge.json("POST", "/v1/apiClients", registered, token=indian_shop.token)["client"]["id"],
        "bst": imported,
        "bsl": lines["bankStatementLines"][0]["id"],
        "cus": customer["id"],
        "crn": note["id"],
        "rfd": refund["id"],
        "bill": bill["id"],
        "pay": payment["id"],
        "leg": payment["legs"][0]["id"],
        "bcf": edge.json("POST", asking, {"requestId": str(uuid.uuid4())}, token=token)["id"],
        "sto": indian_shop.store_id,
        "item": edge.json("GET", "/v1/items", token=token, query={"pageSize": "1"})["items"][0]["id"],
        "mbr": edge.json("GET", "/v1/members", token=token)["members"][0]["id"],
    }


_PREFIXES = (
    *("att", "bcf", "bill", "bsl", "bst", "cli", "crn", "cus", "item"),
    *("leg", "mbr", "pay", "rfd", "sch", "sto"),
)
_EXAMPLES = {prefix: ids.to_text(prefix, uuid.UUID(int=1)) for prefix in _PREFIXES}
_TAKING_IDS = [
    method
    for method in METHODS
    if method.access.audience == access_pb2.AUDIENCE_MERCHANT and request_of(method, _EXAMPLES) is not None
]


def test_there_are_methods_to_try() -> None:
    assert len(_TAKING_IDS) > 20


@pytest.mark.parametrize("method", _TAKING_IDS, ids=lambda method: method.path.removeprefix("/billmesh."))
def test_another_merchants_ids_lead_nowhere(
    edge: Edge, finnish_shop: Shop, theirs: dict[str, str], method: Method
) -> None:
    foreign, absent = request_of(method, theirs), request_of(method, {p: ids.to_text(p, uuid.uuid4()) for p in theirs})
    assert foreign is not None
    assert absent is not None
    for ask in (by_grpc, by_json):
        answer = ask(edge, method, foreign, finnish_shop.token)
        assert answer == ask(edge, method, absent, finnish_shop.token)
        if method.name.startswith("List") or method.path in REPORTS:
            # A filter that matches nothing of one's own.
            assert answer in {"nothing", "NOT_FOUND"}
        else:
            # What is not an id may be missing; then the request is refused before anything is looked for.
            assert answer in {"NOT_FOUND", "INVALID_ARGUMENT", "UNAUTHENTICATED STEP_UP_REQUIRED"}
            assert answer == "NOT_FOUND" or not is_complete(foreign) or "STEP_UP" in answer


def by_grpc(edge: Edge, method: Method, request: Message, token: str) -> str:
    """How a native gRPC call ends."""
    response = descriptor_pool.Default().FindMessageTypeByName(method.response)
    call = edge.channel.unary_unary(
        method.path,
        request_serializer=type(request).SerializeToString,
        response_deserializer=message_factory.GetMessageClass(response).FromString,
    )
    try:
        answer = call(request, metadata=bearer(token), timeout=20)
    except grpc.RpcError as error:
        refused = refusal(error)
        return end(refused.code.name, refused.reason)
    return found(answer)


def by_json(edge: Edge, method: Method, request: Message, token: str) -> str:
    """How the same call ends as JSON."""
    verb, path, body, query = to_http(method.path.removeprefix("/"), request)
    try:
        answer = edge.json(verb, path, body, token=token, query=query)
    except Refused as refused:
        code = {5: "NOT_FOUND", 3: "INVALID_ARGUMENT", 16: "UNAUTHENTICATED"}.get(refused.code, str(refused.code))
        return end(code, refused.reason)
    kind = message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(method.response))
    return found(json_format.ParseDict(answer, kind()))


def found(answer: Message) -> str:
    """Whether there is anything in an answer; a report without rows says no more than which days it is about."""
    fields = {field.name for field, _ in answer.ListFields()}
    return "nothing" if not fields or fields == {"period"} else "something"


def end(code: str, reason: str) -> str:
    """The code; with the reason where that is what tells."""
    return f"{code} {reason}" if reason == "STEP_UP_REQUIRED" else code


def test_the_same_for_persons(edge: Edge, shopper: Person, theirs: dict[str, str]) -> None:
    for path in (f"/v1/me/bills/{theirs['bill']}", f"/v1/me/bills/{ids.to_text('bill', uuid.uuid4())}"):
        with pytest.raises(Refused) as caught:
            edge.json("GET", path, token=shopper.token())
        assert (caught.value.http_status, caught.value.reason) == (404, "BILL_NOT_FOUND")
