"""What the database itself refuses, whatever the code does: other tenants, unbalanced entries, rewriting the past."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import psycopg2
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from services.billing.domain.ids import BillId, EntryId
from services.billing.domain.ledger import SALES, Account, Entry, EntryKind, Posting
from services.billing.store.ledger import post
from services.billing.usecases.partitions import make_ahead
from services.kit.ids import at, from_text
from services.kit.money import Money
from tests.services.billing.world import cash, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_TENANT_TABLES = (
    "settings",
    "number_series",
    "customers",
    "bills",
    "bill_lines",
    "bill_numbers",
    "payments",
    "payment_legs",
    "credit_note_series",
    "credit_notes",
    "credit_note_lines",
    "credit_note_numbers",
    "refunds",
    "ledger_accounts",
    "ledger_entries",
    "ledger_postings",
    "person_bills",
)


def _entry(*amounts: tuple[str, int, str]) -> Entry:
    return Entry(
        id=EntryId(uuid.uuid4()),
        kind=EntryKind.PAYMENT_RECEIVED,
        bill_id=BillId(uuid.uuid4()),
        payment_id=None,
        on=date(2026, 6, 1),
        create_time=datetime.now(UTC),
        postings=tuple(
            Posting(Account(code, None, currency), Money(amount, currency)) for code, amount, currency in amounts
        ),
    )


@pytest.mark.parametrize(
    "amounts",
    [
        [(SALES, -100, "INR"), ("MONEY:CASH", 99, "INR")],
        [(SALES, -100, "INR")],
        [(SALES, -100, "INR"), ("MONEY:CASH", 100, "EUR")],
    ],
)
def test_an_entry_that_does_not_balance_cannot_be_committed(world: World, amounts: list[tuple[str, int, str]]) -> None:
    with (
        pytest.raises(IntegrityError, match="does not balance"),
        world.deps.db.transaction(merchant=world.merchant) as tx,
    ):
        post(tx, world.merchant, _entry(*amounts))
    assert world.trial_balance() == {}


def test_the_ledger_is_never_rewritten(world: World) -> None:
    world.pay(world.bill(), cash(rupees(118)))
    for statement in (
        "UPDATE ledger_postings SET amount_minor = 1",
        "DELETE FROM ledger_postings",
        "UPDATE ledger_entries SET kind = 'BILL_VOIDED'",
        "DELETE FROM ledger_entries",
        "DELETE FROM bill_numbers",
        "UPDATE credit_notes SET total_minor = 0",
        "DELETE FROM credit_notes",
        "UPDATE credit_note_lines SET quantity = 1",
        "DELETE FROM credit_note_numbers",
        "UPDATE refunds SET amount_minor = 1",
        "DELETE FROM refunds",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            world.deps.db.transaction(merchant=world.merchant) as tx,
        ):
            tx.exec_driver_sql(statement)
        if "ledger" in statement:
            with pytest.raises(psycopg2.DatabaseError, match="append-only"):
                world.query(statement.replace("ledger", "billing.ledger"))


@pytest.mark.parametrize("table", _TENANT_TABLES)
def test_a_transaction_sees_only_its_merchant(world: World, table: str) -> None:
    bill = world.bill(customer=world.customer(phone="+919811122233"))
    world.refund(world.pay(bill, cash(rupees(2))), rupees(1))
    world.credit(bill, {1: "0.5"})
    with world.deps.db.transaction(merchant=world.merchant) as tx:
        owners = tx.exec_driver_sql(f"SELECT DISTINCT merchant_id FROM {table}").scalars().all()  # noqa: S608 - a constant
    assert owners == [world.merchant]
    for other in (world.neighbour().merchant, None):
        with world.deps.db.transaction(merchant=other) as tx:
            assert tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0  # noqa: S608 - a constant


def test_every_table_of_tenants_is_guarded(world: World) -> None:
    unguarded = world.query(
        """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'merchant_id'
        WHERE c.relnamespace = 'billing'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
        """
    )
    # Links are looked up by their secret, and gateways by their id, before the merchant is known.
    assert set(unguarded) == {("public_links",), ("balance_links",), ("gateway_owners",)}


def test_partitions_cannot_be_read_past_their_parent(world: World) -> None:
    world.bill()
    for (partition,) in world.query(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'billing'::regnamespace"
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            world.deps.db.transaction(merchant=world.merchant) as tx,
        ):
            tx.exec_driver_sql(f"SELECT 1 FROM {partition}")  # noqa: S608 - from the catalogue


def test_a_bill_can_never_be_overpaid(world: World) -> None:
    world.bill()
    with (
        pytest.raises(DBAPIError, match="bills_never_overpaid"),
        world.deps.db.transaction(merchant=world.merchant) as tx,
    ):
        tx.exec_driver_sql("UPDATE bills SET settled_minor = total_minor + 1")
    with (
        pytest.raises(DBAPIError, match="bills_never_overpaid"),
        world.deps.db.transaction(merchant=world.merchant) as tx,
    ):
        tx.exec_driver_sql("UPDATE bills SET settled_minor = total_minor, credited_minor = 1")


def test_bills_lie_in_the_partition_of_their_month(world: World) -> None:
    bill = world.draft()
    ((partition,),) = world.query(
        "SELECT tableoid::regclass::text FROM billing.bills WHERE id = %s", str(from_text("bill", bill.id))
    )
    assert partition == f"billing.bills_{world.clock.now():%Y%m}"


def test_partitions_are_made_ahead_once(world: World) -> None:
    world.clock.moment = datetime(2033, 11, 5, tzinfo=UTC)
    make_ahead(world.deps)
    make_ahead(world.deps)
    names = {name for (name,) in world.query("SELECT relname FROM pg_class WHERE relname ~ '^bills_203[34][0-9]{2}$'")}
    assert names == {"bills_203311", "bills_203312", *(f"bills_2034{month:02}" for month in range(1, 12))}
    bounds = world.query("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'bills_203312'")
    first = uuid.UUID(int=at(datetime(2033, 12, 1, tzinfo=UTC)).int >> 80 << 80)
    assert str(first) in str(bounds)
