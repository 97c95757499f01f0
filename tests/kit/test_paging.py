"""Pages and their tokens."""

from __future__ import annotations

import pytest
from billmesh.inventory.v1.stock_service_pb2 import ListStockRequest

from services.kit import paging


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
