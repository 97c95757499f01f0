"""Bad credit notes, refunds, schedules, files, gateways and reports through the JSON edge: 400, the field, no trace."""

from __future__ import annotations

import copy
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg2
import pytest

from services.kit.ids import from_text
from tests.e2e.test_bad_input import MISSING, changed
from tests.e2e.test_once import customer
from tests.e2e.test_races import inr, new_bill, post
from tools.client.edge import Edge, Refused

if TYPE_CHECKING:
    from tools.demo.flows import Shop

_TABLES = (
    "bills", "bill_lines", "payments", "payment_legs", "credit_notes", "credit_note_numbers", "refunds",
    "ledger_entries", "bill_schedules", "bill_attachments", "customers", "customer_consents", "balance_confirmations",
    "bank_statements", "bank_statement_lines", "gateways", "payment_links",
)  # fmt: skip
_STATEMENT = b"Date,Narration,Ref,Withdrawal,Deposit\n01/06/2026,UPI,412345678901,,118.00\n"


class Books(NamedTuple):
    """A bill over 100 INR of which 40 are paid in cash, and what a good request about it needs."""

    bill: str
    payment: str
    leg: str
    customer: str


@pytest.fixture(scope="module")
def books(edge: Edge, indian_shop: Shop) -> Books:
    customer_id = customer(edge, indian_shop)
    bill = new_bill(edge, indian_shop, 100, customer_id)
    legs = [{"amount": inr(40), "cash": {}}]
    paid = post(edge, indian_shop, f"/v1/bills/{bill['id']}/payments", {"legs": legs})
    indian_shop.owner.step_up()
    return Books(bill["id"], paid["id"], paid["legs"][0]["id"], customer_id)


# What is right, by a name; "{bill}" and so on are filled in.
_GOOD: dict[str, tuple[str, str, dict[str, Any]]] = {
    "credit note": (
        "POST",
        "/v1/bills/{bill}/creditNotes",
        {"lines": [{"billLine": 1, "quantity": {"value": "0.5"}}], "reason": "Came back"},
    ),
    "refund": (
        "POST",
        "/v1/payments/{payment}:refund",
        {"legId": "{leg}", "amount": inr(10), "cash": {}, "reason": "Came back"},
    ),
    "refund of credit": (
        "POST",
        "/v1/customers/{customer}:refundCredit",
        {"amount": inr(10), "cash": {}, "reason": "Asked for it"},
    ),
    "schedule": (
        "POST",
        "/v1/billSchedules",
        {
            "templateBillId": "{bill}",
            "unit": "SCHEDULE_UNIT_MONTH",
            "interval": 1,
            "firstDate": {"year": 2090, "month": 1, "day": 31},
            "endDate": {"year": 2091, "month": 1, "day": 31},
        },
    ),
    "instalments": (
        "POST",
        "/v1/bills",
        {
            "customerId": "{customer}",
            "lines": [
                {"description": "Sofa", "quantity": {"value": "1"}, "unitPrice": inr(30), "taxCode": "GST_EXEMPT"}
            ],
            "instalments": [
                {"dueDate": {"year": 2090, "month": 1, "day": 1}, "amount": inr(10)},
                {"dueDate": {"year": 2090, "month": 2, "day": 1}, "amount": inr(20)},
            ],
        },
    ),
    "gateway": (
        "POST",
        "/v1/gateways",
        {
            "provider": "GATEWAY_PROVIDER_RAZORPAY",
            "displayName": "Razorpay",
            "keyId": "rzp_live_Abc123",
            "keySecret": "secret",
            "webhookSecret": "whsec_of_a_test",
        },
    ),
    "link": ("POST", "/v1/bills/{bill}/paymentLinks", {"gatewayId": "gtw_01m81tpdp4fz7spaycw6v6a6nc"}),
    "consent": (
        "POST",
        "/v1/customers/{customer}/consents",
        {"channel": "CONSENT_CHANNEL_SMS", "state": "CUSTOMER_CONSENT_STATE_WITHDRAWN", "source": "call"},
    ),
    "question": ("POST", "/v1/customers/{customer}:requestConfirmation", {"currencyCode": "INR"}),
    "merge": ("POST", "/v1/customers/{customer}:merge", {"duplicateId": "cus_01m81tpdp4fz7spaycw6v6a6nc"}),
    "match": ("POST", "/v1/bankStatementLines/bsl_01m81tpdp4fz7spaycw6v6a6nc:accept", {"billId": "{bill}"}),
    "dismissal": ("POST", "/v1/bankStatementLines/bsl_01m81tpdp4fz7spaycw6v6a6nc:dismiss", {"reason": "Rent"}),
}


@pytest.mark.parametrize(
    ("what", "path", "value", "named"),
    [
        ("credit note", "lines", [], "credit_note"),
        ("credit note", "lines.0.billLine", 0, "credit_note.lines[0].bill_line"),
        ("credit note", "lines.0.billLine", 2, "credit_note.lines[0].bill_line"),
        ("credit note", "lines.0.billLine", -1, "credit_note.lines[0].bill_line"),
        ("credit note", "lines.0.quantity", MISSING, "credit_note.lines[0].quantity"),
        ("credit note", "lines.0.quantity.value", "0", "credit_note.lines[0].quantity"),
        ("credit note", "lines.0.quantity.value", "-1", "credit_note.lines[0].quantity"),
        ("credit note", "lines.0.quantity.value", "NaN", "credit_note.lines[0].quantity"),
        ("credit note", "lines.0.quantity.value", "1.001", "credit_note.lines[0].quantity"),
        ("credit note", "lines.0.quantity.value", "0.0001", "credit_note.lines[0].quantity"),
        ("credit note", "reason", "", "credit_note.reason"),
        ("credit note", "reason", "x" * 1000, "credit_note.reason"),
        ("credit note", "everything", True, "credit_note"),
        ("refund", "legId", "leg_short", "leg_id"),
        ("refund", "amount", inr(0), "amount"),
        ("refund", "amount", inr(-1), "amount"),
        ("refund", "amount.units", "9000000000000000000", "amount"),
        ("refund", "amount.nanos", 1, "amount"),
        ("refund", "amount.currencyCode", "EUR", "amount"),
        ("refund", "amount.currencyCode", "QQQ", "amount"),
        ("refund", "cash", MISSING, "method"),
        ("refund", "reason", "", "reason"),
        ("refund", "reason", "a\u202eb", "reason"),
        ("refund of credit", "amount", MISSING, "amount"),
        ("refund of credit", "amount", inr(0), "amount"),
        ("refund of credit", "amount.currencyCode", "inr", "amount"),
        ("refund of credit", "reason", MISSING, "reason"),
        ("schedule", "templateBillId", "bill_short", "schedule.template_bill_id"),
        ("schedule", "unit", MISSING, "schedule.unit"),
        ("schedule", "unit", "SCHEDULE_UNIT_CENTURY", "SCHEDULE_UNIT_CENTURY"),
        ("schedule", "interval", -1, "schedule.interval"),
        ("schedule", "interval", 13, "schedule.interval"),
        ("schedule", "firstDate", MISSING, "schedule.first_date"),
        ("schedule", "firstDate.month", 13, "schedule.first_date"),
        ("schedule", "firstDate.year", 2020, "schedule.first_date"),
        ("schedule", "endDate.year", 2089, "schedule.end_date"),
        ("schedule", "endDate", {"year": 2091, "month": 2, "day": 29}, "schedule.end_date"),
        ("instalments", "instalments.0.dueDate", MISSING, "bill.instalments[0].due_date"),
        ("instalments", "instalments.1.dueDate.month", 1, "bill.instalments[1].due_date"),
        ("instalments", "instalments.1.dueDate.day", 30, "bill.instalments[1].due_date"),
        ("instalments", "instalments.0.amount", inr(9), "bill.instalments"),
        ("instalments", "instalments.0.amount", inr(0), "bill.instalments[0].amount"),
        ("instalments", "instalments.0.amount.currencyCode", "USD", "bill.instalments[0].amount"),
        ("instalments", "dueDate", {"year": 2090, "month": 3, "day": 1}, "bill.due_date"),
        ("gateway", "provider", MISSING, "gateway"),
        ("gateway", "provider", "GATEWAY_PROVIDER_NONE", "GATEWAY_PROVIDER_NONE"),
        ("gateway", "displayName", "", "gateway"),
        ("gateway", "keyId", "rzp_test_Abc123", "gateway.key_id"),
        ("gateway", "keySecret", "with blank", "gateway.key_secret"),
        ("gateway", "webhookSecret", MISSING, "gateway"),
        ("link", "gatewayId", "gtw_short", "gateway_id"),
        ("consent", "channel", MISSING, "consent.channel"),
        ("consent", "state", MISSING, "consent.state"),
        ("consent", "source", "x" * 500, "consent.source"),
        ("question", "currencyCode", "rupees", "currency_code"),
        ("question", "currencyCode", "QQQ", "currency_code"),
        ("merge", "duplicateId", "{customer}", "duplicate_id"),
        ("merge", "duplicateId", "cus_short", "duplicate_id"),
        ("match", "billId", "bill_short", "bill_id"),
        ("match", "billId", MISSING, "target"),
        ("dismissal", "reason", "", "reason"),
    ],
)
def test_bad_requests_name_the_field_and_leave_no_trace(
    run: dict[str, Any], edge: Edge, indian_shop: Shop, books: Books, what: str, path: str, value: object, named: str
) -> None:
    verb, template, good = _GOOD[what]
    body = _filled(changed(copy.deepcopy(good), path, value), books)
    query = {"requestId": str(uuid.uuid4())}
    with unchanged(run, indian_shop), pytest.raises(Refused) as caught:
        edge.json(verb, template.format(**books._asdict()), body, token=indian_shop.token, query=query)
    require_named(caught.value, named)


@pytest.mark.parametrize("what", ["credit note", "refund", "schedule", "instalments", "gateway", "question"])
def test_every_one_needs_a_request_id(
    run: dict[str, Any], edge: Edge, indian_shop: Shop, books: Books, what: str
) -> None:
    verb, template, good = _GOOD[what]
    for query in ({}, {"requestId": "1"}):
        with unchanged(run, indian_shop), pytest.raises(Refused) as caught:
            url = template.format(**books._asdict())
            edge.json(verb, url, _filled(copy.deepcopy(good), books), token=indian_shop.token, query=query)
        require_named(caught.value, "request_id")


@pytest.mark.parametrize(
    ("path", "content", "query", "named"),
    [
        ("/v1/bills/{bill}/attachments", b"", {"fileName": "a.pdf"}, "file"),
        ("/v1/bills/{bill}/attachments", b"%PDF-1.7\n", {}, "file_name"),
        ("/v1/bills/{bill}/attachments", b"%PDF-1.7\n", {"fileName": "../a.pdf"}, "file_name"),
        ("/v1/bills/{bill}/attachments", b"%PDF-1.7\n", {"fileName": "x" * 121}, "file_name"),
        ("/v1/bills/{bill}/attachments", b"MZ\x90\x00 a program", {"fileName": "a.pdf"}, "file"),
        ("/v1/bills/{bill}/attachments", b"<svg onload=alert(1)>", {"fileName": "a.png"}, "file"),
        ("/v1/bills/bill_short/attachments", b"%PDF-1.7\n", {"fileName": "a.pdf"}, "bill_id"),
        ("/v1/customers:import", b"", {}, "file"),
        ("/v1/customers:import", b"\x00\x01\x02", {}, "file"),
        ("/v1/customers:import", b"telephone only\n1\n", {}, "file"),
        ("/v1/bankStatements:import", b"", {}, "file"),
        ("/v1/bankStatements:import", b"no,such,columns\n1,2,3\n", {}, "file"),
        ("/v1/bankStatements:import", _STATEMENT, {"account": "a/b"}, "account"),
        ("/v1/bankStatements:import", _STATEMENT, {"currencyCode": "rupees"}, "currency_code"),
        ("/v1/bankStatements:import", _STATEMENT, {"currencyCode": "QQQ"}, "currency_code"),
        ("/v1/bankStatements:import", _STATEMENT, {"dateOrder": "99"}, "date_order"),
    ],
)
def test_bad_files_are_named_and_leave_no_trace(
    run: dict[str, Any], edge: Edge, indian_shop: Shop, books: Books, path: str, content: bytes,
    query: dict[str, str], named: str,
) -> None:  # fmt: skip
    query = {"requestId": str(uuid.uuid4()), **query}
    url = path.format(**books._asdict())
    with unchanged(run, indian_shop), pytest.raises(Refused) as caught:
        edge.upload(url, content, "application/octet-stream", token=indian_shop.token, query=query)
    require_named(caught.value, named)


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("/v1/reports/sales", {"startDate.year": "2026", "startDate.month": "13", "startDate.day": "1"}, "start_date"),
        ("/v1/reports/sales", {"startDate.year": "2026"}, "start_date"),
        ("/v1/reports/sales", {"groupBy": "99"}, "group_by"),
        ("/v1/reports/sales", {"storeId": "sto_short"}, "store_id"),
        ("/v1/reports/sales", {"startDate.year": "many"}, "year"),
        (
            "/v1/reports/collections",
            {f"{end}Date.{part}": value for end, year in (("start", "2026"), ("end", "2025")) for part, value in
             (("year", year), ("month", "1"), ("day", "1"))},
            "start_date",
        ),
        ("/v1/reports/taxes", {"endDate.year": "2026", "endDate.month": "2", "endDate.day": "30"}, "end_date"),
        ("/v1/reports/topCustomers", {"limit": "-1"}, "limit"),
        ("/v1/reports/gstr1", {}, "year"),
        ("/v1/reports/gstr1", {"year": "2026", "month": "13"}, "month"),
        ("/v1/reports:export", {}, "report"),
        ("/v1/reports:export", {"report": "99"}, "report"),
        ("/v1/reports/dayBook", {"pageToken": "damaged"}, "page_token"),
        ("/v1/reports/numbers", {"pageSize": "-1"}, "page_size"),
        ("/v1/customers/{customer}/statement", {"currencyCode": "rupees"}, "currency_code"),
        ("/v1/customers/{customer}/statement", {"startDate.year": "2026", "startDate.day": "31"}, "start_date"),
        ("/v1/ledger/entries", {"pageToken": "damaged"}, "page_token"),
        ("/v1/creditNotes", {"billId": "bill_short"}, "bill_id"),
        ("/v1/refunds", {"pageSize": "-1"}, "page_size"),
        ("/v1/refunds/rfd_short", {}, "id"),
        ("/v1/creditNotes/crn_short", {}, "id"),
        ("/v1/billSchedules/sch_short", {}, "id"),
        ("/v1/bankStatementLines", {"states": "99"}, "states"),
        ("/v1/paymentLinks", {"billId": "bill_short"}, "bill_id"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused_by_name(
    edge: Edge, indian_shop: Shop, books: Books, path: str, query: dict[str, str], named: str
) -> None:
    with pytest.raises(Refused) as caught:
        edge.json("GET", path.format(**books._asdict()), token=indian_shop.token, query=query)
    require_named(caught.value, named)


def require_named(refused: Refused, named: str) -> None:
    """A 400 that says which field."""
    assert refused.http_status == 400, refused
    assert any(named in text for text in (*refused.fields, refused.message)), refused


class unchanged:  # noqa: N801 - it reads as a statement
    """Fails if anything of the merchant was written meanwhile."""

    def __init__(self, run: dict[str, Any], shop: Shop) -> None:
        self._dsn: str = run["database"]["superuser_dsn"]
        self._merchant = str(from_text("mer", shop.merchant_id))

    def __enter__(self) -> None:
        self._before = self._count()

    def __exit__(self, *_: object) -> None:
        assert self._count() == self._before

    def _count(self) -> dict[str, int]:
        counts = {}
        with closing(psycopg2.connect(self._dsn)) as database, database.cursor() as cursor:
            for table in _TABLES:
                cursor.execute(f"SELECT count(*) FROM billing.{table} WHERE merchant_id = %s", (self._merchant,))  # noqa: S608
                ((counts[table],),) = cursor.fetchall()
        return counts


def _filled(body: Any, books: Books) -> Any:
    """`body` with "{bill}" and so on filled in."""
    match body:
        case dict():
            return {key: _filled(value, books) for key, value in body.items()}
        case list():
            return [_filled(value, books) for value in body]
        case str() if body.startswith("{"):
            return body.format(**books._asdict())
        case _:
            return body
