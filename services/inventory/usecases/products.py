"""The catalogue: reading, searching, and making sense of what people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.inventory.domain import line as lines
from services.inventory.domain import matching
from services.inventory.domain.errors import ProductNotFound
from services.inventory.domain.ids import ProductId
from services.inventory.domain.product import Product, ProductName
from services.inventory.domain.text import normalise
from services.inventory.store import products as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.inventory.catalogue import CatalogueProduct
    from services.inventory.domain.line import Line
    from services.inventory.usecases.deps import Deps

# Left out when nothing has all the words: they say little about what is meant.
_SOFT_WORDS = frozenset(
    (
        *("a", "an", "the", "of", "and", "for", "with", "in", "some", "any", "fresh", "good", "big", "small", "large"),
        *("pack", "packet", "bottle", "can", "tin", "jar", "box", "bag", "piece"),
    )
)


def get_product(deps: Deps, product_id: ProductId) -> Product:
    """The product, retired ones too. Raises ProductNotFound."""
    with deps.db.transaction() as tx:
        return require_product(tx, product_id)


def list_products(deps: Deps, *, category: str, after: tuple[str, str] | None, limit: int) -> list[Product]:
    """The catalogue by name; `after` is the last name and id of the page before."""
    with deps.db.transaction() as tx:
        return store.page_of_products(tx, category=category, after=after, limit=limit)


def search_products(deps: Deps, *, query: str, limit: int) -> list[Product]:
    """What `query` may mean, best first; its last word may be unfinished."""
    line = lines.parse(query)
    if not line.words:
        return []
    with deps.db.transaction() as tx:
        named = store.find_by_words(tx, [line.words], unfinished=True)[0]
        hits = [matching.Hit(each.product, each.norm, spelt=True) for each in named]
        if not hits:
            hits = _hits(tx, [line])[0]
    ranked = matching.rank(line, hits)
    near = [candidate for candidate in ranked if candidate.likeness >= matching.LIKE_ENOUGH]
    return [candidate.product for candidate in near[:limit]]


def resolve_lines(tx: Connection, texts: Sequence[str]) -> list[matching.Resolution]:  # no tenant: the catalogue
    """What each line means, in their order; a few statements for all of them."""
    parsed = [lines.parse(text) for text in texts]
    hits = _hits(tx, parsed)
    return [matching.resolve(line, found) for line, found in zip(parsed, hits, strict=True)]


def require_product(tx: Connection, product_id: ProductId) -> Product:  # no tenant: the catalogue
    """The product. Raises ProductNotFound."""
    product = store.load_products(tx, [product_id]).get(product_id)
    if product is None:
        raise ProductNotFound
    return product


def write_catalogue(tx: Connection, catalogue: Sequence[CatalogueProduct]) -> None:  # no tenant: the catalogue
    """Makes the database's catalogue what the files say; a second run changes nothing."""
    store.write_catalogue(tx, [_entry(row) for row in catalogue])


def _hits(tx: Connection, parsed: Sequence[Line]) -> list[list[matching.Hit]]:
    """By all words; where nothing has them, without the soft ones; where still nothing, by likeness."""
    found: list[list[matching.Hit]] = [[] for _ in parsed]
    for narrowed in (False, True):
        searches = {place: _words(line, narrowed=narrowed) for place, line in enumerate(parsed) if not found[place]}
        searches = {place: words for place, words in searches.items() if words}
        answers = store.find_by_words(tx, list(searches.values())) if searches else []
        for place, named in zip(searches, answers, strict=True):
            found[place] = [matching.Hit(each.product, each.norm, spelt=True) for each in named]
    missing = {place: " ".join(line.words) for place, line in enumerate(parsed) if line.words and not found[place]}
    answers = store.find_alike(tx, list(missing.values())) if missing else []
    for place, named in zip(missing, answers, strict=True):
        found[place] = [matching.Hit(each.product, each.norm, spelt=False) for each in named]
    return found


def _words(line: Line, *, narrowed: bool) -> tuple[str, ...]:
    return tuple(word for word in line.words if word not in _SOFT_WORDS) if narrowed else line.words


def _entry(row: CatalogueProduct) -> store.CatalogueEntry:
    names = (row.name, *(synonym.name for synonym in row.synonyms))
    package = None
    if row.package_amount is not None and row.package_unit is not None:
        package = lines.Measure(row.package_amount, row.package_unit)
    return store.CatalogueEntry(
        product=Product(
            id=ProductId(row.id),
            display_name=row.display_name,
            category=row.shelf,
            unit_code=row.unit_code,
            package=package,
            tax_class=row.tax_class,
            hsn_code=row.hsn_code,
            weight=row.weight,
            piece_grams=row.piece_grams,
            other_names=tuple(ProductName(synonym.name, synonym.language) for synonym in row.synonyms),
        ),
        code=row.code,
        norms=frozenset(filter(None, map(normalise, names))),
    )
