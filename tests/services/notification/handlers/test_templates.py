"""TemplateService: defaults, changes, placeholders, stale versions, and other merchants' wording."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from billmesh.notification.v1 import message_pb2
from billmesh.notification.v1 import template_service_pb2 as pb
from billmesh.notification.v1.template_pb2 import Template
from billmesh.notification.v1.template_service_pb2_grpc import TemplateServiceStub
from google.protobuf.field_mask_pb2 import FieldMask

from tests.harness import Harness, Refusal, refusal
from tests.services.notification.conftest import World

READ, WRITE = "settings:read", "settings:write"


def staff(service: Harness, merchant: UUID, *scopes: str) -> TemplateServiceStub:
    return TemplateServiceStub(service.as_merchant(merchant, account=uuid4(), scopes=scopes or (READ, WRITE)))


def change(mask: tuple[str, ...] = (), **template: Any) -> pb.UpdateTemplateRequest:
    given = {"id": "bill_issued.en"} | template
    return pb.UpdateTemplateRequest(template=Template(**given), update_mask=FieldMask(paths=mask))


def refused(call: object, wanted: object) -> Refusal:
    with pytest.raises(grpc.RpcError) as error:
        call(wanted)  # type: ignore[operator] # a stub's method
    return refusal(error.value)


def test_defaults(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant, READ)
    listed = stub.ListTemplates(pb.ListTemplatesRequest())
    assert len(listed.templates) == 36
    assert not listed.next_page_token
    assert [t.id for t in listed.templates] == sorted(t.id for t in listed.templates)
    assert not any("phone_verification" in t.id for t in listed.templates)
    one = stub.GetTemplate(pb.GetTemplateRequest(id="bill_issued.fi"))
    assert one in listed.templates
    assert (one.kind, one.locale, one.customised) == (message_pb2.MESSAGE_KIND_BILL_ISSUED, "fi", False)
    assert {p.name: p.required for p in one.placeholders} == {
        "merchant_name": False,
        "bill_number": False,
        "total": False,
        "outstanding": False,
        "due_date": False,
        "link": True,
    }
    assert "eräpäivä" in one.preview
    assert (one.preview_segments, one.preview_encoding) == (1, message_pb2.TEXT_ENCODING_GSM7)


def test_pages(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant, READ)
    shown, token = [], ""
    while True:
        page = stub.ListTemplates(pb.ListTemplatesRequest(page_size=5, page_token=token))
        shown += [template.id for template in page.templates]
        token = page.next_page_token
        if not token:
            break
    assert len(shown) == len(set(shown)) == 36


def test_a_merchants_wording_is_used_and_can_be_taken_back(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    mine = stub.UpdateTemplate(change(text="Namaste! {outstanding} → {link}", dlt_template_id="1107161234567890123"))
    assert mine.customised
    assert mine.preview_encoding == message_pb2.TEXT_ENCODING_UCS2
    message = world.send()
    assert str(world.detail(message).text).startswith("Namaste! ₹1,23,456.50 → https://edge.test/b/")
    assert message.dlt_template_id == "1107161234567890123"
    back = stub.UpdateTemplate(change(mask=("text",), etag=mine.etag))
    assert not back.customised
    # The registration was of the wording that is gone.
    assert not back.dlt_template_id
    assert world.detail(world.send()).text != world.detail(message).text


def test_the_registration_can_change_alone(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    first = stub.UpdateTemplate(change(text="Pay {link}", dlt_template_id="1107161234567890123"))
    second = stub.UpdateTemplate(change(dlt_template_id="1107169999999999999"))
    assert (second.text, second.dlt_template_id) == ("Pay {link}", "1107169999999999999")
    third = stub.UpdateTemplate(change(mask=("dlt_template_id",)))
    assert (third.text, third.dlt_template_id) == (first.text, "")


def test_placeholders_are_checked(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    unknown = refused(stub.UpdateTemplate, change(text="{link} {colour}"))
    assert (unknown.code, unknown.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "PLACEHOLDER_UNKNOWN")
    assert unknown.metadata["placeholders"] == "colour"
    assert unknown.fields == ("template.text",)
    missing = refused(stub.UpdateTemplate, change(text="Please pay {total}"))
    assert (missing.reason, missing.metadata["placeholders"]) == ("PLACEHOLDER_MISSING", "link")
    assert not stub.GetTemplate(pb.GetTemplateRequest(id="bill_issued.en")).customised


def test_bad_fields_are_named(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    for wanted, field in (
        (change(text="{link}" + "x" * 480), "template.text"),
        (change(text="{link}", dlt_template_id="abc"), "template.dlt_template_id"),
        (change(text="{link}", etag="x"), "template.etag"),
        (change(mask=("preview",), text="{link}"), "update_mask"),
        (change(), "update_mask"),
        (change(id="Bill.en", text="{link}"), "template.id"),
        (pb.UpdateTemplateRequest(), "template"),
    ):
        found = refused(stub.UpdateTemplate, wanted)
        assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
        assert field in found.fields


def test_a_stale_version_overwrites_nothing(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    read = stub.GetTemplate(pb.GetTemplateRequest(id="bill_issued.en"))

    def race(number: int) -> str:
        try:
            return str(stub.UpdateTemplate(change(text=f"{{link}} {number}", etag=read.etag)).text)
        except grpc.RpcError as error:
            return refusal(error).reason

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(race, range(8)))
    assert answers.count("TEMPLATE_CHANGED") == 7
    (kept,) = [answer for answer in answers if answer != "TEMPLATE_CHANGED"]
    assert stub.GetTemplate(pb.GetTemplateRequest(id="bill_issued.en")).text == kept


def test_the_platforms_wording_cannot_be_had_or_changed(service: Harness, world: World) -> None:
    stub = staff(service, world.tenant)
    for template_id in ("phone_verification.en", "sign_up_attempt.hi", "bill_issued.sv"):
        assert refused(stub.GetTemplate, pb.GetTemplateRequest(id=template_id)).reason == "TEMPLATE_NOT_FOUND"
        wanted = change(id=template_id, text="{link} {code}")
        found = refused(stub.UpdateTemplate, wanted)
        assert (found.code, found.reason) == (grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND")


def test_another_merchant_keeps_theirs(service: Harness, world: World, other_merchant: UUID) -> None:
    staff(service, world.tenant).UpdateTemplate(change(text="Mine {link}"))
    theirs = staff(service, other_merchant).GetTemplate(pb.GetTemplateRequest(id="bill_issued.en"))
    assert not theirs.customised


def test_who_may_call(service: Harness, world: World) -> None:
    get, update = pb.GetTemplateRequest(id="bill_issued.en"), change(text="{link}")
    assert refused(staff(service, world.tenant, READ).UpdateTemplate, update).reason == "SCOPE_MISSING"
    assert refused(staff(service, world.tenant, WRITE).GetTemplate, get).reason == "SCOPE_MISSING"
    anonymous = TemplateServiceStub(service.anonymous())
    for call, wanted in (
        (anonymous.GetTemplate, get),
        (anonymous.ListTemplates, pb.ListTemplatesRequest()),
        (anonymous.UpdateTemplate, update),
    ):
        assert refused(call, wanted).reason == "TOKEN_MISSING"
    person = TemplateServiceStub(service.as_person(uuid4(), scopes=(READ, WRITE)))
    assert refused(person.GetTemplate, get).reason == "WRONG_AUDIENCE"
    assert refused(TemplateServiceStub(service.as_mesh("billing")).GetTemplate, get).reason == "CALLER_NOT_ALLOWED"
