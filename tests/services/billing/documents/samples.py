"""Bills to print: of shops in several languages, computed as bills are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.billing.domain import taxes
from services.billing.domain.bill import Bill, BillDocument, BillState, LineTerms
from services.billing.domain.computing import compute
from services.kit.money import Money
from tests.services.billing.domain import makers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.billing.domain.settings import MerchantSettings

BENGALURU = makers.settings(
    business_name="Asha Stores",
    address="12 MG Road\nBengaluru 560001",
    tax_id="29AABCT1332L1ZA",
    region_code="29",
    upi_vpa="asha.stores@okbank",
)
DELHI = makers.settings(
    business_name="श्री गणेश किराना भंडार",
    address="१२, चाँदनी चौक\nदिल्ली 110006",
    tax_id="07AABCT1332L1ZG",
    region_code="07",
    upi_vpa="ganesh@okbank",
)
CHENNAI = makers.settings(
    business_name="ஸ்ரீ முருகன் மளிகைக் கடை",
    address="45, பாண்டி பஜார்\nசென்னை 600017",
    tax_id="33AABCT1332L1ZL",
    region_code="33",
    upi_vpa="murugan@okbank",
)
HELSINKI = makers.settings(
    "FI", currency="EUR", business_name="Kahvila Åström & Pojat", address="Mannerheimintie 5\n00100 Helsinki"
)


def line(
    description: str = "Basmati rice, 5 kg bag",
    *,
    quantity: str = "1",
    price: int = 50_000,
    tax_code: str = "GST5",
    unit: str = "EA",
    hsn: str = "1006",
    discount: int = 0,
    inclusive: bool = False,
    currency: str = "INR",
) -> LineTerms:
    """A line; `price` and `discount` in minor units."""
    return LineTerms(
        item_id=None,
        description=description,
        quantity=Decimal(quantity),
        unit_code=unit,
        unit_price=Money(price, currency),
        price_includes_tax=inclusive,
        discount=Money(discount, currency),
        tax_code=tax_code,
        hsn_code=hsn,
    )


def bill(
    lines: Sequence[LineTerms],
    settings: MerchantSettings = BENGALURU,
    *,
    discount: int = 0,
    coin: int = 0,
    settled: int = 0,
    place: str = "",
    **fields: Any,
) -> Bill:
    """An issued bill of a merchant over these lines."""
    currency = lines[0].unit_price.currency
    place = place or settings.fields.region_code

    def parts(terms: LineTerms) -> tuple[taxes.TaxPart, ...]:
        found = taxes.parts_of(settings.tax_rules, terms.tax_code, on=date(2026, 6, 1), place_of_supply=place)
        assert found is not None
        return found

    computed, totals = compute(
        lines, taxes=parts, discount=Money(discount, currency), coin=Money(coin, currency) if coin else None
    )
    values: dict[str, Any] = {
        "state": BillState.PARTLY_PAID if settled else BillState.ISSUED,
        "lines": computed,
        "totals": totals,
        "discount": Money(discount, currency),
        "settled": settled,
        "credited": Money.zero(currency),
        "place_of_supply": place,
        "document": BillDocument.TAX_INVOICE if place else BillDocument.INVOICE,
    }
    made = makers.bill(**(values | fields))
    return replace(made, settled=Money(settled, currency))


def groceries() -> tuple[LineTerms, ...]:
    """A basket in English, at three rates."""
    return (
        line(quantity="2"),
        line("Toor dal", quantity="1.25", unit="KGM", price=16_400, hsn="0713"),
        line("Ghee, cow, 1 l tin, of the dairy cooperative", quantity="3", price=64_900, tax_code="GST12", hsn="0405"),
        line("Hand soap, pack of four", quantity="1", price=18_000, tax_code="GST18", hsn="3401", discount=1_000),
    )


def kirana() -> tuple[LineTerms, ...]:
    """A basket in Hindi."""
    return (
        line("बासमती चावल, 5 किलो की थैली", quantity="2"),
        line("अरहर दाल (तूर)", quantity="1.25", unit="KGM", price=16_400, hsn="0713"),
        line("शुद्ध देसी घी, 1 लीटर", quantity="3", price=64_900, tax_code="GST12", hsn="0405"),
        line("क्षत्रिय ब्रांड साबुन", price=18_000, tax_code="GST18", hsn="3401", discount=1_000),
    )


def maligai() -> tuple[LineTerms, ...]:
    """A basket in Tamil."""
    return (
        line("பொன்னி அரிசி, 5 கிலோ பை", quantity="2"),
        line("துவரம் பருப்பு", quantity="1.25", unit="KGM", price=16_400, hsn="0713"),
        line("பசு நெய், 1 லிட்டர்", quantity="3", price=64_900, tax_code="GST12", hsn="0405"),
        line("குளியல் சோப்பு நான்கு", price=18_000, tax_code="GST18", hsn="3401", discount=1_000),
    )
