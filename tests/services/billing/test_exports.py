"""Reports and customers as files: what is in them, of which moment, and what is held while they are read."""

from __future__ import annotations

import codecs
import csv
import io
import threading
import tracemalloc
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2, customer_service_pb2, report_service_pb2_grpc
from billmesh.billing.v1 import report_service_pb2 as pb
from google.type import date_pb2

from services.billing.domain.reports import Grouping
from services.billing.usecases import exports, summaries
from services.billing.usecases.exports import Report
from services.billing.usecases.reports import Asked
from services.kit.ids import from_text
from tests.harness import refusal
from tests.services.billing.copies import copy_bill
from tests.services.billing.world import SCOPES, card, cash, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.services.billing.world import World

PATIENCE = 20.0
# Enough that no buffer on the way holds the file.
MANY = 20_000


def stub(world: World, *, scopes: Sequence[str] = SCOPES) -> report_service_pb2_grpc.ReportServiceStub:
    channel = world.harness.as_merchant(world.merchant, account=uuid.uuid4(), scopes=scopes)
    return report_service_pb2_grpc.ReportServiceStub(channel)


def read(call: Any) -> list[dict[str, str]]:
    """The rows of a file, by their columns."""
    bodies = list(call)
    assert bodies[0].content_type == "text/csv; charset=utf-8"
    data = b"".join(body.data for body in bodies)
    assert data.startswith(codecs.BOM_UTF8)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def exported(world: World, kind: pb.ReportKind.ValueType, **fields: Any) -> list[dict[str, str]]:
    summaries.refresh(world.deps)
    return read(stub(world).ExportReport(pb.ExportReportRequest(report=kind, **fields)))


def wait_until(come_true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.05)):
        if come_true():
            return
        pause.wait(0.05)
    raise TimeoutError


def connections(world: World) -> int:
    """How many the service has taken."""
    taken: int = world.deps.db._engine.pool.checkedout()  # type: ignore[attr-defined]  # seen from behind
    return taken


@pytest.mark.parametrize("kind", [kind for kind in pb.ReportKind.values() if kind])
def test_every_report_is_a_file_that_runs_nothing(world: World, kind: pb.ReportKind.ValueType) -> None:
    customer = world.customer(display_name="=HYPERLINK(1)")
    bill = world.bill(customer=customer)
    payment = world.pay(bill, cash(rupees(10)))
    world.credit(world.bill(customer=customer))
    world.refund(payment, rupees(1))
    rows = exported(world, kind)
    assert rows
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]
    assert {row.get("currency", "INR") for row in rows} == {"INR"}
    assert {row.get("customer", "'=HYPERLINK(1)") for row in rows} == {"'=HYPERLINK(1)"}


def test_the_sales_register_has_each_rate_of_each_paper(world: World) -> None:
    bill = world.bill(line(rupees(100)), line(rupees(50), "2"), line(rupees(10), tax_code="GST5"))
    world.clock.advance(timedelta(seconds=1))
    note = world.credit(bill, {3: "1"})
    world.clock.advance(timedelta(seconds=1))
    void = world.bill()
    world.clock.advance(timedelta(seconds=1))
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=void.id, reason="typo", request_id=new_id()))
    rows = exported(world, pb.REPORT_KIND_SALES_REGISTER)
    names = ("document", "number", "bill_number", "rate", "net", "igst", "cgst", "sgst", "other_taxes", "total")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("bill", bill.number, "", "5", "10.00", "0.00", "0.25", "0.25", "0.00", "10.50"),
        ("bill", bill.number, "", "18", "200.00", "0.00", "18.00", "18.00", "0.00", "236.00"),
        ("credit note", note.number, bill.number, "5", "-10.00", "0.00", "-0.25", "-0.25", "0.00", "-10.50"),
        ("bill", void.number, "", "18", "100.00", "0.00", "9.00", "9.00", "0.00", "118.00"),
        ("bill voided", void.number, "", "18", "-100.00", "0.00", "-9.00", "-9.00", "0.00", "-118.00"),
    ]
    assert [row["document_total"] for row in rows] == ["246.50", "246.50", "-10.50", "118.00", "-118.00"]
    # Sales are a credit.
    assert sum(Decimal(row["net"]) for row in rows) * 100 == -world.trial_balance()["SALES"]


def test_lists_have_what_became_of_each(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, upi(rupees(100), "412345678901"), card(rupees(38)))
    world.refund(payment, rupees(5), leg=1)
    note = world.credit(bill)
    (row,) = exported(world, pb.REPORT_KIND_BILLS)
    wanted = ("bill_id", "number", "net", "tax", "total", "settled", "credited", "outstanding")
    now = world.get(bill)
    amounts = [f"{money.units}.{money.nanos // 10_000_000:02}" for money in (now.totals.settled, now.totals.credited)]
    assert tuple(row[name] for name in wanted) == (bill.id, bill.number, "100.00", "18.00", "118.00", *amounts, "0.00")
    legs = exported(world, pb.REPORT_KIND_PAYMENTS)
    assert [(leg["method"], leg["reference"], leg["amount"], leg["refunded"]) for leg in legs] == [
        ("UPI", "412345678901", "100.00", "0.00"),
        ("CARD", "4242 A1B2C3", "38.00", "5.00"),
    ]
    assert {(leg["payment_id"], leg["bill_number"]) for leg in legs} == {(payment.id, bill.number)}
    (credit,) = exported(world, pb.REPORT_KIND_CREDIT_NOTES)
    assert (credit["number"], credit["bill_number"], credit["total"]) == (note.number, bill.number, "118.00")
    (refund,) = exported(world, pb.REPORT_KIND_REFUNDS)
    assert (refund["bill_number"], refund["method"], refund["amount"]) == (bill.number, "CASH", "5.00")


def test_a_range_is_of_the_merchants_days(world: World) -> None:
    world.pay(world.bill(), cash(rupees(1)))
    before = date_pb2.Date(year=2020, month=1, day=1)
    for kind in (pb.REPORT_KIND_BILLS, pb.REPORT_KIND_PAYMENTS, pb.REPORT_KIND_SALES_REGISTER, pb.REPORT_KIND_DAY_BOOK):
        assert exported(world, kind)
        assert not exported(world, kind, start_date=before, end_date=before)


def test_what_is_broken_or_forbidden_is_refused_before_anything_is_sent(world: World) -> None:
    wrong = pb.ExportReportRequest(
        report=pb.REPORT_KIND_BILLS,
        start_date=date_pb2.Date(year=2026, month=2, day=2),
        end_date=date_pb2.Date(year=2026, month=2, day=1),
    )
    assert refused(lambda: list(stub(world).ExportReport(wrong))).fields == ("start_date",)
    assert refused(lambda: list(stub(world).ExportReport(pb.ExportReportRequest()))).fields == ("report",)
    asked = pb.ExportReportRequest(report=pb.REPORT_KIND_BILLS)
    cashier = [scope for scope in SCOPES if scope != "reports:read"]
    assert refused(lambda: list(stub(world, scopes=cashier).ExportReport(asked))).reason == "SCOPE_MISSING"


def test_nobody_elses_rows_are_in_it(world: World) -> None:
    world.pay(world.bill(), cash(rupees(1)))
    other = world.neighbour()
    for kind in (pb.REPORT_KIND_BILLS, pb.REPORT_KIND_PAYMENTS, pb.REPORT_KIND_SALES_REGISTER, pb.REPORT_KIND_NUMBERS):
        assert exported(world, kind)
        assert not exported(other, kind)
    request = customer_service_pb2.ExportCustomersRequest()
    assert read(world.customers.ExportCustomers(request))
    assert not read(other.customers.ExportCustomers(request))


def test_customers_as_a_file_are_taken_in_again(world: World) -> None:
    world.customer(display_name="Asha", phone="+919876543210", tags=["wholesale", "old"])
    world.customer(display_name="Ravi")
    request = customer_service_pb2.ExportCustomersRequest(name="ash")
    (row,) = read(world.customers.ExportCustomers(request))
    assert (row["display_name"], row["phone"], row["tags"]) == ("Asha", "'+919876543210", "old, wholesale")
    file = b"".join(body.data for body in world.customers.ExportCustomers(request))
    again = customer_service_pb2.ImportCustomersRequest(request_id=new_id())
    again.file.data = file
    assert world.customers.ImportCustomers(again).unchanged_count == 1


def many_bills(world: World, count: int = MANY) -> None:
    bill = world.bill(line(rupees(100)), line(rupees(10), tax_code="GST5"))
    copy_bill(world.superuser, world.merchant, from_text("bill", bill.id), count=count)


def export(world: World, report: Report) -> Any:
    return exports.export(world.deps, world.merchant, report=report, asked=Asked(), by=Grouping.DAY)


@pytest.mark.parametrize("report", [Report.BILLS, Report.DAY_BOOK, Report.SALES_REGISTER])
def test_a_file_is_of_one_moment_and_takes_no_room(world: World, report: Report) -> None:
    many_bills(world)
    chunks = export(world, report)
    tracemalloc.start()
    try:
        first = next(chunks)
        world.bill()
        tracemalloc.reset_peak()
        size, rows = len(first), first.count(b"\r\n")
        for chunk in chunks:
            size, rows = size + len(chunk), rows + chunk.count(b"\r\n")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 1 + (MANY + 1) * (2 if report is Report.SALES_REGISTER else 1)
    assert len(first) < size / 10
    # About two megabytes; all rows at once are fifteen.
    assert peak < 5_000_000
    assert connections(world) == 0


def test_a_reader_who_goes_away_frees_what_was_held(world: World) -> None:
    many_bills(world)
    call: Any = stub(world).ExportReport(pb.ExportReportRequest(report=pb.REPORT_KIND_BILLS))
    next(call)
    assert connections(world) == 1
    call.cancel()
    wait_until(lambda: connections(world) == 0)
    # Nor is it counted any more, however often that happens.
    for _ in range(6):
        again: Any = stub(world).ExportReport(pb.ExportReportRequest(report=pb.REPORT_KIND_BILLS))
        next(again)
        again.cancel()
        wait_until(lambda: connections(world) == 0)


def test_a_file_that_loses_the_database_ends_as_an_error(world: World) -> None:
    many_bills(world)
    call: Any = stub(world).ExportReport(pb.ExportReportRequest(report=pb.REPORT_KIND_BILLS))
    next(call)
    # As it does to a session that a slow reader leaves idle.
    world.query(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usename = 'svc_billing' AND xact_start IS NOT NULL
        """
    )
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    assert refusal(caught.value).reason == "DATABASE_UNAVAILABLE"
    assert len(exported(world, pb.REPORT_KIND_BILLS)) == MANY + 1
