"""The whole demo, in order: people, then the merchants of the map, then the one in India."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from billmesh.auth.v1 import merchant_pb2

from services.inventory import catalogue
from tools.client.edge import Edge
from tools.demo.inbox import Inbox
from tools.seed import accounts, billing, merchants, shops
from tools.seed.assortment import KINDS, offers_of
from tools.seed.merchants import Merchant
from tools.seed.notebook import Notebook
from tools.seed.shops import Shop
from tools.stack import roads
from tools.stack.console import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.client.people import Person
    from tools.stack.state import State

_SEED = 20_261
# Seconds for which a call is repeated while a process is away.
_PATIENCE = 30.0
_AT_ONCE = 4
# An account owns at most 50.
_MERCHANTS_OF_ONE = 45
# Shops of a small demo: enough for a trip with full and partial matches. And the most, of a map that has more.
_SMALL = 14
_FULL = 400
_ERRANDS = ("supermarket", "convenience", "pharmacy", "bakery", "hardware", "health_food", "deli", "tea", "kiosk")
_INDIAN_SHOP = Shop(
    place="demo-bengaluru",
    name="Sharma Stores, Indiranagar",
    kind="supermarket",
    latitude=12.9783692,
    longitude=77.6408356,
    address="12th Main Road, Indiranagar, Bengaluru 560038",
)
# The demo sells two of each again and again, for as long as it is let run.
_INDIAN_STOCK = Decimal(100_000)


def sow(state: State, description: dict[str, Any], *, size: str) -> None:
    """See `tools.seed.sow`."""
    edge = Edge.from_run(description, patience=_PATIENCE)
    inbox = Inbox(description["sms_inbox_url"], patience=_PATIENCE)
    notebook = Notebook.open(state.demo)
    try:
        say("demo: people sign up")
        found = chosen_shops(shops.read_shops(roads.chosen_map(state.cache), KINDS), size=size)
        grouped = shops.by_merchant(found)
        profiles = accounts.finnish_owners(max(1, math.ceil(len(grouped) / _MERCHANTS_OF_ONE)))
        accounts.person(edge, inbox, notebook, accounts.SHOPPER)
        indian = accounts.person(edge, inbox, notebook, accounts.INDIAN_OWNER)
        owners = [accounts.person(edge, inbox, notebook, profile) for profile in profiles]
        say("demo: a merchant in India")
        _india(edge, notebook, indian)
        say(f"demo: {len(found)} shops of the map, of {len(grouped)} merchants")
        _map(edge, notebook, owners, grouped)
    finally:
        edge.close()
    notebook.done = size
    notebook.save()


def chosen_shops(found: Sequence[Shop], *, size: str) -> list[Shop]:
    """Return as many shops as the size allows, the kinds taking turns, those of everyday errands first."""
    most = _SMALL if size == "small" else _FULL
    kinds = sorted({shop.kind for shop in found} - set(_ERRANDS))
    by_kind = [[shop for shop in found if shop.kind == kind] for kind in (*_ERRANDS, *kinds)]
    turns = [theirs[turn] for turn in range(most) for theirs in by_kind if turn < len(theirs)]
    return sorted(turns[:most])


def _india(edge: Edge, notebook: Notebook, owner: Person) -> None:
    made = merchants.create_merchant(
        edge,
        notebook,
        merchant_pb2.Merchant(
            display_name="Sharma Stores",
            legal_name="Sharma Stores (Proprietor: Rohan Sharma)",
            country_code="IN",
            time_zone="Asia/Kolkata",
            address=merchant_pb2.PostalAddress(
                lines=["12th Main Road", "Indiranagar"],
                locality="Bengaluru",
                administrative_area="Karnataka",
                postal_code="560038",
            ),
        ),
        person_token=owner.token(),
    )
    merchant = Merchant(made.id, made.display_name, "IN", "INR", owner.token(made.id))
    store_ids = merchants.create_stores(edge, notebook, merchant, [_INDIAN_SHOP])
    offers = offers_of(_INDIAN_SHOP, catalogue.load(), merchant=merchant.name, currency="INR", seed=_SEED)
    store_id = store_ids[_INDIAN_SHOP.place]
    merchants.create_items(edge, notebook, merchant, offers={store_id: offers}, least=_INDIAN_STOCK)
    _billing(edge, notebook, merchant)
    notebook.note("merchant-in", merchant_id=merchant.id, store_id=store_id)


def _map(edge: Edge, notebook: Notebook, owners: Sequence[Person], grouped: Mapping[str, Sequence[Shop]]) -> None:
    known = []
    for number, name in enumerate(grouped):
        owner = owners[number // _MERCHANTS_OF_ONE]
        profile = merchant_pb2.Merchant(display_name=name[:100], country_code="FI", time_zone="Europe/Helsinki")
        made = merchants.create_merchant(edge, notebook, profile, person_token=owner.token())
        known.append(Merchant(made.id, name, "FI", "EUR", owner.token(made.id)))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        placed = list(
            pool.map(lambda merchant: merchants.create_stores(edge, notebook, merchant, grouped[merchant.name]), known)
        )
        say("demo: items, prices and stock")

        def stock(merchant: Merchant, store_ids: dict[str, str]) -> int:
            offers = {
                store_ids[shop.place]: offers_of(
                    shop, catalogue.load(), merchant=merchant.name, currency=merchant.currency, seed=_SEED
                )
                for shop in grouped[merchant.name]
            }
            return merchants.create_items(edge, notebook, merchant, offers=offers)

        rows = sum(pool.map(stock, known, placed))
    say(f"demo: {rows} offers")
    if not known:
        # A map without shops: the demo has only its merchant in India.
        return
    _billing(edge, notebook, known[0])
    first_store = placed[0][grouped[known[0].name][0].place]
    notebook.note("merchant-fi", merchant_id=known[0].id, store_id=first_store)


def _billing(edge: Edge, notebook: Notebook, merchant: Merchant) -> None:
    settings = billing.indian_settings() if merchant.country == "IN" else billing.finnish_settings()
    billing.apply_settings(edge, merchant, settings)
    customers = billing.customers_of(merchant, shopper_phone=accounts.SHOPPER.phone)
    billing.create_customers(edge, notebook, merchant, customers)
