"""Which product a line means: ranks what the search brought, best first. Pure and deterministic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from services.inventory.domain import product as products
from services.inventory.domain.line import Measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.inventory.domain.line import Line
    from services.inventory.domain.product import Product

# Runners-up that are offered beside the chosen product.
RUNNERS_UP: Final = 5
# Below this likeness of the words a misspelt line is not taken to mean anything.
LIKE_ENOUGH: Final = 0.62
_WORTH_OFFERING: Final = 0.5
_EXACT_PACKAGE: Final = 0.5
_CONVERTIBLE: Final = 0.15
_OF_WEIGHT: Final = 0.03
# A word of the name that nobody asked for says a little against it.
_UNASKED: Final = 0.5
# A word that is only begun: "maito" is milk before it is milk chocolate (maitosuklaa).
_UNFINISHED: Final = 0.2
_ADJACENT: Final = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that the search found by one of its normalised names.

    `spelt`: every word of the line is in the name, or begins one there.
    """

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
    ranked = [candidate for candidate in rank(line, hits) if candidate.likeness >= _WORTH_OFFERING]
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
    if hit.spelt and not set(line.words) <= set(name):
        fit -= _UNFINISHED
    return likeness, fit + words_of_both * _package_fit(line, hit.product)


def _package_fit(line: Line, product: Product) -> float:
    if line.measure is None:
        counts_pieces = line.count is not None and not line.packages
        pieces = Measure(line.count or Decimal(1), "C62")
        return _CONVERTIBLE if counts_pieces and products.holds_exactly(product, pieces) else 0.0
    if products.holds_exactly(product, line.measure):
        return _EXACT_PACKAGE
    if products.converts(product, line.measure):
        return _EXACT_PACKAGE if product.unit_code == products.WEIGHED else _CONVERTIBLE
    return 0.0


def _likeness(wanted: Sequence[str], name: Sequence[str]) -> float:
    """How like the words are, 0 to 1: each wanted word by the nearest of the name, weighed by length."""
    letters = sum(map(len, wanted))
    if not letters or not name:
        return 0.0
    by_word = sum(len(word) * _nearest(word, name) for word in wanted) / letters
    # A blank too many or too few: "oliveoil".
    return max(by_word, _nearest("".join(wanted), ["".join(name)]))


def _nearest(word: str, others: Sequence[str]) -> float:
    """The likeness of the likest of `others`."""
    best = 0.0
    for other in others:
        longest = max(len(word), len(other))
        # The difference in length alone already costs so many edits.
        if 1 - abs(len(word) - len(other)) / longest > best:
            best = max(best, 1 - edits(word, other) / longest)
    return best


def edits(left: str, right: str) -> int:
    """Letters to put in, leave out, change, or swap with their neighbour, to make one word of the other."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            least = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (letter != other))
            swapped = (
                row >= _ADJACENT and column >= _ADJACENT and letter == right[column - 2] and left[row - 2] == other
            )
            if swapped:
                least = min(least, before[column - 2] + 1)
            current.append(least)
        before, previous = previous, current
    return previous[-1]
