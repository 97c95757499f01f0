"""Why something wanted is not bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.geo.domain.purchaser.bounds import closure
from services.geo.domain.purchaser.problem import DEPOT, NO_ARC, purchases
from services.geo.domain.shopping import MILLI
from services.geo.domain.trip import Unfilled, UnfilledReason

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from services.geo.domain.model import Model
    from services.geo.domain.purchaser.problem import Problem
    from services.geo.domain.shopping import Market, ShoppingList, Wanted


def unfilled(
    shopping: ShoppingList, market: Market, *, model: Model | None, stops: Sequence[int], is_proven: bool
) -> tuple[Unfilled, ...]:
    """What the answer `stops` of `model` leaves unbought, in the order of the list, then the unknown words.

    Without a model nothing can be bought at all.
    """
    nodes = reachable(model.problem) if model else frozenset()
    visited = frozenset(stops)
    found: list[Unfilled] = []
    for index, line in enumerate(shopping.wanted):
        bought = 0
        if model:
            bought = sum(lots for _, lots in purchases(model.problem.wants[index], visited)) * model.lots[index]
        if bought < line.milli:
            reason = _reason(line, market, model=model, nodes=nodes, is_proven=is_proven)
            found.append(Unfilled(reason, line.milli - bought, product=line.product))
    unknown = (Unfilled(UnfilledReason.UNKNOWN_PRODUCT, MILLI, text=text) for text in shopping.unresolved)
    return (*found, *unknown)


def _reason(
    line: Wanted, market: Market, *, model: Model | None, nodes: Collection[int], is_proven: bool
) -> UnfilledReason:
    if line.product in market.only_elsewhere:
        return UnfilledReason.OTHER_CURRENCY
    supply = market.supply(line.product)
    if supply == 0:
        return UnfilledReason.NOT_SOLD_NEARBY
    if model:
        within_reach = sum(offer.milli for node in nodes if (offer := model.stores[node - 1].offer(line.product)))
        if within_reach < min(supply, line.milli):
            return UnfilledReason.NO_ROAD
        if supply >= line.milli:
            limited = model.problem.max_stops is not None and is_proven
            return UnfilledReason.TOO_MANY_STOPS if limited else UnfilledReason.NOT_FOUND_IN_TIME
    return UnfilledReason.NOT_ENOUGH_STOCK


def reachable(problem: Problem) -> frozenset[int]:
    """Nodes to which a way leads and from which one leads to the end."""
    closed = closure(problem.travel)
    return frozenset(
        node for node in range(1, problem.size) if closed[DEPOT][node] < NO_ARC and closed[node][DEPOT] < NO_ARC
    )
