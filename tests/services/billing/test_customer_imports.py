"""Customers from a file: all faults at once, all rows or the good ones, nothing twice and nothing by halves."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import customer_import_pb2, customer_pb2, customer_service_pb2, customer_service_pb2_grpc
from google.api import httpbody_pb2

from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.harness import Refusal
from tests.services.billing.world import SCOPES, at_once, new_id, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_LOG = logging.getLogger(__name__)
GOOD_ROWS = customer_import_pb2.CUSTOMER_IMPORT_MODE_GOOD_ROWS
CREATED = customer_import_pb2.CUSTOMER_IMPORT_OUTCOME_CREATED
UPDATED = customer_import_pb2.CUSTOMER_IMPORT_OUTCOME_UPDATED
UNCHANGED = customer_import_pb2.CUSTOMER_IMPORT_OUTCOME_UNCHANGED


def _request(text: str | bytes, **more: Any) -> customer_service_pb2.ImportCustomersRequest:
    data = text.encode() if isinstance(text, str) else text
    body = httpbody_pb2.HttpBody(content_type="text/csv", data=data)
    return customer_service_pb2.ImportCustomersRequest(file=body, **({"request_id": new_id()} | more))


def _import(world: World, text: str | bytes, **more: Any) -> customer_service_pb2.ImportCustomersResponse:
    return world.customers.ImportCustomers(_request(text, **more))


def _all(world: World) -> list[customer_pb2.Customer]:
    request = customer_service_pb2.ListCustomersRequest(page_size=500)
    return sorted(world.customers.ListCustomers(request).customers, key=lambda customer: customer.display_name)


def _count(world: World) -> int:
    ((count,),) = world.query("SELECT count(*) FROM billing.customers WHERE merchant_id = %s", str(world.merchant))
    return int(count)


def _faults(answer: customer_service_pb2.ImportCustomersResponse) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.field) for fault in answer.faults]


def test_a_file_as_shops_have_them(world: World) -> None:
    answer = _import(
        world,
        "\ufeffParty Name;Mobile No.;GSTIN;E-Mail;Remarks;Group;Credit Limit (INR);Credit Limit;Balance\r\n"
        '"Sharma; Sons";98450 12345;27aapfu0939f1zv;ravi@example.com;"Pays\nlate";gold| silver;;1,00,000.50;12\r\n'
        ";;;;;;;;\r\n"
        "आशा;'+91 98450 12346;;;;;;;\r\n"
        "No Phone;;;;;;;25000;\r\n",
    )
    assert (answer.row_count, answer.created_count, answer.fault_count) == (3, 3, 0)
    assert [(each.row, each.outcome) for each in answer.customers] == [(2, CREATED), (4, CREATED), (5, CREATED)]
    assert list(answer.ignored_columns) == ["Credit Limit (INR)", "Balance"]
    no_phone, sharma, asha = _all(world)
    assert (sharma.display_name, sharma.phone, sharma.tax_id) == ("Sharma; Sons", "+919845012345", "27AAPFU0939F1ZV")
    assert (sharma.email, sharma.note, sharma.region_code) == ("ravi@example.com", "Pays\nlate", "27")
    assert (list(sharma.tags), sharma.credit_limit) == (["gold", "silver"], rupees(100_000, 50))
    assert (asha.display_name, asha.phone, asha.HasField("credit_limit")) == ("आशा", "+919845012346", False)
    assert (no_phone.phone, no_phone.credit_limit) == ("", rupees(25_000))
    assert {each.customer_id for each in answer.customers} == {sharma.id, asha.id, no_phone.id}


def test_all_of_five_thousand_rows_or_the_good_ones(world: World) -> None:
    bad = set(range(100, 5_100, 125))
    assert len(bad) == 40
    lines = ["name,phone,email,gstin"]
    for row in range(2, 5_002):
        phone = "12" if row in bad else f"98{row:08d}"
        lines.append(f"Customer {row},{phone},c{row}@example.com,27AAPFU0939F1ZV")
    text = "\n".join(lines)
    began = time.perf_counter()
    answer = _import(world, text)
    _LOG.info("5,000 rows, 40 of them bad, were refused in %.2f s", time.perf_counter() - began)
    assert (answer.row_count, answer.fault_count, len(answer.customers)) == (5_000, 40, 0)
    assert _faults(answer) == [(row, "phone", "phone") for row in sorted(bad)]
    assert {fault.description for fault in answer.faults} == {"must be a telephone number that can exist"}
    assert _count(world) == 0
    began = time.perf_counter()
    answer = _import(world, text, mode=GOOD_ROWS)
    _LOG.info("5,000 rows, 4,960 of them good, were written in %.2f s", time.perf_counter() - began)
    assert (answer.created_count, answer.fault_count, _count(world)) == (4_960, 40, 4_960)
    began = time.perf_counter()
    again = _import(world, text.replace("@example.com", "@example.org"), mode=GOOD_ROWS)
    _LOG.info("the same 4,960 were changed in %.2f s", time.perf_counter() - began)
    assert (again.created_count, again.updated_count, _count(world)) == (0, 4_960, 4_960)


def test_faults_of_every_kind_are_told_together(world: World) -> None:
    world.customer(display_name="Known", phone="+919845012345")
    answer = _import(
        world,
        "Name,Mobile,E-mail,GST No,State Code,Language,Notes,Tags,Credit limit\n"
        ",98450,ravi@,27AAPFU0939F1ZX!,9,english,\x07,a,lots\n"
        f"{'x' * 121},9.19845E+11,,,,,,{','.join('abcdefghijklmnopqrstu')},\n".replace(
            ",".join("abcdefghijklmnopqrstu"), '"' + ",".join("abcdefghijklmnopqrstu") + '"'
        )
        + "Twice,9845012345,,27AAPFU0939F1ZX,99,,,,-5\n"
        "Once more,+91 98450 12345,,,,,,,\n"
        "A,9845012346,,,99,,,,\n"
        "B,9845012347,,27AAPFU0939F1ZX,,,,,\n"
        "C,9845012346,,,,,,,\n"
        "D,98450 12348,,,,,,,,more\n",
    )
    assert _faults(answer) == [
        (2, "Name", "display_name"),
        (2, "Mobile", "phone"),
        (2, "Credit limit", "credit_limit"),
        (2, "E-mail", "email"),
        (2, "GST No", "tax_id"),
        (2, "State Code", "region_code"),
        (2, "Language", "locale"),
        (2, "Notes", "note"),
        (3, "Mobile", "phone"),
        (3, "Name", "display_name"),
        (3, "Tags", "tags"),
        (4, "Credit limit", "credit_limit"),
        (4, "GST No", "tax_id"),
        (6, "State Code", "region_code"),
        (7, "GST No", "tax_id"),
        (8, "Mobile", "phone"),
        (9, "", ""),
    ]
    assert "format the column as text" in answer.faults[8].description
    assert answer.faults[15].description == "is the number of row 6 already"
    assert _count(world) == 1


def test_a_known_number_is_changed_and_nothing_is_lost(world: World) -> None:
    known = world.customer(
        display_name="Ravi", phone="+919845012345", email="ravi@example.com", note="Old", tags=["gold"]
    )
    text = "name,phone,note,email\nRavi Kumar,98450 12345,New,\nRani,98450 12346,,\n"
    preview = _import(world, text, validate_only=True)
    assert [(each.outcome, each.customer_id) for each in preview.customers] == [(UPDATED, known.id), (CREATED, "")]
    assert (preview.created_count, preview.updated_count) == (1, 1)
    assert _all(world) == [known]
    answer = _import(world, text)
    rani, ravi = _all(world)
    assert [each.customer_id for each in answer.customers] == [known.id, rani.id]
    assert (ravi.id, ravi.display_name, ravi.note) == (known.id, "Ravi Kumar", "New")
    assert (ravi.email, list(ravi.tags)) == ("ravi@example.com", ["gold"])
    assert ravi.etag != known.etag
    again = _import(world, text)
    assert [each.outcome for each in again.customers] == [UNCHANGED, UNCHANGED]
    assert _all(world) == [rani, ravi]


def test_a_repeat_writes_once_and_a_refused_file_may_be_mended(world: World) -> None:
    request = _request("name,phone\nNo Number,\nRavi,98450 12345\nRani,12\n")
    first = world.customers.ImportCustomers(request)
    assert (first.fault_count, _count(world)) == (1, 0)
    request.file.data = b"name,phone\nNo Number,\nRavi,98450 12345\nRani,98450 12346\n"
    answers = at_once(4, lambda _: world.customers.ImportCustomers(request))
    assert all(answer == answers[0] for answer in answers)
    assert _count(world) == 3
    request.file.data += b"Asha,\n"
    assert refused(lambda: world.customers.ImportCustomers(request)).reason == "REQUEST_ID_REUSED"
    noted = world.query(
        """
        SELECT args->'event'->'details' FROM billing.procrastinate_jobs
        WHERE args->'event'->>'merchant_id' = %s AND args->'event'->>'action' = 'customer.imported'
        """,
        to_text("mer", world.merchant),
    )
    assert noted == [({"created": "3", "updated": "0"},)]


def test_the_number_of_an_erased_customer_is_somebody_new(world: World) -> None:
    before = world.customer(display_name="Ravi", phone="+919845012345")
    world.customers.EraseCustomer(customer_service_pb2.EraseCustomerRequest(id=before.id))
    answer = _import(world, "name,phone\nRani,98450 12345\n")
    assert (answer.created_count, answer.updated_count) == (1, 0)
    assert answer.customers[0].customer_id != before.id
    found = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=before.id))
    assert (found.display_name, found.phone) == ("", "")


def test_a_file_beside_a_merge_loses_nobody(world: World) -> None:
    pair = [world.customer(display_name="Ravi"), world.customer(display_name="Ravi K.", phone="+919845012345")]
    merge = customer_service_pb2.MergeCustomersRequest(id=pair[0].id, duplicate_id=pair[1].id, request_id=new_id())
    text = "name,phone\nRavi Kumar,98450 12345\n"
    answers = at_once(2, lambda number: world.customers.MergeCustomers(merge) if number else _import(world, text))
    assert all(not isinstance(answer, Refusal) or answer.reason == "CUSTOMER_CHANGED" for answer in answers)
    assert [customer.phone for customer in _all(world)] == ["+919845012345"]


def test_two_files_with_the_same_people_at_once(world: World) -> None:
    world.customer()
    text = "name,phone\n" + "".join(f"Customer {row},98{row:08d}\n" for row in range(300))
    answers = at_once(4, lambda _: _import(world, text))
    failed = [answer for answer in answers if not isinstance(answer, customer_service_pb2.ImportCustomersResponse)]
    assert {(answer.code, answer.reason) for answer in failed} <= {(grpc.StatusCode.ABORTED, "CUSTOMER_CHANGED")}
    assert len(failed) < 4
    assert _count(world) == 301


@pytest.mark.parametrize(
    "content",
    [
        b"phone\n9845012345\n",
        b"name,Party Name\nA,B\n",
        b"PK\x03\x04\0\0",
        b"name\n\xe4\n",
        b'name\n"open\n',
        b'name\n"a"b\n',
        b"\xef\xbb\xbf",
        b"name\n" + b"x\n" * 10_001,
        b"",
        b"x" * (5 * 1024 * 1024 + 1),
    ],
    ids=lambda content: str(content)[:20],
)
def test_what_is_no_such_file_is_refused(world: World, content: bytes) -> None:
    answer = refused(lambda: _import(world, content))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(answer.fields) == {"file"}


def test_excel_in_unicode_and_a_finnish_shop(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    text = "sep=\t\nAsiakas\tPuhelin\tALV-numero\tLuottoraja\nÖhman\t040 123 4567\t2077474-0\t1500,5\n"
    assert _import(world, text.encode("utf-16")).created_count == 1
    (customer,) = _all(world)
    assert (customer.phone, customer.tax_id) == ("+358401234567", "FI20774740")
    assert (customer.credit_limit.currency_code, customer.credit_limit.nanos) == ("EUR", 500_000_000)


def test_cashiers_import_no_limits(world: World) -> None:
    channel = world.harness.as_merchant(world.merchant, account=uuid.uuid4(), scopes=SCOPES, roles=("cashier",))
    cashier = customer_service_pb2_grpc.CustomerServiceStub(channel)
    answer = refused(lambda: cashier.ImportCustomers(_request("name,credit limit\nA,5\n")))
    assert (answer.code, answer.reason) == (grpc.StatusCode.PERMISSION_DENIED, "CREDIT_LIMIT_DENIED")
    assert _count(world) == 0
    assert cashier.ImportCustomers(_request("name,credit limit\nA,\n")).created_count == 1
