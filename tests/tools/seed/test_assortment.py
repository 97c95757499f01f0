"""What the demo's shops sell: the same every time, in sensible amounts at sensible prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from services.inventory import catalogue
from services.inventory.catalogue import PriceBand
from tools.seed.assortment import offers_of, price_in
from tools.seed.merchants import item_rows
from tools.seed.shops import Shop

SUPERMARKET = Shop("n1", "S-Market", "supermarket", 60.17, 24.94, "")
PRODUCTS = catalogue.load()


def offers(shop: Shop, *, currency: str = "EUR", seed: int = 1) -> dict[str, tuple[int, Decimal]]:
    found = offers_of(shop, PRODUCTS, merchant="S-ryhmä", currency=currency, seed=seed)
    return {offer.product.code: (offer.price, offer.quantity) for offer in found}


def test_the_same_seed_gives_the_same_shelves() -> None:
    assert offers(SUPERMARKET) == offers(SUPERMARKET)
    assert offers(SUPERMARKET) != offers(SUPERMARKET, seed=2)


def test_shops_of_one_merchant_and_kind_differ_in_stock_not_in_price() -> None:
    here, there = offers(SUPERMARKET), offers(replace(SUPERMARKET, place="n2"))
    both = here.keys() & there.keys()
    assert len(both) > 100
    assert here.keys() != there.keys()
    assert all(here[code][0] == there[code][0] for code in both)
    assert any(here[code][1] != there[code][1] for code in both)


def test_a_shop_sells_only_what_its_kind_sells() -> None:
    sold = offers(replace(SUPERMARKET, kind="pharmacy"))
    assert sold
    by_code = {product.code: product for product in PRODUCTS}
    assert all("pharmacy" in by_code[code].shops for code in sold)


def test_a_supermarket_has_most_of_it_and_a_kiosk_little() -> None:
    assert len(offers(SUPERMARKET)) > 3 * len(offers(replace(SUPERMARKET, kind="kiosk")))


def test_some_things_have_run_out_and_nothing_is_negative() -> None:
    quantities = [quantity for _, quantity in offers(SUPERMARKET).values()]
    assert min(quantities) == 0
    assert sum(quantity == 0 for quantity in quantities) < len(quantities) / 5


def test_prices_stay_near_their_band_and_look_like_prices() -> None:
    band = PriceBand("EUR", 200, 300)
    prices = [price_in(band, place / 10) for place in range(11)]
    assert all(199 <= price <= 300 for price in prices)
    assert all(price % 5 == 0 or price % 10 == 9 for price in prices)
    assert price_in(PriceBand("INR", 4000, 5500), 0.5) % 100 == 0


def test_items_carry_the_usual_price_and_stores_only_what_differs() -> None:
    big = offers_of(SUPERMARKET, PRODUCTS, merchant="S-ryhmä", currency="EUR", seed=1)
    corner = replace(SUPERMARKET, place="n2", kind="convenience")
    small = offers_of(corner, PRODUCTS, merchant="S-ryhmä", currency="EUR", seed=1)
    rows = item_rows({"sto_a": big, "sto_b": small}, country="FI", currency="EUR", least=Decimal(3))
    assert len(rows) == len({offer.product.code for offer in [*big, *small]})
    shared = next(row for row in rows if len(row.opening_stock) == 2)
    assert [stock.HasField("unit_price") for stock in shared.opening_stock] in ([False, True], [True, False])
    assert all(Decimal(stock.quantity.value) >= 3 for row in rows for stock in row.opening_stock)
    assert all(row.item.price_includes_tax and row.item.tax_code for row in rows)
