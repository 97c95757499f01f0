"""CSV that runs nothing."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.spreadsheet import inert, to_csv


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "=1", "-1-1", "-"])
def test_what_a_spreadsheet_would_run_is_made_a_text(cell: str) -> None:
    assert inert(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "x", "12", "-12", "-12.50", "a=b", "'=1", "é", "2026-01-02"])
def test_the_rest_stays_as_it_is(cell: str) -> None:
    assert inert(cell) == cell


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    text = b"".join(to_csv(["one", "two"], rows)).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["one", "two"], *[[inert(cell) for cell in row] for row in rows]]
