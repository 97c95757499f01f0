"""What is owed by how long it has been due: what the database makes of open bills is what a simple reckoning makes."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.billing.domain.ids import MerchantId
from services.billing.domain.instalments import Instalment, left_of
from services.billing.store.aging import age_open_bills, owing_customers, sum_open_bills
from services.kit.money import Money

if TYPE_CHECKING:
    from tests.services.billing.world import World

_TODAY = date(2026, 3, 10)
_UPPER = ((0, 0), (30, 1), (60, 31), (90, 61))
_CUSTOMERS = tuple(uuid.UUID(int=number) for number in range(1, 4))


@dataclass(frozen=True)
class Open:
    """An issued bill: parts are days overdue (below zero: still to come) and amounts; one part is no instalment."""

    customer: uuid.UUID
    currency: str
    parts: tuple[tuple[int, int], ...]
    settled: int = 0
    credited: int = 0

    @property
    def total(self) -> int:
        return sum(amount for _, amount in self.parts)

    @property
    def state(self) -> str:
        paid = self.settled + self.credited
        return "PAID" if paid == self.total else "PARTLY_PAID" if paid else "ISSUED"

    @property
    def owed(self) -> list[tuple[int, int]]:
        """Days overdue and what is left, of what is not paid."""
        parts = [Instalment(_TODAY - timedelta(days=days), Money(amount, "INR")) for days, amount in self.parts]
        left = left_of(parts, Money(self.settled + self.credited, "INR"))
        return [(days, rest.minor) for (days, _), rest in zip(self.parts, left, strict=True) if rest.minor]


@st.composite
def _bills(draw: st.DrawFn) -> Open:
    days = draw(st.lists(st.integers(-40, 130), min_size=1, max_size=5, unique=True).map(lambda d: sorted(d)[::-1]))
    parts = tuple((day, draw(st.integers(1, 1_000))) for day in days)
    total = sum(amount for _, amount in parts)
    settled = draw(st.integers(0, total))
    return Open(
        customer=draw(st.sampled_from(_CUSTOMERS)),
        currency=draw(st.sampled_from(("INR", "INR", "EUR"))),
        parts=parts,
        settled=settled,
        credited=draw(st.integers(0, total - settled)),
    )


_ONE = _CUSTOMERS[0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_bills(), max_size=8))
# Nothing paid, one part in each bucket; the first is paid by half, by a credit note; all but the last are paid.
@example([Open(_ONE, "INR", ((100, 10), (75, 20), (45, 30), (1, 40), (0, 50), (-5, 60)))])
@example([Open(_ONE, "INR", ((100, 10), (75, 20), (-5, 30)), settled=3, credited=2)])
@example([Open(_ONE, "INR", ((100, 10), (75, 20), (-5, 30)), settled=10, credited=20)])
# Two parts in one bucket are one bill there.
@example([Open(_ONE, "INR", ((20, 10), (10, 20))), Open(_ONE, "INR", ((91, 5),))])
@example([Open(_ONE, "INR", ((31, 1),)), Open(_ONE, "INR", ((30, 1),)), Open(_ONE, "INR", ((90, 1),))])
def test_open_bills_are_aged_piece_by_piece(world: World, bills: list[Open]) -> None:
    merchant = MerchantId(uuid.uuid4())
    _keep(world, merchant, bills)
    with world.deps.db.transaction(merchant=merchant) as tx:
        buckets, customers = age_open_bills(tx, merchant, today=_TODAY, limit=2)
        sums = sum_open_bills(tx, merchant, today=_TODAY)
        everybody = list(owing_customers(tx, merchant, today=_TODAY))
    assert [
        (b.outstanding.currency, b.first, b.last, b.bill_count, b.outstanding.minor) for b in buckets
    ] == _expected_buckets(bills)
    expected = _expected_customers(bills)
    shown = [
        (c.outstanding.currency, -c.outstanding.minor, c.customer_id, c.bill_count, c.overdue.minor, c.oldest_due)
        for c in everybody
    ]
    assert shown == expected
    most = [row for currency in ("EUR", "INR") for row in [row for row in expected if row[0] == currency][:2]]
    assert [(c.outstanding.currency, c.customer_id) for c in customers] == [(row[0], row[2]) for row in most]
    assert [
        (s.outstanding.currency, s.bill_count, s.outstanding.minor, s.overdue_bill_count, s.overdue.minor) for s in sums
    ] == _expected_sums(bills)


def _expected_buckets(bills: list[Open]) -> list[tuple[str, int, int | None, int, int]]:
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for number, bill in enumerate(bills):
        for days, left in bill.owed:
            first = next((first for upper, first in _UPPER if days <= upper), 91)
            found.setdefault((bill.currency, first), []).append((number, left))
    upper = {first: last for last, first in _UPPER}
    return [
        (currency, first, upper.get(first), len({number for number, _ in rows}), sum(left for _, left in rows))
        for (currency, first), rows in sorted(found.items())
    ]


def _expected_customers(bills: list[Open]) -> list[tuple[str, int, uuid.UUID, int, int, date]]:
    found: dict[tuple[str, uuid.UUID], list[Open]] = {}
    for bill in bills:
        if bill.owed:
            found.setdefault((bill.currency, bill.customer), []).append(bill)
    rows = []
    for (currency, customer), own in found.items():
        parts = [part for bill in own for part in bill.owed]
        overdue = sum(left for days, left in parts if days > 0)
        oldest = _TODAY - timedelta(days=max(days for days, _ in parts))
        rows.append((currency, -sum(left for _, left in parts), customer, len(own), overdue, oldest))
    return sorted(rows)


def _expected_sums(bills: list[Open]) -> list[tuple[str, int, int, int, int]]:
    rows = []
    for currency in ("EUR", "INR"):
        own = [bill for bill in bills if bill.owed and bill.currency == currency]
        late = [[left for days, left in bill.owed if days > 0] for bill in own]
        outstanding = sum(left for bill in own for _, left in bill.owed)
        rows.append((currency, len(own), outstanding, sum(map(bool, late)), sum(map(sum, late))))
    return [row for row in rows if row[1]]


def _keep(world: World, merchant: MerchantId, bills: list[Open]) -> None:
    with world.superuser.cursor() as cursor:
        for customer in _CUSTOMERS:
            cursor.execute(
                """INSERT INTO billing.customers (merchant_id, id, display_name, region_code, locale, note, create_time)
                VALUES (%s, %s, 'Ravi', '', '', '', now())""",
                (str(merchant), str(customer)),
            )
        for bill in bills:
            days = [_TODAY - timedelta(days=days) for days, _ in bill.parts]
            amounts = [amount for _, amount in bill.parts]
            parts = [
                (day.isoformat(), amount, sum(amounts[: place + 1]))
                for place, (day, amount) in enumerate(zip(days, amounts, strict=True))
            ]
            cursor.execute(
                """INSERT INTO billing.bills (merchant_id, id, customer_id, customer_name, state, number, currency,
                    discount_minor, place_of_supply, supply_named, due_date, note, net_minor, taxes, rounding_minor,
                    total_minor, settled_minor, credited_minor, create_time, instalments)
                VALUES (%s, %s, %s, '', %s, 'INV/1', %s, 0, '', false, %s, '', 0, '[]', 0, %s, %s, %s, now(), %s)""",
                (
                    *(str(merchant), str(uuid.uuid4()), str(bill.customer), bill.state, bill.currency, days[-1]),
                    *(bill.total, bill.settled, bill.credited, json.dumps(parts) if len(parts) > 1 else None),
                ),
            )
