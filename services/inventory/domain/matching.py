"""Which product a line means: ranks what the search brought, best first. Pure and deterministic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.inventory.domain import product as products
from services.inventory.domain.product import Product

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.inventory.domain.line import Line

# Runners-up that are offered beside the chosen product.
RUNNERS_UP: Final = 5
# Below this likeness of the words a misspelt line is not taken to mean anything.
LIKE_ENOUGH: Final = 0.62
_EXACT_PACKAGE: Final = 0.5
_CONVERTIBLE: Final = 0.15
_OF_WEIGHT: Final = 0.03
# A word of the name that nobody asked for says a little against it.
_UNASKED: Final = 0.5
_ADJACENT: Final = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that the search found by one of its normalised names. `spelt`: every word of the line is in the name."""

    product: Product
    name: str
    spelt: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a line may mean, how many of it, and how well it fits (higher is better)."""

    product: Product
    quantity: Decimal
    fit: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a line was taken to mean: the chosen product, None when nothing is near enough, and the next likely ones."""

    chosen: Candidate | None
    runners_up: tuple[Candidate, ...]
    # What the line asks for when no product says how to count: the bare number, or 1.
    plain_quantity: Decimal


def resolve(line: Line, hits: Iterable[Hit]) -> Resolution:
    """Chooses among `hits`; each product counts once, by its best name."""
    ranked = rank(line, hits)
    plain_quantity = line.count or Decimal(1)
    if ranked and ranked[0].likeness >= LIKE_ENOUGH:
        return Resolution(ranked[0], tuple(ranked[1 : RUNNERS_UP + 1]), plain_quantity)
    return Resolution(None, tuple(ranked[:RUNNERS_UP]), plain_quantity)


def rank(line: Line, hits: Iterable[Hit]) -> list[Candidate]:
    """All products of `hits`, best first; ties by name and id, so that the same search always answers the same."""
    best: dict[Product, tuple[float, float]] = {}
    for hit in hits:
        likeness, fit = _fit(line, hit)
        if hit.product not in best or fit > best[hit.product][1]:
            best[hit.product] = (likeness, fit)
    found = [
        Candidate(product, products.quantity_of(product, line), fit, likeness)
        for product, (likeness, fit) in best.items()
    ]
    return sorted(found, key=lambda each: (-each.fit, each.product.display_name, each.product.id))


def _fit(line: Line, hit: Hit) -> tuple[float, float]:
    name = hit.name.split()
    likeness = 1.0 if hit.spelt else _likeness(line.words, name)
    words_of_both = min(len(line.words), len(name)) / max(len(line.words), len(name))
    fit = likeness - _UNASKED * (1 - words_of_both) + _OF_WEIGHT * hit.product.weight
    if line.measure is not None:
        if products.holds_exactly(hit.product, line.measure):
            fit += _EXACT_PACKAGE
        elif products.converts(hit.product, line.measure):
            fit += _CONVERTIBLE
    elif line.count is not None and not line.packages:
        pieces = products.Measure(line.count, "C62")
        if products.holds_exactly(hit.product, pieces):
            fit += _CONVERTIBLE
    return likeness, fit


def _likeness(wanted: Sequence[str], name: Sequence[str]) -> float:
    """How like the words are, 0 to 1: each wanted word by the nearest of the name, weighed by length."""
    letters = sum(map(len, wanted))
    if not letters or not name:
        return 0.0
    apart = max((_closeness("".join(wanted), "".join(name)), 0.0))
    by_word = sum(len(word) * max(_closeness(word, other) for other in name) for word in wanted) / letters
    return max(by_word, apart)


def _closeness(left: str, right: str) -> float:
    longest = max(len(left), len(right))
    return 1 - edits(left, right) / longest if longest else 1.0


def edits(left: str, right: str) -> int:
    """Letters to put in, leave out, change, or swap with their neighbour, to make one word of the other."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            least = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            swapped = row >= _ADJACENT and column >= _ADJACENT and letter == right[column - 2] and left[row - 2] == other
            if swapped:
                least = min(least, before[column - 2] + 1)
            current.append(least)
        before, previous = previous, current
    return previous[-1]
