"""Statements of customers' accounts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.billing.domain.customer_statement import Span, Statement
from services.billing.domain.errors import CustomerNotFound
from services.billing.store.customer_statements import read_statement, stream_statement
from services.billing.store.customers import load_customer
from services.billing.usecases import settings as settings_usecases
from services.kit.failure import InvalidRequest
from services.kit.paging import cut, day_and_row_after

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.customer import Customer
    from services.billing.domain.customer_statement import StatementRow
    from services.billing.domain.ids import CustomerId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementQuery:
    """What is asked for; None and empty leave it to the merchant's settings and the present day."""

    currency: str
    start: date | None
    end: date | None


def get(
    deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, *, query: StatementQuery, page: Page
) -> Statement:
    """A page of the statement. Raises CustomerNotFound, InvalidRequest, PageTokenInvalid."""
    found = _read(deps, merchant_id, customer_id, query=query, after=day_and_row_after(page), limit=page.size + 1)
    listed = cut(found.rows, page, key=lambda row: (row.day.isoformat(), row.entry_id))
    return replace(found, rows=listed.items, next_page_token=listed.next_page_token)


def get_whole(
    deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, *, query: StatementQuery, most: int
) -> Statement:
    """All rows of the statement, to be printed. Raises CustomerNotFound, InvalidRequest if that is more than `most`."""
    found = _read(deps, merchant_id, customer_id, query=query, after=None, limit=most + 1)
    if len(found.rows) > most:
        raise InvalidRequest.of("start_date", f"must be later: there are more than {most} rows")
    return found


@contextmanager
def opened(
    deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, *, query: StatementQuery
) -> Iterator[tuple[Statement, Iterator[StatementRow]]]:
    """The statement without its rows, and all of them, read while they are asked for within the block.

    Raises CustomerNotFound, InvalidRequest.
    """
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.snapshot(merchant=merchant_id) as tx:
        customer, span = _asked(tx, deps, merchant_id, customer_id, query)
        opening, rows, closing = stream_statement(tx, merchant_id, customer_id, span=span)
        yield Statement(customer=customer, span=span, opening=opening, rows=(), closing=closing), rows


def _read(
    deps: Deps,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    *,
    query: StatementQuery,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Statement:
    settings_usecases.ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        customer, span = _asked(tx, deps, merchant_id, customer_id, query)
        opening, rows, closing = read_statement(tx, merchant_id, customer_id, span=span, after=after, limit=limit)
    return Statement(customer=customer, span=span, opening=opening, rows=rows, closing=closing)


def _asked(
    tx: Connection, deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, query: StatementQuery
) -> tuple[Customer, Span]:
    customer = load_customer(tx, merchant_id, customer_id, deps.vault)
    if customer is None:
        raise CustomerNotFound
    settings = settings_usecases.settings_of(tx, merchant_id)
    end = query.end or settings.business_day(deps.clock.now())
    if query.start is not None and query.start > end:
        raise InvalidRequest.of("start_date", "must not be after the last day")
    return customer, Span(currency=query.currency or settings.fields.currency, start=query.start, end=end)
