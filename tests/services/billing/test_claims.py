"""Merchants learn of what customers say to have paid: at once, and together if there are many."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from billmesh.billing.v1 import bill_pb2, my_bill_service_pb2, payment_pb2, payment_service_pb2

from services.billing.domain.notices import PaymentClaimed, PaymentsClaimed
from services.billing.usecases import tasks
from services.kit.errors import PeerUnavailable
from services.kit.money import Money
from tests.services.billing.world import at_once, new_id, rupees, upi

if TYPE_CHECKING:
    from tests.services.billing.world import World

_QUIET = timedelta(minutes=15)


class Payer:
    """A person with a bill of 118.00 INR."""

    def __init__(self, world: World) -> None:
        self.account = uuid.uuid4()
        phone = f"+9198{uuid.uuid4().int % 10**8:08d}"
        world.link(self.account, phone)
        self.bill: bill_pb2.Bill = world.bill(customer=world.customer(phone=phone))
        self._world = world

    def claim(self, request_id: str | None = None) -> payment_pb2.Payment:
        request_id = request_id or new_id()
        request = my_bill_service_pb2.ClaimPaymentRequest(
            id=self.bill.id, leg=upi(rupees(1), f"{uuid.UUID(request_id).int % 10**12:012d}"), request_id=request_id
        )
        # Tokens are short-lived, and tests let time pass.
        return self._world.person(self.account).ClaimPayment(request)


def _due(world: World) -> list[datetime]:
    """When merchants are to be told, the earliest first."""
    return [
        moment
        for (moment,) in world.query(
            "SELECT scheduled_at FROM billing.procrastinate_jobs WHERE task_name = %s AND args->>'merchant_id' = %s "
            "ORDER BY scheduled_at",
            tasks.TELL_CLAIMS,
            str(world.merchant),
        )
    ]


def test_one_claim_is_told_at_once(world: World) -> None:
    payer = Payer(world)
    request_id = new_id()
    assert payer.claim(request_id) == payer.claim(request_id)
    assert _due(world) == [world.clock.now()]
    world.work(tasks.TELL_CLAIMS)
    world.work(tasks.TELL_CLAIMS)
    (told,) = world.messenger.merchants.values()
    assert told.says == PaymentClaimed(
        customer_name="Ravi Kumar",
        bill_number=payer.bill.number,
        amount=Money(100, "INR"),
        link=f"{world.deps.links.origin}/payments/pending",
    )
    assert (told.merchant_id, told.subject) == (world.merchant, payer.bill.id)


def test_many_are_told_together_a_quarter_of_an_hour_later(world: World) -> None:
    payer, begin = Payer(world), world.clock.now()
    payer.claim()
    world.work(tasks.TELL_CLAIMS)
    for _ in range(20):
        world.clock.advance(timedelta(seconds=10))
        payer.claim()
    assert _due(world) == [begin, begin + _QUIET]
    world.clock.moment = begin + _QUIET
    world.work(tasks.TELL_CLAIMS)
    first, second = world.messenger.merchants.values()
    assert isinstance(first.says, PaymentClaimed)
    assert second.says == PaymentsClaimed(count=20, link=f"{world.deps.links.origin}/payments/pending")
    assert second.subject == ""
    # Whoever claims after a long quiet is told of at once.
    world.clock.moment = begin + 2 * _QUIET
    payer.claim()
    assert _due(world)[2:] == [begin + 2 * _QUIET]


def test_claims_join_those_that_wait_for_a_late_worker(world: World) -> None:
    payer, begin = Payer(world), world.clock.now()
    for _ in range(3):
        payer.claim()
        world.clock.advance(_QUIET)
    assert _due(world) == [begin]
    world.work(tasks.TELL_CLAIMS)
    (told,) = world.messenger.merchants.values()
    assert isinstance(told.says, PaymentsClaimed)
    assert told.says.count == 3


def test_what_comes_while_it_is_told_is_told_next(world: World) -> None:
    payer = Payer(world)
    payer.claim()
    world.messenger.away = True
    with pytest.raises(PeerUnavailable):
        world.work(tasks.TELL_CLAIMS)
    payer.claim()
    world.messenger.away = False
    world.work(tasks.TELL_CLAIMS)
    assert [type(told.says) for told in world.messenger.merchants.values()] == [PaymentClaimed, PaymentClaimed]
    assert len(_due(world)) == 2


def test_at_once_they_are_one_digest(world: World) -> None:
    payers = [Payer(world) for _ in range(6)]
    at_once(6, lambda number: payers[number].claim())
    assert len(_due(world)) == 1
    world.work(tasks.TELL_CLAIMS)
    (told,) = world.messenger.merchants.values()
    assert isinstance(told.says, PaymentsClaimed)
    assert told.says.count == 6


def test_what_was_verified_meanwhile_is_not_told(world: World) -> None:
    payment = Payer(world).claim()
    world.payments.VerifyPayment(payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id()))
    world.work(tasks.TELL_CLAIMS)
    assert world.messenger.merchants == {}


def test_merchants_do_not_wait_for_each_other(world: World) -> None:
    neighbour = world.neighbour()
    Payer(world).claim()
    Payer(neighbour).claim()
    assert _due(world) == _due(neighbour) == [world.clock.now()]
    world.work(tasks.TELL_CLAIMS)
    assert {told.merchant_id for told in world.messenger.merchants.values()} == {world.merchant}


def test_old_ones_are_forgotten(world: World) -> None:
    payer = Payer(world)
    payer.claim()
    world.work(tasks.TELL_CLAIMS)
    world.clock.advance(timedelta(days=8))
    payer.claim()
    for arguments in world.jobs(tasks.TELL_CLAIMS)[::-1]:
        world.tasks[tasks.TELL_CLAIMS](**arguments)
    rows = world.query("SELECT count(*) FROM billing.claim_digests WHERE merchant_id = %s", str(world.merchant))
    assert rows == [(1,)]
    assert len(world.messenger.merchants) == 2
