"""Each rule of the books, broken past all guards: seen, told once, and resolved when it holds again."""

from __future__ import annotations

import uuid
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from billmesh.billing.v1 import bill_service_pb2, ledger_pb2, ledger_service_pb2_grpc, payment_pb2
from billmesh.billing.v1 import ledger_service_pb2 as pb

from services.billing.store.books import list_alarms
from services.billing.usecases import invariants
from services.kit.ids import from_text
from tests.services.billing.world import cash, cheque, from_credit, line, new_id, rupees, upi

if TYPE_CHECKING:
    from billmesh.billing.v1 import bill_pb2

    from tests.services.billing.world import World


@pytest.fixture
def paid(world: World) -> tuple[bill_pb2.Bill, payment_pb2.Payment]:
    """A merchant with three bills: open, partly paid in two legs, and overpaid."""
    world.bill()
    world.pay(world.bill(), upi(rupees(10)), cash(rupees(8)))
    bill = world.bill(line(rupees(50)))
    payment = world.pay(bill, cash(rupees(100)))
    assert found(world) == []
    return bill, payment


def found(world: World) -> list[tuple[str, str]]:
    """What a check finds, by rule and subject."""
    return sorted((breach.rule.value, breach.subject) for breach in invariants.check(world.deps, world.merchant))


def corrupt(world: World, statement: str, *parameters: object) -> None:
    """Writes as the superuser with every trigger off."""
    with world.superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, (*parameters, str(world.merchant)))
        assert cursor.rowcount > 0
        cursor.execute("SET session_replication_role = DEFAULT")


def of(text: str) -> str:
    return str(from_text(text.partition("_")[0], text))


def shown(world: World, **fields: object) -> pb.ListAlarmsResponse:
    # A token of now: time moves on in these tests.
    stub = ledger_service_pb2_grpc.LedgerServiceStub(world.staff(world.merchant))
    return stub.ListAlarms(pb.ListAlarmsRequest(**fields))  # type: ignore[arg-type] # what is asked for


def alarms(world: World, *, only_open: bool = False) -> list[ledger_pb2.LedgerAlarm]:
    return list(shown(world, open=only_open).alarms)


def test_everything_that_moves_money_keeps_the_rules(world: World) -> None:
    customer = world.customer()
    first = world.bill(line(rupees(100), "3"), customer=customer)
    paid = world.pay(first, cash(rupees(400)), upi(rupees(50)))
    world.refund(paid, rupees(60))
    world.refund(paid, rupees(20), leg=1)
    second = world.bill(line(rupees(200)), customer=customer)
    # Of what is left of the credit; so that every kind of change is among them.
    used = world.pay(second, from_credit(rupees(10)), cheque(rupees(26)), cheque(rupees(30), "000124", cleared=True))
    world.refund(used, rupees(4), customer_credit=payment_pb2.CustomerCreditMethod())
    world.credit(first, {1: "1"})
    world.credit(second)
    world.refund_credit(customer, rupees(5))
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=world.bill().id, reason="typo", request_id=new_id()))
    assert found(world) == []


def test_an_entry_that_does_not_balance(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    bill, _ = paid
    (entry,) = world.query(
        "SELECT id FROM billing.ledger_entries WHERE bill_id = %s AND kind = 'BILL_ISSUED'", of(bill.id)
    )
    corrupt(
        world,
        """UPDATE billing.ledger_postings p SET amount_minor = amount_minor + 1 FROM billing.ledger_accounts a
        WHERE p.entry_id = %s AND a.id = p.account_id AND a.merchant_id = p.merchant_id AND a.code = 'SALES'
            AND p.merchant_id = %s""",
        entry[0],
    )
    assert [rule for rule, _ in found(world)] == ["ENTRY_BALANCED"]


def test_outstanding_that_the_ledger_does_not_know(
    world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]
) -> None:
    bill, _ = paid
    corrupt(
        world,
        "UPDATE billing.bills SET settled_minor = settled_minor - 1 WHERE id = %s AND merchant_id = %s",
        of(bill.id),
    )
    assert found(world) == [("BILL_OUTSTANDING", bill.id), ("CUSTOMER_RECEIVABLE", bill.customer_id)]


def test_a_state_that_does_not_fit(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    bill, _ = paid
    corrupt(world, "UPDATE billing.bills SET state = 'PARTLY_PAID' WHERE id = %s AND merchant_id = %s", of(bill.id))
    assert found(world) == [("BILL_OUTSTANDING", bill.id)]


def test_receivables_on_the_wrong_customer(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    bill, _ = paid
    other = world.customer()
    corrupt(
        world,
        "UPDATE billing.bills SET customer_id = %s, total_minor = total_minor WHERE id = %s AND merchant_id = %s",
        of(other.id),
        of(world.bill().id),
    )
    assert {rule for rule, _ in found(world)} == {"CUSTOMER_RECEIVABLE"}
    assert len(found(world)) == 2
    assert bill.customer_id not in {subject for _, subject in found(world)}


def test_credit_that_no_payment_left(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    _, payment = paid
    corrupt(
        world,
        """UPDATE billing.payment_legs SET settled_minor = settled_minor + 1, credited_minor = credited_minor - 1
        WHERE payment_id = %s AND merchant_id = %s""",
        of(payment.id),
    )
    assert [rule for rule, _ in found(world)] == ["BILL_OUTSTANDING", "CUSTOMER_CREDIT"]


def test_legs_that_came_to_other_money(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    _, payment = paid
    corrupt(
        world,
        """UPDATE billing.payment_legs SET amount_minor = amount_minor + 1, credited_minor = credited_minor + 1
        WHERE payment_id = %s AND merchant_id = %s""",
        of(payment.id),
    )
    assert found(world) == [("CUSTOMER_CREDIT", payment.customer_id), ("PAYMENT_LEGS", payment.id)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM billing.bill_numbers WHERE sequence = 2 AND merchant_id = %s",
        "UPDATE billing.bill_numbers SET sequence = 7 WHERE sequence = 3 AND merchant_id = %s",
        "UPDATE billing.number_series SET last_number = 4 WHERE merchant_id = %s",
        "DELETE FROM billing.number_series WHERE merchant_id = %s",
    ],
)
@pytest.mark.usefixtures("paid")
def test_a_gap_in_the_numbers(world: World, statement: str) -> None:
    corrupt(world, statement)
    assert {rule for rule, _ in found(world)} == {"NUMBERS_GAPLESS"}


def test_a_number_that_is_on_no_bill(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    bill, _ = paid
    corrupt(world, "UPDATE billing.bills SET number = 'INV/1/1' WHERE id = %s AND merchant_id = %s", of(bill.id))
    series = bill.number.rpartition("/")[0]
    assert set(found(world)) == {("NUMBERS_GAPLESS", series), ("NUMBERS_GAPLESS", bill.id)}


def test_an_alarm_is_raised_once_and_resolved_once(
    world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment], caplog: pytest.LogCaptureFixture
) -> None:
    bill, _ = paid
    corrupt(world, "UPDATE billing.bills SET state = 'ISSUED' WHERE id = %s AND merchant_id = %s", of(bill.id))
    world.clock.advance(timedelta(seconds=1))
    broken_at = world.clock.now()
    invariants.check(world.deps, world.merchant)
    assert "books broken" in caplog.text
    caplog.clear()
    world.clock.advance(timedelta(days=1))
    invariants.check(world.deps, world.merchant)
    assert "books broken" not in caplog.text
    (alarm,) = alarms(world, only_open=True)
    assert (alarm.rule, alarm.subject) == (ledger_pb2.LEDGER_RULE_BILL_OUTSTANDING, bill.id)
    assert alarm.create_time.ToDatetime(UTC) == broken_at
    assert not alarm.HasField("resolved_time")
    corrupt(world, "UPDATE billing.bills SET state = 'PAID' WHERE id = %s AND merchant_id = %s", of(bill.id))
    assert found(world) == []
    assert alarms(world, only_open=True) == []
    (resolved,) = alarms(world)
    assert resolved.resolved_time.ToDatetime(UTC) == world.clock.now()


def test_alarms_are_history(world: World, paid: tuple[bill_pb2.Bill, payment_pb2.Payment]) -> None:
    bill, _ = paid
    corrupt(world, "UPDATE billing.bills SET state = 'PARTLY_PAID' WHERE id = %s AND merchant_id = %s", of(bill.id))
    assert len(found(world)) == 1
    for statement in ("DELETE FROM ledger_alarms", "UPDATE ledger_alarms SET detail = ''"):
        with (
            pytest.raises(Exception, match=r"permission denied|only ever resolved"),
            world.deps.db.transaction(merchant=world.merchant) as tx,
        ):
            tx.exec_driver_sql(statement)


def test_one_page_of_alarms_after_another(world: World) -> None:
    for _ in range(3):
        bill = world.bill()
        corrupt(world, "UPDATE billing.bills SET state = 'PAID' WHERE id = %s AND merchant_id = %s", of(bill.id))
        invariants.check(world.deps, world.merchant)
        world.clock.advance(timedelta(seconds=1))
    first = shown(world, page_size=2)
    rest = shown(world, page_size=2, page_token=first.next_page_token)
    assert (len(first.alarms), len(rest.alarms), rest.next_page_token) == (2, 1, "")


def test_every_merchant_is_checked_once_a_day(world: World) -> None:
    world.bill()
    assert not shown(world).HasField("check_time")
    invariants.check_all(world.deps)
    first = shown(world).check_time
    assert first.ToDatetime(UTC) == world.clock.now()
    world.clock.advance(timedelta(hours=1))
    invariants.check_all(world.deps)
    assert shown(world).check_time == first
    world.clock.advance(timedelta(hours=23))
    invariants.check_all(world.deps)
    assert shown(world).check_time != first


def test_another_merchants_alarms_are_not_shown(world: World) -> None:
    bill = world.bill()
    corrupt(world, "UPDATE billing.bills SET state = 'PAID' WHERE id = %s AND merchant_id = %s", of(bill.id))
    assert found(world)
    assert alarms(world.neighbour()) == []
    with world.deps.db.transaction(merchant=uuid.uuid4()) as tx:
        assert list_alarms(tx, world.merchant, only_open=False, before=None, limit=9) == []
