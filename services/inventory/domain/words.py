"""How people write numbers, units and containers, in English, Finnish and Hindi (both scripts), without accents."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _by_word(table: Mapping[str, str]) -> dict[str, Decimal]:
    return {word: Decimal(value) for value, words in table.items() for word in words.split()}


NUMBERS: Final = _by_word(
    {
        "1": "a an one yksi ek एक",
        "2": "two couple kaksi do दो",
        "3": "three kolme teen तीन",
        "4": "four nelja char चार",
        "5": "five viisi paanch panch पांच पाँच",
        "6": "six kuusi chhe cheh छह",
        "7": "seven seitseman saat सात",
        "8": "eight kahdeksan aath आठ",
        "9": "nine yhdeksan nau नौ",
        "10": "ten kymmenen das दस",
        "0.5": "half puoli puolikas aadha adha आधा",
        "0.25": "quarter nelsosa pav पाव",
    }
)
# Other words too ("pav bhaji", "teen tights"): numbers only before a measure.
AMBIGUOUS_NUMBERS: Final = _words("pav teen")
DOZENS: Final = _words("dozen dozens doz tusina tusinaa darjan दर्जन")

_KILOGRAMS: Final = _words("kg kgs kilo kilos kilogram kilograms kilogramme kiloa किलो किग्रा")
_LITRES: Final = _words("l lt ltr ltrs litre litres liter liters litra litraa लीटर")
# Word → how many of which UN/ECE unit.
MEASURES: Final[dict[str, tuple[Decimal, str]]] = {
    word: (Decimal(factor), unit)
    for factor, unit, written in (
        ("1", "KGM", _KILOGRAMS),
        ("1", "GRM", _words("g gm gms gr gram grams gramme grammes grammaa ग्राम")),
        ("1", "LTR", _LITRES),
        ("100", "MLT", _words("dl desi decilitre")),
        ("10", "MLT", _words("cl centilitre")),
        ("1", "MLT", _words("ml mls millilitre millilitres milliliter millilitra मिली")),
        ("1", "MTR", _words("m metre metres meter meters metri metria mtr")),
        ("453.592", "GRM", _words("lb lbs pound pounds")),
        ("28.3495", "GRM", _words("oz ounce ounces")),
        ("1", "XRO", _words("roll rolls rulla rullaa")),
        ("1", "PR", _words("pair pairs pari paria jodi")),
        ("1", "XST", _words("sheet sheets arkki arkkia")),
    )
    for word in written
}
# "kilo aloo" is one kilogram of them; "m" or "pair" alone would be part of a name.
MEASURES_ALONE: Final = (_KILOGRAMS | _LITRES) - _words("l lt ltr")
# Strengths and sizes, part of a name: "500 mg", "75 mm", "64 GB".
STRENGTHS: Final = _words("mg cm mm gb w v")

PIECES: Final = _words("piece pieces pc pcs nos kpl pala palaa")
# What a count counts, when it says no more than the count itself.
CONTAINERS: Final = PIECES | _words(
    "pack packs packet packets pkt pkts bag bags box boxes bottle bottles can cans tin tins jar jars carton cartons "
    "bunch bunches loaf loaves tube tubes unit units pouch pouches tub tubs sachet sachets paketti pakettia prk purkki "
    "purkkia pullo pulloa pussi pussia ps rasia rasiaa tlk tolkki tolkkia packit dabba dabbe thaili पैकेट बोतल डिब्बा"
)
# Between a quantity and what it is of.
OF: Final = _words("of x some the ka ki ke का की के")
