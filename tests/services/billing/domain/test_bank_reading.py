"""Files of banks as they come: headings, days, amounts, and everything that can be wrong with them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.domain import bank_cells as cells
from services.billing.domain.bank_reading import MOST_ROWS, read
from services.billing.domain.bank_statement import DateOrder, DecimalMark, Layout
from services.kit.failure import InvalidRequest
from services.kit.money import Money

INR = Layout(currency="INR", columns={})
EUR = Layout(currency="EUR", columns={})

HDFC = """HDFC BANK Ltd.,,,,,,
Account No :,50100011112222,,,,,
Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance
********,******,****,****,***,***,***
01/04/26,UPI-RAVI KUMAR-ravi@okhdfc-HDFC0000001-412345678901-PAY,0000412345678901,01/04/26,,"1,18,000.00","1,19,000.00"
02/04/26,ATM WDL,0,02/04/26,500.00,,"1,18,500.00"
STATEMENT SUMMARY :-,,,,,,
Opening Balance,Dr Count,Cr Count,Debits,Credits,Closing Bal,
1000,,,500,118000,118500,
"""
SPARKASSE = """"Auftragskonto";"Buchungstag";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Betrag";"Waehrung"
"DE02";"31.12.26";"Rechnung INV/26-27/000001";"Müller, Anna";"1.234,50";"EUR"
"DE02";"30.12.26";"Strom";"Stadtwerke";"-80,00";"EUR"
"""
NORDEA = "Kirjauspäivä;Määrä;Maksaja;Viite;Viesti\n2026/12/31;10,00;VIRTANEN MATTI;RF185390;Lasku\n"
ICICI = """S No.,Transaction Date,Transaction Remarks,Withdrawal Amount (INR ),Deposit Amount (INR )
1,05-Jan-2026,NEFT-AXISN26005123456-RAVI TRADERS,0.0,250.5
"""
ING = "Datum;Naam / Omschrijving;Af Bij;Bedrag (EUR)\n20261231;Winkel;Af;12,50\n20261230;Jansen;Bij;7,00\n"
BRITISH = "Date,Description,Paid out,Paid in\n31 Dec 2026,A. SMITH,,£10.00\n"


@pytest.mark.parametrize(
    ("text", "layout", "expected"),
    [
        (
            HDFC,
            INR,
            [
                (5, date(2026, 4, 1), 11_800_000, "0000412345678901", ""),
                (6, date(2026, 4, 2), -50_000, "0", ""),
            ],
        ),
        (
            SPARKASSE,
            EUR,
            [
                (2, date(2026, 12, 31), 123_450, "", "Müller, Anna"),
                (3, date(2026, 12, 30), -8_000, "", "Stadtwerke"),
            ],
        ),
        (NORDEA, EUR, [(2, date(2026, 12, 31), 1_000, "RF185390", "VIRTANEN MATTI")]),
        (ICICI, INR, [(2, date(2026, 1, 5), 25_050, "", "")]),
        (ING, EUR, [(2, date(2026, 12, 31), -1_250, "", ""), (3, date(2026, 12, 30), 700, "", "")]),
        (BRITISH, Layout(currency="GBP", columns={}), [(2, date(2026, 12, 31), 1_000, "", "")]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_banks_write(
    text: str, layout: Layout, expected: list[tuple[int, date, int, str, str]], encoding: str
) -> None:
    file = read(text.encode(encoding), layout)
    assert not file.faults
    assert [
        (each.row, each.booking_date, each.amount.minor, each.reference, each.counterparty) for each in file.movements
    ] == expected
    assert {each.amount.currency for each in file.movements} == {layout.currency}


def test_every_fault_is_told_at_once() -> None:
    text = """Date,Amount,Currency,Details
01/04/2026,5.00,INR,good
32/04/2026,5.00,INR,no such day
,7.00,INR,no day
03/04/2026,five,EUR,two at once
04/04/2026,5.001,INR,parts of a paisa
05/04/2026,,INR,nothing moved
06/04/2026,6.00,INR,good
"""
    file = read(text.encode(), INR)
    assert [(fault.row, fault.column) for fault in file.faults] == [
        (3, "Date"),
        (4, "Date"),
        (5, "Amount"),
        (5, "Currency"),
        (6, "Amount"),
    ]
    assert [each.row for each in file.movements] == [2, 8]
    assert file.passed_over == 1


def test_a_debit_and_a_credit_in_one_row() -> None:
    file = read(b"Date,Debit,Credit\n01/04/2026,5,6\n", INR)
    assert [(fault.row, fault.column, fault.description) for fault in file.faults] == [
        (2, "", "must have either a debit or a credit")
    ]


def test_columns_by_name() -> None:
    text = "When;Sum;Value;What\n31/12/2026;9,00;5,00;x\n"
    with pytest.raises(InvalidRequest) as refused:
        read(text.encode(), EUR)
    assert "columns" in refused.value.fields[0].description
    file = read(text.encode(), Layout(currency="EUR", columns={"date": "when", "amount": "Value"}))
    assert (file.columns, file.movements[0].amount) == ({"date": "When", "amount": "Value"}, Money(500, "EUR"))
    with pytest.raises(InvalidRequest) as refused:
        read(text.encode(), Layout(currency="EUR", columns={"date": "Day", "amount": "Value"}))
    assert "'Day'" in refused.value.fields[0].description


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"PK\x03\x04\x00\x00", b"hello", b"Date,Narration\n01/04/2026,x\n"]
)
def test_what_is_no_statement(content: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(content, INR)
    assert refused.value.fields[0].field == "file"


def test_too_many_rows() -> None:
    with pytest.raises(InvalidRequest):
        read(b"Date,Amount\n" + b"01/04/2026,5\n" * (MOST_ROWS + 1), INR)


def test_rows_that_are_alike_are_counted() -> None:
    file = read(b"Date,Amount,Details\n" + b"01/04/2026,5,Cash deposit\n" * 3, INR)
    assert [each.occurrence for each in file.movements] == [1, 2, 3]
    assert len({each.key("") for each in file.movements}) == 3


def test_words_are_printable_and_bounded() -> None:
    text = f'Date,Amount,Details\n01/04/2026,5,"a\u202e\x07b\n{"x" * 2000}"\n'
    (movement,) = read(text.encode(), INR).movements
    assert movement.description.startswith("a b xxx")
    assert len(movement.description) == 1000


@pytest.mark.parametrize(
    ("cell", "month_first", "expected"),
    [
        ("2026-04-03", False, date(2026, 4, 3)),
        ("2026-04-03 10:11:12", True, date(2026, 4, 3)),
        ("20260403", False, date(2026, 4, 3)),
        ("03.04.26", False, date(2026, 4, 3)),
        ("03/04/2026", True, date(2026, 3, 4)),
        ("3 avril 2026", False, date(2026, 4, 3)),
        ("03-APR-26", False, date(2026, 4, 3)),
        ("3. März 2026", False, date(2026, 3, 3)),
        ("31/02/2026", False, None),
        ("03/04/1826", False, None),
        ("3 foo 2026", False, None),
        ("tomorrow", False, None),
        ("", False, None),
    ],
)
def test_days(cell: str, *, month_first: bool, expected: date | None) -> None:
    assert cells.day(cell, month_first=month_first) == expected


@pytest.mark.parametrize(
    ("days", "order", "expected"),
    [
        (["01/02/2026", "03/04/2026"], DateOrder.TOLD_BY_FILE, False),
        (["01/02/2026", "03/14/2026"], DateOrder.TOLD_BY_FILE, True),
        (["13/02/2026", "03/14/2026"], DateOrder.TOLD_BY_FILE, False),
        (["01/02/2026"], DateOrder.MONTH_FIRST, True),
        (["03/14/2026"], DateOrder.DAY_FIRST, False),
    ],
)
def test_the_order_of_days_and_months(days: list[str], order: DateOrder, *, expected: bool) -> None:
    assert cells.is_month_first(days, order) is expected


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [
        (["1,234", "5,6"], ","),
        (["1.234,50"], ","),
        (["1,23,456.00"], "."),
        (["1.234.567"], ","),
        (["1,234", "12"], "."),
        (["", "-"], "."),
        (["1,234,567"], "."),
    ],
)
def test_the_decimal_mark(amounts: list[str], mark: str) -> None:
    assert cells.decimal_mark(amounts) == mark


@pytest.mark.parametrize(
    ("cell", "mark", "currency", "minor"),
    [
        ("1,18,000.00", ".", "INR", 11_800_000),
        ("Rs. 5.5 Cr", ".", "INR", 550),
        ("₹5.00Dr", ".", "INR", -500),
        ("(1,000.00)", ".", "USD", -100_000),
        ("1.234,50-", ",", "EUR", -123_450),
        ("\u22121 234,5 €", ",", "EUR", -123_450),
        ("1'234.50", ".", "CHF", 123_450),
        (".50", ".", "INR", 50),
        ("1234", ".", "JPY", 1234),
        ("1.5", ".", "KWD", 1500),
        ("", ".", "INR", 0),
        ("--", ".", "INR", 0),
    ],
)
def test_amounts(cell: str, mark: str, currency: str, minor: int) -> None:
    assert cells.minor_units(cell, currency, mark=mark) == minor


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ("5.001", "."),
        ("12,34.5", "."),
        ("1,2345", "."),
        ("1.2.3", "."),
        ("5..", "."),
        ("(5", "."),
        ("=1+1", "."),
        ("1e5", "."),
        ("9" * 20, "."),
        ("1.00", ","),
        (",", "."),
    ],
)
def test_what_is_no_amount(cell: str, mark: str) -> None:
    with pytest.raises(ValueError, match=r"must|is too large"):
        cells.minor_units(cell, "INR", mark=mark)


@given(st.integers(-(10**13), 10**13), st.sampled_from([".", ","]))
def test_amounts_come_back(minor: int, mark: str) -> None:
    text = f"{Decimal(minor).scaleb(-2):,.2f}"
    if mark == ",":
        text = text.translate(str.maketrans(".,", ",."))
    assert cells.minor_units(text, "INR", mark=mark) == minor
    assert abs(minor) < 100_000 or cells.decimal_mark([text]) == mark


def test_how_amounts_are_written_can_be_told() -> None:
    text = b"Date;Amount\n31/12/2026;1.234\n"
    assert read(text, EUR).faults
    told = Layout(currency="EUR", columns={}, decimal_mark=DecimalMark.COMMA)
    assert read(text, told).movements[0].amount == Money(123_400, "EUR")
