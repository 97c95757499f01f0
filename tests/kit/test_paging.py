"""Pages and their tokens."""

from __future__ import annotations

from uuid import UUID

import pytest
from billmesh.inventory.v1.stock_service_pb2 import ListStockRequest

from services.kit import paging

STORE = UUID("01900000-0000-7000-8000-000000000001")


def test_sizes() -> None:
    assert paging.page(ListStockRequest()).size == 50
    assert paging.page(ListStockRequest(page_size=7)).size == 7
    assert paging.page(ListStockRequest(page_size=10_000)).size == 500


def test_a_token_leads_to_the_next_page_of_the_same_list() -> None:
    token = paging.page(ListStockRequest(low=True)).next_token("2026-01-01", "ü")
    again = ListStockRequest(low=True, page_token=token, page_size=3)
    assert paging.page(again).after == ("2026-01-01", "ü")
    with pytest.raises(paging.PageTokenInvalid):
        paging.page(ListStockRequest(low=False, page_token=token))


@pytest.mark.parametrize("token", ["x", "ää", "AAAA", "AAAAAAAAAAAAe30", "=" * 20, "AAAAAAAAAABbMV0"])
def test_a_damaged_token_is_refused(token: str) -> None:
    with pytest.raises(paging.PageTokenInvalid):
        paging.page(ListStockRequest(page_token=token))


def page_of(*key: str, size: int = 2) -> paging.Page:
    first = paging.page(ListStockRequest())
    return paging.page(ListStockRequest(page_size=size, page_token=first.next_token(*key) if key else ""))


def test_a_page_is_cut_out_of_one_row_more() -> None:
    listed = paging.cut([1, 2, 3], page_of(), key=lambda row: (row, "x"))
    assert listed.items == [1, 2]
    assert paging.page(ListStockRequest(page_token=listed.next_page_token)).key(2) == ("2", "x")
    last = paging.cut([1, 2], page_of(), key=lambda row: (row,))
    assert (last.items, last.next_page_token) == ([1, 2], "")
    assert paging.cut([], page_of(), key=lambda row: (row,)) == paging.Listed([], "")


def test_lists_sorted_by_id() -> None:
    assert paging.row_after(page_of()) is None
    assert paging.row_after(page_of(str(STORE))) == STORE


@pytest.mark.parametrize("key", [("x",), (), (str(STORE), "x"), ("",), ("\0",)])
def test_a_made_up_key_is_refused(key: tuple[str, ...]) -> None:
    """Tokens are bound to their list, but not signed."""
    first = paging.page(ListStockRequest())
    page = paging.page(ListStockRequest(page_token=first.next_token(*key)))
    with pytest.raises(paging.PageTokenInvalid):
        paging.row_after(page)


def test_the_database_cannot_take_every_text() -> None:
    with pytest.raises(paging.PageTokenInvalid):
        page_of("a\0b", str(STORE)).key(2)
