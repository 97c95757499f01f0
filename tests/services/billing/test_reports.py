"""Reports of a merchant's sales, collections, taxes, debts and numbers."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import bill_service_pb2, report_service_pb2_grpc
from billmesh.billing.v1 import report_service_pb2 as pb
from google.type import date_pb2

from services.billing.usecases import summaries
from services.kit.ids import to_text
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.world import SCOPES, card, cash, euros, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billmesh.billing.v1 import bill_pb2
    from google.type import money_pb2

    from tests.services.billing.world import World


def on(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def day_of(message: date_pb2.Date) -> date:
    return date(message.year, message.month, message.day)


def minor(money: money_pb2.Money) -> int:
    return money.units * 100 + money.nanos // 10_000_000


def stub(world: World, *, scopes: Sequence[str] = SCOPES) -> report_service_pb2_grpc.ReportServiceStub:
    # A token of now: time moves on in these tests.
    channel = world.harness.as_merchant(world.merchant, account=uuid.uuid4(), scopes=scopes)
    return report_service_pb2_grpc.ReportServiceStub(channel)


def fresh(world: World) -> report_service_pb2_grpc.ReportServiceStub:
    """The reports, once the summaries are up to date."""
    summaries.refresh(world.deps)
    return stub(world)


def void(world: World, bill: bill_pb2.Bill) -> None:
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="typo", request_id=new_id()))


def test_sales_add_up_by_day_and_currency(world: World) -> None:
    world.bill(line(rupees(100)))
    world.bill(line(rupees(50), "2.5"), line(rupees(10), tax_code="GST_EXEMPT"))
    void(world, world.bill(line(rupees(7))))
    world.bill(line(euros(40)), currency_code="EUR")
    report = fresh(world).GetSales(pb.GetSalesRequest())
    assert [(day_of(row.entry_date), row.net.currency_code) for row in report.rows] == [
        (day_of(report.period.end_date), "EUR"),
        (day_of(report.period.end_date), "INR"),
    ]
    inr = report.rows[1]
    assert (inr.bill_count, inr.void_count, inr.credit_note_count) == (3, 1, 0)
    assert (minor(inr.net), minor(inr.tax), minor(inr.rounding), minor(inr.total)) == (23_500, 4_050, 0, 27_550)
    assert [minor(total.total) for total in report.totals] == [4_720, 27_550]
    assert not report.totals[1].HasField("entry_date")
    assert report.period.time_zone == "Asia/Kolkata"
    assert report.period.start_date.day == 1


def test_what_is_voided_counts_against_the_day_of_the_voiding(world: World) -> None:
    world.clock.moment = datetime.now(UTC).replace(hour=10)
    bill = world.bill()
    first = world.clock.now().date()
    summaries.refresh(world.deps)
    void(moved(world, world.clock.now() + timedelta(days=1)), bill)
    asked = pb.GetSalesRequest(start_date=on(first), end_date=on(first + timedelta(days=1)))
    rows = fresh(world).GetSales(asked).rows
    assert [(day_of(row.entry_date), row.bill_count, row.void_count, minor(row.total)) for row in rows] == [
        (first, 1, 0, 11_800),
        (first + timedelta(days=1), 0, 1, -11_800),
    ]


def test_what_is_credited_and_refunded_counts_as_well(world: World) -> None:
    bill = world.bill(line(rupees(100), "4", hsn_code="1006"))
    payment = world.pay(bill, cash(rupees(472)))
    world.credit(bill, {1: "1"})
    world.refund(payment, rupees(72))
    reports = fresh(world)
    (sold,) = reports.GetSales(pb.GetSalesRequest()).totals
    assert (sold.bill_count, sold.credit_note_count, minor(sold.net), minor(sold.tax)) == (1, 1, 30_000, 5_400)
    (taken,) = reports.GetCollections(pb.GetCollectionsRequest()).totals
    assert (minor(taken.received), minor(taken.returned), minor(taken.total)) == (47_200, 7_200, 40_000)
    (code,) = reports.GetTaxSummary(pb.GetTaxSummaryRequest()).codes
    assert (code.quantity.value, minor(code.net), minor(code.tax)) == ("3", 30_000, 5_400)
    (item,) = reports.GetTopItems(pb.GetTopItemsRequest()).items
    assert (item.quantity.value, minor(item.total)) == ("3", 35_400)
    (customer,) = reports.GetTopCustomers(pb.GetTopCustomersRequest()).customers
    assert (customer.bill_count, minor(customer.total)) == (1, 35_400)


def test_sales_and_collections_by_store_and_cashier(world: World) -> None:
    store = to_text("sto", uuid.uuid4())
    item = world.shelve(left="10")
    bill = world.bill(item_line(item), store_id=store)
    world.bill()
    world.pay(bill, cash(rupees(60)), card(rupees(40)))
    reports = fresh(world)
    by_store = reports.GetSales(pb.GetSalesRequest(group_by=pb.REPORT_GROUPING_STORE)).rows
    assert {row.store_id: minor(row.total) for row in by_store} == {store: 10_000, "": 11_800}
    alone = reports.GetSales(pb.GetSalesRequest(store_id=store))
    assert [minor(row.total) for row in alone.totals] == [10_000]
    by_cashier = reports.GetSales(pb.GetSalesRequest(group_by=pb.REPORT_GROUPING_CASHIER)).rows
    ((issuer, count),) = [(row.account_id, row.bill_count) for row in by_cashier]
    assert issuer.startswith("acc_")
    assert count == 2
    by_method = reports.GetCollections(pb.GetCollectionsRequest(group_by=pb.REPORT_GROUPING_METHOD)).rows
    assert {row.method: minor(row.received) for row in by_method} == {"CASH": 6_000, "CARD": 4_000}
    taken = reports.GetCollections(pb.GetCollectionsRequest(group_by=pb.REPORT_GROUPING_STORE)).rows
    assert [(row.store_id, row.payment_count, minor(row.total)) for row in taken] == [(store, 2, 10_000)]
    ((cashier,),) = [
        [row.account_id]
        for row in reports.GetCollections(pb.GetCollectionsRequest(group_by=pb.REPORT_GROUPING_CASHIER)).rows
    ]
    assert cashier.startswith("acc_")
    everything = reports.GetCollections(pb.GetCollectionsRequest(store_id=to_text("sto", uuid.uuid4())))
    assert not everything.rows


def item_line(item: str) -> bill_pb2.BillLine:
    filled = line(rupees(0))
    filled.Clear()
    filled.item_id = item
    filled.quantity.value = "1"
    return filled


def test_taxes_are_those_of_the_bills(world: World) -> None:
    bills = [
        world.bill(line(rupees(99, 99), "3", tax_code="GST18", hsn_code="1006"), line(rupees(20), tax_code="GST5")),
        world.bill(line(rupees(33, 33), "7", tax_code="GST18", hsn_code="1006"), place_of_supply="27"),
        world.bill(line(rupees(11), tax_code="GST_EXEMPT")),
    ]
    void(world, world.bill(line(rupees(500))))
    report = fresh(world).GetTaxSummary(pb.GetTaxSummaryRequest())
    expected: dict[tuple[str, str], list[int]] = {}
    for bill in bills:
        for tax in bill.totals.taxes:
            sums = expected.setdefault((tax.code, tax.rate.value), [0, 0])
            sums[0] += minor(tax.base)
            sums[1] += minor(tax.amount)
    shown = {(row.tax, row.rate.value): [minor(row.base), minor(row.amount)] for row in report.taxes}
    assert shown == expected | {("", "0"): [1_100, 0]}
    by_code = {(row.tax_code, row.hsn_code): (row.quantity.value, minor(row.net)) for row in report.codes}
    assert by_code[("GST18", "1006")] == ("10", 29_997 + 23_331)
    assert sum(minor(row.tax) for row in report.codes) == sum(amount for _, amount in expected.values())


def test_aging_is_of_today(world: World) -> None:
    today = world.clock.now().astimezone(UTC).date()
    ravi, asha = world.customer(display_name="Ravi"), world.customer(display_name="Asha")
    for customer, days in ((ravi, -3), (ravi, 10), (asha, 45), (asha, 75), (asha, 200)):
        world.bill(customer=customer, due_date=on(today - timedelta(days=days)))
    paid = world.bill(customer=ravi, due_date=on(today - timedelta(days=10)))
    world.pay(paid, cash(rupees(18)))
    world.pay(world.bill(), cash(rupees(118)))
    report = stub(world).GetAging(pb.GetAgingRequest())
    found = {bucket.from_days: (bucket.bill_count, minor(bucket.outstanding)) for bucket in report.buckets}
    assert found == {0: (1, 11_800), 1: (2, 21_800), 31: (1, 11_800), 61: (1, 11_800), 91: (1, 11_800)}
    assert [(bucket.to_days, bucket.HasField("to_days")) for bucket in report.buckets][-1] == (0, False)
    assert [(row.display_name, minor(row.outstanding), minor(row.overdue)) for row in report.customers] == [
        ("Asha", 35_400, 35_400),
        ("Ravi", 33_600, 21_800),
    ]


def test_home(world: World) -> None:
    bill = world.bill()
    world.pay(bill, cash(rupees(100)))
    world.bill(line(euros(10)), currency_code="EUR")
    summary = fresh(world).GetHomeSummary(pb.GetHomeSummaryRequest())
    euro, rupee = summary.currencies
    assert (euro.currency_code, minor(euro.sales_today), minor(euro.collected_today)) == ("EUR", 1_180, 0)
    assert (rupee.currency_code, minor(rupee.sales_today), minor(rupee.sales_month)) == ("INR", 11_800, 11_800)
    assert (minor(rupee.collected_today), minor(rupee.outstanding), rupee.open_bill_count) == (10_000, 1_800, 1)
    assert (rupee.bill_count_today, minor(rupee.sales_yesterday)) == (1, 0)
    assert (summary.pending_payment_count, summary.open_alarm_count) == (0, 0)
    assert summary.as_of_time.ToDatetime(UTC) == world.clock.now()


def test_top_customers_and_items(world: World) -> None:
    ravi, asha = world.customer(display_name="Ravi"), world.customer(display_name="Asha")
    item = world.shelve(left="50")
    store = to_text("sto", uuid.uuid4())
    world.bill(item_line(item), customer=ravi, store_id=store)
    world.bill(item_line(item), customer=asha, store_id=store)
    world.bill(line(rupees(300)), customer=asha)
    void(world, world.bill(line(rupees(900)), customer=ravi))
    reports = fresh(world)
    customers = reports.GetTopCustomers(pb.GetTopCustomersRequest()).customers
    assert [(row.display_name, row.bill_count, minor(row.total)) for row in customers] == [
        ("Asha", 2, 45_400),
        ("Ravi", 1, 10_000),
    ]
    assert len(reports.GetTopCustomers(pb.GetTopCustomersRequest(limit=1)).customers) == 1
    items = reports.GetTopItems(pb.GetTopItemsRequest()).items
    assert [(row.item_id, row.description, row.quantity.value, minor(row.total)) for row in items] == [
        ("", "Rice", "1", 35_400),
        (item, "Basmati 1 kg", "2", 20_000),
    ]


def test_the_day_book_tells_everything_in_order(world: World) -> None:
    bill = world.bill(customer=world.customer(display_name="=Ravi"))
    world.clock.advance(timedelta(milliseconds=1))
    world.pay(bill, upi(rupees(18)), cash(rupees(10)))
    world.clock.advance(timedelta(milliseconds=1))
    void(world, other := world.bill())
    reports = stub(world)
    whole = reports.GetDayBook(pb.GetDayBookRequest())
    assert [(row.kind, row.number, minor(row.sold), minor(row.received)) for row in whole.rows[:2]] == [
        ("BILL_ISSUED", bill.number, 11_800, 0),
        ("PAYMENT_RECEIVED", bill.number, 0, 2_800),
    ]
    assert sorted((row.kind, row.number, minor(row.sold)) for row in whole.rows[2:]) == [
        ("BILL_ISSUED", other.number, 11_800),
        ("BILL_VOIDED", other.number, -11_800),
    ]
    first = reports.GetDayBook(pb.GetDayBookRequest(page_size=1))
    second = reports.GetDayBook(pb.GetDayBookRequest(page_size=1, page_token=first.next_page_token))
    assert [*first.rows, *second.rows] == list(whole.rows[:2])
    yesterday = day_of(whole.entry_date) - timedelta(days=1)
    assert not reports.GetDayBook(pb.GetDayBookRequest(entry_date=on(yesterday))).rows


def test_days_are_those_of_the_merchant_when_clocks_change(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    # 25 October 2026 has 25 hours in Helsinki: 21:30 UTC is still the 25th, 22:30 the 26th; the day before, 21:30 is
    # the 25th already.
    for moment, bills in (
        (datetime(2026, 10, 24, 20, 30, tzinfo=UTC), 1),
        (datetime(2026, 10, 24, 21, 30, tzinfo=UTC), 2),
        (datetime(2026, 10, 25, 21, 30, tzinfo=UTC), 4),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), 8),
    ):
        at = moved(world, moment)
        for _ in range(bills):
            at.bill(line(euros(10), tax_code="VAT_STANDARD"))
    asked = pb.GetSalesRequest(start_date=on(date(2026, 10, 24)), end_date=on(date(2026, 10, 26)))
    rows = fresh(moved(world, datetime(2026, 10, 26, 9, tzinfo=UTC))).GetSales(asked).rows
    assert [(row.entry_date.day, row.bill_count) for row in rows] == [(24, 1), (25, 6), (26, 8)]


def test_a_year_ends_where_the_merchant_is(world: World) -> None:
    moved(world, datetime(2026, 12, 31, 18, 29, tzinfo=UTC)).bill()
    late = moved(world, datetime(2026, 12, 31, 18, 30, tzinfo=UTC))
    late.bill()
    asked = pb.GetSalesRequest(start_date=on(date(2026, 12, 31)), end_date=on(date(2026, 12, 31)))
    assert [row.bill_count for row in fresh(late).GetSales(asked).totals] == [1]
    home = stub(late).GetHomeSummary(pb.GetHomeSummaryRequest())
    assert day_of(home.entry_date) == date(2027, 1, 1)
    (rupee,) = home.currencies
    assert (minor(rupee.sales_today), minor(rupee.sales_yesterday), minor(rupee.sales_month)) == (11_800,) * 3


def moved(world: World, moment: datetime) -> World:
    """The same world at another time, with tokens of that time."""
    world.clock.moment = moment
    return replace(world)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"start_date": on(date(2026, 2, 2)), "end_date": on(date(2026, 2, 1))}, "start_date"),
        ({"start_date": on(date(2020, 1, 1)), "end_date": on(date(2026, 1, 1))}, "start_date"),
        ({"end_date": date_pb2.Date(year=2026, month=13, day=1)}, "end_date"),
        ({"group_by": pb.REPORT_GROUPING_METHOD}, "group_by"),
        ({"group_by": 77}, "group_by"),
        ({"store_id": "sto_x"}, "store_id"),
    ],
)
def test_broken_ranges_are_named(world: World, fields: dict[str, Any], field: str) -> None:
    answer = refused(lambda: stub(world).GetSales(pb.GetSalesRequest(**fields)))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (field,))


def test_another_merchants_figures_are_not_shown(world: World) -> None:
    world.bill()
    other = world.neighbour()
    reports = fresh(other)
    assert not reports.GetSales(pb.GetSalesRequest()).rows
    assert not reports.GetAging(pb.GetAgingRequest()).buckets
    assert not reports.GetDayBook(pb.GetDayBookRequest()).rows


def test_cashiers_see_no_reports(world: World) -> None:
    scopes = [scope for scope in SCOPES if scope != "reports:read"]
    answer = refused(lambda: stub(world, scopes=scopes).GetSales(pb.GetSalesRequest()))
    assert answer.reason == "SCOPE_MISSING"
