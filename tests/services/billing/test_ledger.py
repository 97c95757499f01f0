"""The books, read by the merchant: accounts, entries, the trial balance."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from billmesh.billing.v1 import bill_service_pb2
from billmesh.billing.v1 import ledger_service_pb2 as pb
from google.type import date_pb2

from services.billing.usecases import summaries
from services.kit.ids import to_text
from tests.services.billing.world import card, cash, line, new_id, refused, rupees

if TYPE_CHECKING:
    from billmesh.billing.v1 import ledger_pb2
    from google.type import money_pb2

    from tests.services.billing.world import World


def on(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def paise(money: money_pb2.Money) -> int:
    assert money.currency_code == "INR"
    return money.units * 100 + money.nanos // 10_000_000


def balance(world: World, **fields: date_pb2.Date) -> ledger_pb2.TrialBalance:
    summaries.refresh_merchant(world.deps, world.merchant)
    return world.ledger.GetTrialBalance(pb.GetTrialBalanceRequest(**fields))


def test_the_trial_balance_is_zero_and_shows_each_account(world: World) -> None:
    bill = world.bill(line(rupees(100)), line(rupees(50), tax_code="GST5"))
    world.pay(bill, card(rupees(100)), cash(rupees(80)))
    shown = balance(world)
    assert {row.code: paise(row.balance) for row in shown.rows} == world.trial_balance() | {"RECEIVABLE": 0}
    (total,) = shown.totals
    assert paise(total.balance) == 0
    assert paise(total.debit) == paise(total.credit) == 17_050 + 18_000
    assert shown.as_of_time.ToDatetime(UTC) == world.clock.now()


def test_a_void_is_posted_back_and_leaves_zero(world: World) -> None:
    bill = world.bill()
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=bill.id, reason="typo", request_id=new_id()))
    shown = balance(world)
    assert {paise(row.balance) for row in shown.rows} == {0}
    assert {paise(row.debit) for row in shown.rows if row.code == "RECEIVABLE"} == {11_800}


def test_the_trial_balance_says_how_fresh_it_is(world: World) -> None:
    world.bill()
    balance(world)
    first = world.clock.now()
    world.clock.advance(timedelta(minutes=1))
    world.bill()
    late = world.clock.now()
    world.clock.advance(timedelta(minutes=1))
    shown = world.ledger.GetTrialBalance(pb.GetTrialBalanceRequest())
    assert shown.as_of_time.ToDatetime(UTC) == late > first
    assert {row.code: paise(row.balance) for row in shown.rows}["SALES"] == -10_000
    shown = balance(world)
    assert shown.as_of_time.ToDatetime(UTC) == world.clock.now()
    assert {row.code: paise(row.balance) for row in shown.rows}["SALES"] == -20_000


def test_a_day_ends_at_midnight_where_the_merchant_is(world: World) -> None:
    # 18:29 UTC is 23:59 in Bengaluru.
    world.clock.moment = datetime.now(UTC).replace(hour=18, minute=29, second=0, microsecond=0)
    today = world.clock.now().date()
    world.bill()
    world.clock.advance(timedelta(minutes=1))
    world.bill()
    sums = {row.code: paise(row.balance) for row in balance(world, end_date=on(today)).rows}
    assert sums["SALES"] == -10_000
    shown = balance(world)
    assert shown.end_date == on(today + timedelta(days=1))
    assert {row.code: paise(row.balance) for row in shown.rows}["SALES"] == -20_000


def test_accounts_are_listed_in_pages(world: World) -> None:
    customer = world.customer()
    world.bill(customer=customer)
    world.bill()
    seen: list[ledger_pb2.LedgerAccount] = []
    token = ""
    while True:
        page = world.ledger.ListAccounts(pb.ListAccountsRequest(page_size=2, page_token=token))
        seen += page.accounts
        token = page.next_page_token
        if not token:
            break
    assert sorted(account.code for account in seen) == ["RECEIVABLE", "RECEIVABLE", "SALES", "TAX:CGST", "TAX:SGST"]
    assert [account.id for account in seen] == sorted(account.id for account in seen)
    own = world.ledger.ListAccounts(pb.ListAccountsRequest(customer_id=customer.id)).accounts
    assert [(account.code, account.customer_id) for account in own] == [("RECEIVABLE", customer.id)]
    assert len(world.ledger.ListAccounts(pb.ListAccountsRequest(code="RECEIVABLE")).accounts) == 2


def test_entries_are_listed_by_account_bill_and_day(world: World) -> None:
    first = world.bill()
    # Ids sort by the millisecond in which they were made.
    world.clock.advance(timedelta(milliseconds=1))
    second = world.bill()
    world.clock.advance(timedelta(milliseconds=1))
    world.pay(first, cash(rupees(118)))
    (cash_account,) = world.ledger.ListAccounts(pb.ListAccountsRequest(code="MONEY:CASH")).accounts
    (sales,) = world.ledger.ListAccounts(pb.ListAccountsRequest(code="SALES")).accounts

    def kinds(**fields: object) -> list[tuple[str, str]]:
        answer = world.ledger.ListEntries(pb.ListEntriesRequest(**fields))  # type: ignore[arg-type] # what is asked for
        return [(entry.kind, entry.bill_id) for entry in answer.entries]

    assert kinds() == [("PAYMENT_RECEIVED", first.id), ("BILL_ISSUED", second.id), ("BILL_ISSUED", first.id)]
    assert kinds(bill_id=first.id) == [("PAYMENT_RECEIVED", first.id), ("BILL_ISSUED", first.id)]
    assert kinds(account_id=cash_account.id) == [("PAYMENT_RECEIVED", first.id)]
    today = world.clock.now().astimezone().date()
    wide = {"start_date": on(today - timedelta(days=2)), "end_date": on(today + timedelta(days=2))}
    assert kinds(account_id=sales.id, **wide) == [("BILL_ISSUED", second.id), ("BILL_ISSUED", first.id)]
    assert kinds(end_date=on(today - timedelta(days=2))) == []
    assert kinds(account_id=sales.id, start_date=on(today + timedelta(days=2))) == []
    page = world.ledger.ListEntries(pb.ListEntriesRequest(account_id=sales.id, page_size=1))
    assert [entry.bill_id for entry in page.entries] == [second.id]
    again = pb.ListEntriesRequest(account_id=sales.id, page_size=1, page_token=page.next_page_token)
    rest = world.ledger.ListEntries(again)
    assert [entry.bill_id for entry in rest.entries] == [first.id]
    assert rest.next_page_token == ""


def test_an_entry_shows_what_it_posted(world: World) -> None:
    bill = world.bill()
    (entry,) = world.ledger.ListEntries(pb.ListEntriesRequest(bill_id=bill.id)).entries
    posted = {(posting.code, posting.customer_id): paise(posting.amount) for posting in entry.postings}
    assert posted == {
        ("RECEIVABLE", bill.customer_id): 11_800,
        ("SALES", ""): -10_000,
        ("TAX:CGST", ""): -900,
        ("TAX:SGST", ""): -900,
    }
    assert entry.entry_date == bill.issue_date


def test_a_bill_of_nothing_has_an_entry_too(world: World) -> None:
    bill = world.bill(line(rupees(0)))
    (entry,) = world.ledger.ListEntries(pb.ListEntriesRequest(bill_id=bill.id)).entries
    assert (entry.kind, len(entry.postings)) == ("BILL_ISSUED", 0)


def test_another_merchants_books_are_closed(world: World) -> None:
    bill = world.bill()
    (sales,) = world.ledger.ListAccounts(pb.ListAccountsRequest(code="SALES")).accounts
    other = world.neighbour()
    assert not other.ledger.ListAccounts(pb.ListAccountsRequest()).accounts
    assert not other.ledger.ListEntries(pb.ListEntriesRequest(bill_id=bill.id)).entries
    assert not other.ledger.ListEntries(pb.ListEntriesRequest(account_id=sales.id)).entries
    assert not balance(other).rows


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListEntriesRequest(account_id="lac_1"), "account_id"),
        (pb.ListEntriesRequest(start_date=date_pb2.Date(year=2026, month=2, day=30)), "start_date"),
        (pb.ListEntriesRequest(end_date=date_pb2.Date(year=2026)), "end_date"),
        (pb.ListEntriesRequest(page_token="x"), "page_token"),  # noqa: S106 - of a page
    ],
)
def test_broken_filters_are_named(world: World, request_: pb.ListEntriesRequest, field: str) -> None:
    assert refused(lambda: world.ledger.ListEntries(request_)).fields == (field,)


def test_an_unknown_account_has_no_entries(world: World) -> None:
    world.bill()
    request = pb.ListEntriesRequest(account_id=to_text("lac", uuid.uuid4()))
    assert not world.ledger.ListEntries(request).entries
