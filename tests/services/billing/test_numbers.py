"""The audit of numbers: every one with its fate, every gap by name, whatever the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from billmesh.billing.v1 import report_pb2
from billmesh.billing.v1 import report_service_pb2 as pb

from tests.services.billing.test_reports import minor, stub, void
from tests.services.billing.world import refused

if TYPE_CHECKING:
    from tests.services.billing.world import World


def numbers(world: World, **fields: Any) -> list[report_pb2.NumberFate]:
    found: list[report_pb2.NumberFate] = []
    token = ""
    while True:
        answer = stub(world).AuditNumbers(pb.AuditNumbersRequest(page_token=token, **fields))
        found += answer.numbers
        token = answer.next_page_token
        if not token:
            return found
        assert len(answer.numbers) == fields["page_size"]


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_every_number_has_a_fate(world: World, size: int) -> None:
    bills = [world.bill() for _ in range(4)]
    void(world, bills[1])
    world.configure(series_prefix="ZZZ")
    bills.append(world.bill())
    found = numbers(world, page_size=size)
    assert [row.number for row in found] == [bill.number for bill in bills]
    fates = [report_pb2.NUMBER_STATE_ISSUED] * 5
    fates[1] = report_pb2.NUMBER_STATE_VOID
    assert [row.fate for row in found] == fates
    assert [row.document_id for row in found] == [bill.id for bill in bills]
    assert {minor(row.total) for row in found} == {11_800}
    assert [row.first_sequence for row in found] == [1, 2, 3, 4, 1]
    series = found[0].series
    assert len(numbers(world, page_size=size, series=series)) == 4
    assert numbers(world, page_size=size, only_gaps=True) == []


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_gaps_are_named(world: World, size: int) -> None:
    for _ in range(6):
        world.bill()
    with world.superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        gone = "DELETE FROM billing.bill_numbers WHERE merchant_id = %s AND sequence IN (1, 3, 4, 6)"
        cursor.execute(gone, (str(world.merchant),))
        cursor.execute("SET session_replication_role = DEFAULT")
    found = [(row.first_sequence, row.last_sequence, bool(row.number)) for row in numbers(world, page_size=size)]
    assert found == [(1, 1, False), (2, 2, True), (3, 4, False), (5, 5, True), (6, 6, False)]
    gaps = numbers(world, page_size=size, only_gaps=True)
    assert [(row.first_sequence, row.last_sequence) for row in gaps] == [(1, 1), (3, 4), (6, 6)]
    assert {row.fate for row in gaps} == {report_pb2.NUMBER_STATE_MISSING}


@pytest.mark.parametrize("token", ["x", "AAAA"])
def test_made_up_page_tokens_are_refused(world: World, token: str) -> None:
    assert refused(lambda: stub(world).AuditNumbers(pb.AuditNumbersRequest(page_token=token))).fields == ("page_token",)


def test_another_merchants_numbers_are_not_shown(world: World) -> None:
    world.bill()
    assert numbers(world.neighbour(), page_size=9) == []
