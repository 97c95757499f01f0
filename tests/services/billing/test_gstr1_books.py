"""GSTR-1 against the books: what its sections come to is the summary of taxes of the month, and what the ledger has."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billmesh.billing.v1 import report_service_pb2 as pb

from tests.services.billing.test_gstr1 import _BUYER, _OWN, gstr1, march
from tests.services.billing.test_reports import fresh, minor, moved, on, void
from tests.services.billing.world import cash, euros, line, refused, rupees

if TYPE_CHECKING:
    from billmesh.billing.v1 import bill_pb2, customer_pb2

    from tests.services.billing.world import World

__all__ = ("march",)
_NEAR = "29AAPFU0939F1ZR"
_HEADS = {"iamt": "IGST", "camt": "CGST", "samt": "SGST"}
_DAYS = {2: 28, 3: 31, 4: 30}
_LEDGER = """
SELECT replace(a.code, 'TAX:', ''), (-sum(p.amount_minor))::bigint
FROM billing.ledger_entries e JOIN billing.ledger_postings p ON p.merchant_id = e.merchant_id AND p.entry_id = e.id
    JOIN billing.ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
WHERE e.merchant_id = %s AND extract(month FROM e.entry_date) = %s AND p.currency = 'INR'
    AND (a.code = 'SALES' OR a.code LIKE 'TAX:%%')
GROUP BY a.code HAVING sum(p.amount_minor) <> 0
"""


def _paise(number: Decimal) -> int:
    assert number * 100 == int(number * 100)
    return int(number * 100)


def _sums_of(part: dict[str, Any]) -> Counter[str]:
    found: Counter[str] = Counter({"SALES": _paise(part.get("txval", Decimal(0)))})
    for name, head in _HEADS.items():
        found[head] += _paise(part.get(name, Decimal(0)))
    return found


def _of_documents(documents: list[dict[str, Any]]) -> Counter[str]:
    return sum((_sums_of(item.get("itm_det", item)) for one in documents for item in one["itms"]), Counter())


def _sections(shaped: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """What each section adds to what was sold and charged. An amendment takes back what an earlier return had."""

    def listed(*names: str) -> list[dict[str, Any]]:
        return [
            one for name in names for group in shaped.get(name, []) for one in group.get("inv", group.get("nt", []))
        ]

    before = {
        one["inum"]: one
        for other in earlier
        for name in ("b2b", "b2cl", "exp")
        for group in other.get(name, [])
        for one in group["inv"]
    }
    amended = listed("b2ba", "b2cla", "expa")
    assert not +_of_documents(amended)
    found = {
        "bills": _of_documents(listed("b2b", "b2cl", "exp")),
        "amended": _less(_of_documents([before[one["oinum"]] for one in amended])),
        "notes": _less(_of_documents([*listed("cdnr"), *shaped.get("cdnur", [])])),
        "b2cs": sum((_sums_of(row) for row in shaped.get("b2cs", [])), Counter()),
    }
    found["nil"] = Counter(
        {
            "SALES": sum(
                _paise(row[name])
                for row in shaped.get("nil", {}).get("inv", [])
                for name in ("nil_amt", "expt_amt", "ngsup_amt")
            )
        }
    )
    return found


def _less(sums: Counter[str]) -> Counter[str]:
    return Counter({name: -amount for name, amount in sums.items()})


def _add(parts: list[Counter[str]]) -> dict[str, int]:
    """Counters' own + leaves out what is below zero."""
    found: dict[str, int] = {}
    for part in parts:
        for name, amount in part.items():
            found[name] = found.get(name, 0) + amount
    return {name: amount for name, amount in found.items() if amount}


def _sell(at: World, customer: customer_pb2.Customer | None = None, **fields: Any) -> bill_pb2.Bill:
    """A bill with something of each rate and of none, at prices that do not divide."""
    lines = [
        line(rupees(99, 99), "3", hsn_code="1006"),
        line(rupees(33, 33), "1.7", tax_code="GST5", hsn_code="8517", price_includes_tax=True),
        line(rupees(11, 1), tax_code="GST0", hsn_code="1006"),
        line(rupees(7, 77), tax_code="GST_EXEMPT", hsn_code="1001"),
    ]
    return at.bill(*lines, customer=customer or at.customer(), **fields)


def test_sections_are_the_taxes_of_the_month_and_of_the_ledger(march: World) -> None:
    far, near = march.customer(tax_id=_BUYER), march.customer(tax_id=_NEAR)
    bills: dict[int, list[bill_pb2.Bill]] = {}
    for month in (2, 3, 4):
        at = moved(march, datetime(2026, month, 10, 6, tzinfo=UTC))
        bills[month] = [
            *(_sell(at, customer) for customer in (far, near, far, near)),
            _sell(at),
            _sell(at, place_of_supply="27"),
            at.bill(line(rupees(90_000), hsn_code="8517"), place_of_supply="27"),
            at.bill(line(rupees(90_001), hsn_code="8517"), place_of_supply="27"),
            at.bill(line(rupees(500), tax_code="GST_ZERO", hsn_code="8517"), place_of_supply="96"),
            at.bill(line(rupees(501), hsn_code="8517"), place_of_supply="96"),
            at.bill(line(rupees(502), tax_code="GST_ZERO", hsn_code="8517"), customer=near),
        ]
        at.bill(line(euros(40)), currency_code="EUR")
        void(at, _sell(at, near))
        void(at, _sell(at))
        if month == 4:
            break
        # In the month after: the first four are credited in part, four more and an export are voided.
        later = moved(march, datetime(2026, month + 1, 5, 6, tzinfo=UTC))
        for bill in bills[month][:2]:
            later.credit(bill, {1: "0.7", 2: "0.3", 3: "1"})
        later.credit(bills[month][4], {1: "1.1"})
        later.credit(bills[month][6])
        later.credit(bills[month][8])
        for number in (2, 3, 5, 7, 9):
            void(later, bills[month][number])
    earlier: list[dict[str, Any]] = []
    for month, days in _DAYS.items():
        shaped = gstr1(march, month=month)
        sections = _sections(shaped, earlier)
        come_to = _add(list(sections.values()))
        ledger = dict(march.query(_LEDGER, str(march.merchant), month))
        assert come_to == ledger, month
        asked = pb.GetTaxSummaryRequest(start_date=on(date(2026, month, 1)), end_date=on(date(2026, month, days)))
        taxes: Counter[str] = Counter()
        for row in fresh(march).GetTaxSummary(asked).taxes:
            if row.amount.currency_code == "INR":
                taxes[row.tax] += minor(row.amount)
        assert {tax: amount for tax, amount in taxes.items() if amount} == {
            tax: amount for tax, amount in come_to.items() if tax != "SALES"
        }
        # Every line has its code of goods, so this section has everything.
        assert _add([_sums_of(row) for rows in shaped["hsn"].values() for row in rows]) == come_to
        assert bool(shaped.get("b2ba")) == bool(shaped.get("cdnr")) == (month > 2)
        earlier.append(shaped)


def test_what_is_voided_in_a_later_month_is_amended_to_nothing(march: World) -> None:
    near = march.customer(tax_id=_NEAR)
    bill = march.bill(line(rupees(100), hsn_code="1006"), customer=near)
    large = march.bill(line(rupees(90_000)), place_of_supply="27")
    export = march.bill(line(rupees(500), tax_code="GST_ZERO"), place_of_supply="96")
    told = gstr1(march)
    later = moved(march, datetime(2026, 4, 2, 6, tzinfo=UTC))
    for one in (bill, large, export):
        void(later, one)
    assert gstr1(later) == told
    found = gstr1(later, month=4)
    (invoice,) = found["b2ba"][0]["inv"]
    assert invoice == {
        "oinum": bill.number,
        "oidt": "10-03-2026",
        "inum": bill.number,
        "idt": "10-03-2026",
        "val": 0,
        "pos": "29",
        "rchrg": "N",
        "inv_typ": "R",
        "itms": [{"num": 1, "itm_det": {"rt": 18, "txval": 0, "camt": 0, "samt": 0, "csamt": 0}}],
    }
    assert found["b2ba"][0]["ctin"] == _NEAR
    assert [(place["pos"], place["inv"][0]["oinum"], place["inv"][0]["val"]) for place in found["b2cla"]] == [
        ("27", large.number, 0)
    ]
    assert [(kind["exp_typ"], kind["inv"][0]["oinum"], kind["inv"][0]["itms"]) for kind in found["expa"]] == [
        ("WOPAY", export.number, [{"rt": 0, "txval": 0, "iamt": 0, "csamt": 0}])
    ]
    assert "doc_issue" not in found
    assert [(row["hsn_sc"], row["txval"], row["qty"]) for row in found["hsn"]["hsn_b2b"]] == [("1006", -100, -1)]


def test_what_comes_to_nothing_is_left_out(march: World) -> None:
    void(march, march.bill(line(rupees(5), tax_code="GST_EXEMPT", hsn_code="1001")))
    assert gstr1(march).keys() == {"gstin", "fp", "version", "hash", "doc_issue"}


def test_nil_rated_lines_are_no_part_of_a_zero_rated_bill(march: World) -> None:
    near = march.customer(tax_id=_NEAR)
    lines = (line(rupees(20), tax_code="GST0"), line(rupees(30), tax_code="GST_ZERO"), line(rupees(50)))
    bill = march.bill(*lines, customer=near)
    march.bill(line(rupees(9), tax_code="GST0"), customer=near)
    march.credit(bill, {1: "0.5", 2: "0.5"})
    found = gstr1(march)
    (invoice,) = found["b2b"][0]["inv"]
    assert [(item["itm_det"]["rt"], item["itm_det"]["txval"]) for item in invoice["itms"]] == [(0, 30), (18, 50)]
    assert invoice["inv_typ"] == "SEWOP"
    (note,) = found["cdnr"][0]["nt"]
    assert [(item["itm_det"]["rt"], item["itm_det"]["txval"]) for item in note["itms"]] == [(0, 15)]
    assert found["nil"]["inv"] == [{"sply_ty": "INTRAB2B", "nil_amt": 19, "expt_amt": 0, "ngsup_amt": 0}]


def test_what_was_sold_under_the_composition_levy_is_left_out(march: World) -> None:
    regular = march.bill(line(rupees(100), hsn_code="1006"))
    march.configure(tax_id=_OWN, gst_composition=True)
    march.bill(line(rupees(200), hsn_code="1006"))
    march.bill(line(rupees(300), tax_code="GST_EXEMPT"))
    found = gstr1(march)
    assert [row["txval"] for row in found["b2cs"]] == [100]
    assert [row["txval"] for row in found["hsn"]["hsn_b2c"]] == [100]
    assert "nil" not in found
    (documents,) = found["doc_issue"]["doc_det"]
    assert [(row["from"], row["to"], row["totnum"]) for row in documents["docs"]] == [
        (regular.number, regular.number, 1)
    ]
    april = moved(march, datetime(2026, 4, 2, 6, tzinfo=UTC))
    april.pay(april.bill(), cash(rupees(1)))
    assert refused(lambda: gstr1(april, month=4)).reason == "RETURN_NOT_APPLICABLE"
