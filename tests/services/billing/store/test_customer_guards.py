"""What the database itself refuses about customers: other tenants, a log rewritten, details of who is closed."""

from __future__ import annotations

import pytest
from billmesh.billing.v1 import (
    balance_service_pb2,
    balance_service_pb2_grpc,
    customer_consent_pb2,
    customer_service_pb2,
)
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tests.services.billing.world import World, new_id


@pytest.fixture
def asked(world: World) -> World:
    """A merchant with a line in the log of consents and a question about a balance."""
    customer = world.customer()
    consent = customer_consent_pb2.CustomerConsent(
        channel=customer_consent_pb2.CONSENT_CHANNEL_SMS,
        state=customer_consent_pb2.CUSTOMER_CONSENT_STATE_GRANTED,
        source="form",
    )
    world.customers.RecordCustomerConsent(
        customer_service_pb2.RecordCustomerConsentRequest(customer_id=customer.id, consent=consent, request_id=new_id())
    )
    balance_service_pb2_grpc.BalanceServiceStub(world.staff(world.merchant)).RequestBalanceConfirmation(
        balance_service_pb2.RequestBalanceConfirmationRequest(customer_id=customer.id, request_id=new_id())
    )
    return world


@pytest.mark.parametrize("table", ["customer_consents", "balance_confirmations"])
def test_a_transaction_sees_only_its_merchant(asked: World, table: str) -> None:
    count = f"SELECT count(*) FROM {table}"  # noqa: S608 - a constant
    for merchant, seen in ((asked.merchant, 1), (asked.neighbour().merchant, 0), (None, 0)):
        with asked.deps.db.transaction(merchant=merchant) as tx:
            assert tx.exec_driver_sql(count).scalar_one() == seen


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer_consents SET granted = false",
        "DELETE FROM customer_consents",
        "DELETE FROM balance_confirmations",
        "UPDATE balance_links SET token_hash = 'x'",
        "DELETE FROM balance_links",
        "UPDATE credit_notes SET total_minor = 0",
        "UPDATE refunds SET amount_minor = 1",
    ],
)
def test_the_service_has_no_right_to(asked: World, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        asked.deps.db.transaction(merchant=asked.merchant) as tx,
    ):
        tx.exec_driver_sql(statement)


def test_who_is_closed_has_no_details(world: World) -> None:
    world.customer(phone="+919845012345")
    with (
        pytest.raises(IntegrityError, match="closed_without_phone"),
        world.deps.db.transaction(merchant=world.merchant) as tx,
    ):
        tx.exec_driver_sql("UPDATE customers SET erase_time = now()")
