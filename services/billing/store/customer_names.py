"""The words of customers' names, in a table of their own: row-level security forbids an index of parts of a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.names import words
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from services.billing.domain.ids import CustomerId, MerchantId

_FORGET = "DELETE FROM customer_words WHERE merchant_id = %(merchant_id)s AND customer_id = ANY(%(ids)s::uuid[])"
_INSERT = """
INSERT INTO customer_words (merchant_id, word, customer_id)
SELECT %(merchant_id)s, word, id FROM unnest(%(words)s::text[], %(ids)s::uuid[]) AS named (word, id)
"""
_BEGINS = """
    AND id IN (
        SELECT customer_id FROM customer_words
        WHERE merchant_id = %(merchant_id)s AND word BETWEEN %(word_{number})s AND %(word_{number})s || %(end)s)
"""
# Sorts behind all that may follow.
_END = "\U0010ffff"
# More find nobody else.
_MOST = 10


def write_words(tx: Connection, merchant_id: MerchantId, names: Mapping[CustomerId, str]) -> None:
    """Has the customers be found by these names and no longer by others."""
    forget_words(tx, merchant_id, list(names))
    pairs = [(word, customer_id) for customer_id, name in names.items() for word in words(name)]
    key = {"merchant_id": merchant_id, "words": [word for word, _ in pairs], "ids": [found for _, found in pairs]}
    run(tx, _INSERT, key)


def forget_words(tx: Connection, merchant_id: MerchantId, customer_ids: Sequence[CustomerId]) -> None:
    """Has the customers be found by no name."""
    run(tx, _FORGET, {"merchant_id": merchant_id, "ids": list(customer_ids)})


def condition(name: str) -> tuple[str, Mapping[str, str]]:
    """A condition on `id` with its parameters: each word of the name begins one of the customer's. Of none: nobody."""
    found = sorted(words(name), key=len, reverse=True)[:_MOST]
    if not found:
        return "AND false", {}
    parts = (_BEGINS.format(number=number) for number in range(len(found)))
    return "".join(parts), {"end": _END, **{f"word_{number}": word for number, word in enumerate(found)}}
