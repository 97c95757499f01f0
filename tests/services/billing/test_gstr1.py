"""The return GSTR-1 of a month, from the bills and credit notes that were issued in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from billmesh.billing.v1 import report_service_pb2 as pb

from services.billing.usecases import summaries
from tests.fakes.billing_peers import HELSINKI
from tests.services.billing.test_reports import moved, stub, void
from tests.services.billing.world import euros, line, refused, rupees

if TYPE_CHECKING:
    from tests.services.billing.world import World

_OWN = "29AABCT1332L1ZA"
_BUYER = "27AAPFU0939F1ZV"
_MARCH = datetime(2026, 3, 10, 6, tzinfo=UTC)


@pytest.fixture
def march(world: World) -> World:
    """A registered merchant of Karnataka, in March."""
    at = moved(world, _MARCH)
    at.configure(tax_id=_OWN)
    return at


def gstr1(world: World, *, month: int = 3) -> dict[str, Any]:
    summaries.refresh(world.deps)
    body = stub(world).GetGstr1(pb.GetGstr1Request(year=2026, month=month))
    assert body.content_type == "application/json"
    shaped: dict[str, Any] = json.loads(body.data, parse_float=Decimal, parse_int=Decimal)
    return shaped


def test_an_empty_month(march: World) -> None:
    assert gstr1(march) == {"gstin": _OWN, "fp": "032026", "version": "GST3.2.3", "hash": "hash"}


def test_registered_buyers_are_told_bill_by_bill(march: World) -> None:
    buyer = march.customer(tax_id=_BUYER)
    first = march.bill(
        line(rupees(100), "3", hsn_code="1006", tax_code="GST5"),
        line(rupees(99, 99), hsn_code="8517"),
        line(rupees(11), tax_code="GST_EXEMPT"),
        customer=buyer,
    )
    void(march, march.bill(customer=buyer))
    found = gstr1(march)
    items = [
        {"num": 1, "itm_det": {"rt": 5, "txval": 300, "iamt": 15, "csamt": 0}},
        {"num": 2, "itm_det": {"rt": 18, "txval": Decimal("99.99"), "iamt": 18, "csamt": 0}},
    ]
    assert found["b2b"] == [
        {
            "ctin": _BUYER,
            "inv": [
                {
                    "inum": first.number,
                    "idt": "10-03-2026",
                    "val": Decimal("443.99"),
                    "pos": "27",
                    "rchrg": "N",
                    "inv_typ": "R",
                    "itms": items,
                }
            ],
        }
    ]
    assert found["nil"] == {"inv": [{"sply_ty": "INTRB2B", "nil_amt": 0, "expt_amt": 11, "ngsup_amt": 0}]}
    assert "b2cs" not in found
    assert [(row["hsn_sc"], row["uqc"], row["qty"], row["txval"]) for row in found["hsn"]["hsn_b2b"]] == [
        ("1006", "NOS", 3, 300),
        ("8517", "NOS", 1, Decimal("99.99")),
    ]
    (documents,) = found["doc_issue"]["doc_det"]
    assert (documents["doc_num"], documents["docs"][0]["totnum"], documents["docs"][0]["cancel"]) == (1, 2, 1)
    assert documents["docs"][0]["from"] == first.number


def test_consumers_are_told_in_sums_by_place_and_rate(march: World) -> None:
    march.bill(line(rupees(100)), line(rupees(50), tax_code="GST5"))
    march.bill(line(rupees(200), hsn_code="9983"))
    march.bill(line(rupees(70)), place_of_supply="27")
    void(march, march.bill(line(rupees(900))))
    found = gstr1(march)
    assert found["b2cs"] == [
        {"sply_ty": "INTER", "rt": 18, "typ": "OE", "pos": "27", "txval": 70, "iamt": Decimal("12.6"), "csamt": 0},
        {
            "sply_ty": "INTRA",
            "rt": 5,
            "typ": "OE",
            "pos": "29",
            "txval": 50,
            "camt": Decimal("1.25"),
            "samt": Decimal("1.25"),
            "csamt": 0,
        },
        {"sply_ty": "INTRA", "rt": 18, "typ": "OE", "pos": "29", "txval": 300, "camt": 27, "samt": 27, "csamt": 0},
    ]
    assert found["hsn"] == {
        "hsn_b2c": [
            {
                "num": 1,
                "hsn_sc": "9983",
                "uqc": "NA",
                "qty": 0,
                "rt": 18,
                "txval": 200,
                "iamt": 0,
                "camt": 18,
                "samt": 18,
                "csamt": 0,
            }
        ]
    }
    assert "b2b" not in found
    assert "b2cl" not in found


def test_a_large_bill_between_states_is_told_by_itself(march: World) -> None:
    large = march.bill(line(rupees(90_000)), place_of_supply="27")
    march.bill(line(rupees(84_745)), place_of_supply="27")
    march.bill(line(rupees(90_000)))
    found = gstr1(march)
    (place,) = found["b2cl"]
    assert place["pos"] == "27"
    assert [(invoice["inum"], invoice["val"]) for invoice in place["inv"]] == [(large.number, 106_200)]
    assert [(row["sply_ty"], row["txval"]) for row in found["b2cs"]] == [("INTER", 84_745), ("INTRA", 90_000)]


def test_exports_are_told_by_themselves(march: World) -> None:
    bill = march.bill(line(rupees(500), tax_code="GST_ZERO"), place_of_supply="96")
    (kind,) = gstr1(march)["exp"]
    assert kind["exp_typ"] == "WOPAY"
    assert [(invoice["inum"], invoice["itms"][0]["txval"]) for invoice in kind["inv"]] == [(bill.number, 500)]


def test_credit_notes(march: World) -> None:
    buyer = march.customer(tax_id=_BUYER)
    billed = march.bill(line(rupees(100), "4"), customer=buyer)
    note = march.credit(billed, {1: "1"})
    sold = march.bill(line(rupees(100), "4"))
    march.credit(sold, {1: "3"})
    found = gstr1(march)
    (told,) = found["cdnr"]
    (shown,) = told["nt"]
    assert told["ctin"] == _BUYER
    assert (shown["ntty"], shown["nt_num"], shown["val"]) == ("C", note.number, 118)
    assert shown["itms"] == [{"num": 1, "itm_det": {"rt": 18, "txval": 100, "iamt": 18, "csamt": 0}}]
    assert [(row["txval"], row["camt"]) for row in found["b2cs"]] == [(100, 9)]
    assert [part["doc_num"] for part in found["doc_issue"]["doc_det"]] == [1, 5]


def test_a_month_ends_where_the_merchant_is(march: World) -> None:
    moved(march, datetime(2026, 3, 31, 18, 29, tzinfo=UTC)).bill()
    late = moved(march, datetime(2026, 3, 31, 18, 31, tzinfo=UTC))
    late.bill(line(rupees(7)))
    assert [row["txval"] for row in gstr1(late)["b2cs"]] == [100]
    assert [row["txval"] for row in gstr1(late, month=4)["b2cs"]] == [7]
    assert [row["docs"][0]["totnum"] for row in gstr1(late, month=4)["doc_issue"]["doc_det"]] == [1]


def test_other_currencies_are_left_out(march: World) -> None:
    march.bill(line(euros(40)), currency_code="EUR")
    assert "b2cs" not in gstr1(march)


def test_who_files_no_such_return(world: World) -> None:
    def reason(one: World) -> str:
        return refused(lambda: stub(one).GetGstr1(pb.GetGstr1Request(year=2026, month=3))).reason

    assert reason(world) == "RETURN_NOT_APPLICABLE"
    finn = world.neighbour()
    finn.merchants.profiles[finn.merchant] = HELSINKI
    assert reason(finn) == "RETURN_NOT_APPLICABLE"
    world.configure(tax_id=_OWN, gst_composition=True)
    assert reason(world) == "RETURN_NOT_APPLICABLE"


@pytest.mark.parametrize(("year", "month", "field"), [(2026, 13, "month"), (2016, 1, "year"), (2026, 0, "month")])
def test_a_month_must_be_one(world: World, year: int, month: int, field: str) -> None:
    request = pb.GetGstr1Request(year=year, month=month)
    assert refused(lambda: stub(world).GetGstr1(request)).fields == (field,)
