"""Reads a line of a shopping list: how much, and of what. "2 x 500g tomatoes", "ek darjan ande", "milk 1.5 l"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.inventory.domain import text

# A count above this is no count: "1664", "2032" name things.
_LARGEST_COUNT = Decimal(999)
_DOZEN = Decimal(12)

_NUMBER_WORDS: Final[dict[str, Decimal]] = {
    word: Decimal(value)
    for value, words in {
        "1": "a an one yksi ek एक",
        "2": "two couple kaksi do दो",
        "3": "three kolme teen tin तीन",
        "4": "four nelja char चार",
        "5": "five viisi paanch panch पांच पाँच",
        "6": "six kuusi chhe cheh छह",
        "7": "seven seitseman saat सात",
        "8": "eight kahdeksan aath आठ",
        "9": "nine yhdeksan nau नौ",
        "10": "ten kymmenen das दस",
        "0.5": "half puoli puolikas aadha adha आधा",
        "0.25": "quarter nelsosa pav पाव",
    }.items()
    for word in words.split()
}
_DOZENS: Final = frozenset(("dozen", "dozens", "doz", "tusina", "tusinaa", "darjan", "दर्जन"))
# What a count counts, when it says no more than the count itself.
_CONTAINERS: Final = frozenset(
    (
        "pack packs packet packets pkt pkts bag bags box boxes bottle bottles can cans tin tins jar jars carton cartons "
        "bunch bunches loaf loaves tube tubes piece pieces pc pcs nos unit units pouch pouches tub tubs sachet sachets "
        "kpl paketti pakettia pkt prk purkki purkkia pullo pulloa pussi pussia ps rasia rasiaa tlk tolkki tolkkia pala palaa "
        "packit dabba dabbe thaili पैकेट बोतल डिब्बा"
    ).split()
)
_MEASURE_UNITS: Final[dict[str, tuple[Decimal, str]]] = {
    **dict.fromkeys("kg kgs kilo kilos kilogram kilograms kilogramme kiloa किलो किग्रा".split(), (Decimal(1), "KGM")),
    **dict.fromkeys("g gm gms gr gram grams gramme grammes grammaa ग्राम".split(), (Decimal(1), "GRM")),
    **dict.fromkeys("l lt ltr ltrs litre litres liter liters litra litraa लीटर".split(), (Decimal(1), "LTR")),
    **dict.fromkeys("dl desi decilitre".split(), (Decimal(100), "MLT")),
    **dict.fromkeys("cl centilitre".split(), (Decimal(10), "MLT")),
    **dict.fromkeys("ml mls millilitre millilitres milliliter millilitra मिली".split(), (Decimal(1), "MLT")),
    **dict.fromkeys("m metre metres meter meters metri metria mtr".split(), (Decimal(1), "MTR")),
    **dict.fromkeys("lb lbs pound pounds".split(), (Decimal("453.592"), "GRM")),
    **dict.fromkeys("oz ounce ounces".split(), (Decimal("28.3495"), "GRM")),
    **dict.fromkeys("roll rolls rulla rullaa".split(), (Decimal(1), "XRO")),
    **dict.fromkeys("pair pairs pari paria jodi".split(), (Decimal(1), "PR")),
    **dict.fromkeys("sheet sheets arkki arkkia".split(), (Decimal(1), "XST")),
}
_OF: Final = frozenset(("of", "x", "×", "some", "the", "ka", "ki", "ke", "का", "की", "के"))
_TIMES = re.compile(r"(?<!\w)(\d+) ?x ?(?=\d|[^\W\d])|(?<=[^\W\d]) x ?(\d+)(?!\w|\.)")
_NUMBER_BEFORE_WORD = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[^\W\d_])")
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Measure:
    """So much of a unit: 5 KGM."""

    amount: Decimal
    unit_code: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was understood.

    `words` are normalised, without what was read as a quantity; never empty unless the line holds no word at all.
    `count` is a bare number ("2 milk"), `packages` says that it counts packages ("2 packets of rice"); `measure` is a
    number with a unit ("500 g").
    """

    words: tuple[str, ...]
    count: Decimal | None = None
    measure: Measure | None = None
    packages: bool = False


def parse(line: str) -> Line:
    """Understands `line`; never fails. What is no quantity is a word."""
    plain = text.plain(line.replace("×", " x ").replace("*", " x "))
    plain = _TIMES.sub(lambda match: f" {match[1] or match[2]} x ", plain)
    # "500g", "2kg", "6pcs": the number and the unit on their own; "7up" comes together again below.
    tokens = _NUMBER_BEFORE_WORD.sub(r"\1 ", plain).split()
    reader = _Reader(tokens, glued=frozenset(plain.split()))
    reader.read()
    words = text.normalise(" ".join(reader.words)).split()
    if not words:
        return Line(tuple(text.normalise(line).split()))
    return Line(tuple(words), reader.count, reader.measure, reader.packages)


class _Reader:
    """Walks over the tokens once, taking quantities out."""

    def __init__(self, tokens: list[str], *, glued: frozenset[str]) -> None:
        self._tokens = tokens
        self._glued = glued
        self.words: list[str] = []
        self.count: Decimal | None = None
        self.measure: Measure | None = None
        self.packages = False

    def read(self) -> None:
        position = 0
        while position < len(self._tokens):
            taken = self._quantity(position)
            if not taken:
                self._word(position)
            position += taken or 1

    def _quantity(self, position: int) -> int:
        """How many tokens from `position` are a quantity; 0 if none is."""
        value, taken = self._number(position)
        if value is None:
            return self._unit_alone(position)
        following = self._at(position + taken)
        if following in _DOZENS:
            value, taken = value * _DOZEN, taken + 1
            following = self._at(position + taken)
        if following in _MEASURE_UNITS and value > 0 and self.measure is None:
            factor, unit = _MEASURE_UNITS[following]
            self.measure = Measure(value * factor, unit)
            return taken + 1
        return self._counted(value, position, taken)

    def _counted(self, value: Decimal, position: int, taken: int) -> int:
        if not 0 < value <= _LARGEST_COUNT or self.count is not None or not self._may_count(position, taken):
            return 0
        following = self._at(position + taken)
        self.count = value
        if following in _CONTAINERS:
            self.packages = following not in {"piece", "pieces", "pc", "pcs", "nos", "kpl", "pala", "palaa"}
            return taken + 1
        return taken

    def _number(self, position: int) -> tuple[Decimal | None, int]:
        token = self._tokens[position]
        if token in _DOZENS and self._at(position + 1):
            return _DOZEN, 1
        if _NUMBER.fullmatch(token):
            return (Decimal(token), 1) if len(token) <= len("9999.999") else (None, 1)
        following = self._at(position + 1)
        at_start = position == 0 and following is not None
        if token in _NUMBER_WORDS and (at_start or following in _MEASURE_UNITS or following in _DOZENS):
            # "half a dozen": the article says nothing.
            skipped = 1 if following in {"a", "an"} else 0
            return _NUMBER_WORDS[token], 1 + skipped
        return None, 1

    def _unit_alone(self, position: int) -> int:
        """ "kilo aloo": the unit alone at the start is one of it; "packet" too."""
        token = self._tokens[position]
        if position or self._at(1) is None or self.measure is not None:
            return 0
        if token in {"kg", "kilo", "kiloa", "किलो", "litre", "litra", "litraa", "लीटर"}:
            factor, unit = _MEASURE_UNITS[token]
            self.measure = Measure(factor, unit)
            return 1
        return 0

    def _may_count(self, position: int, taken: int) -> bool:
        """A bare number counts at either end of the line, or before a container; elsewhere it names ("vitamin 3 drops").

        A number that is written together with letters names too ("7up", "a4"), unless they are a container ("6pcs").
        """
        token, following = self._tokens[position], self._at(position + taken)
        if following in _CONTAINERS or following in _OF:
            return True
        if following is not None and f"{token}{following}" in self._glued:
            return False
        return not self.words or following is None

    def _word(self, position: int) -> None:
        token = self._tokens[position]
        if token in _OF and (self.count is not None or self.measure is not None or token in {"x", "×", "some"}):
            return
        before = self._tokens[position - 1] if position else ""
        if self.words and self.words[-1] == before and f"{before}{token}" in self._glued and before[-1:].isdigit():
            self.words[-1] = before + token
        else:
            self.words.append(token)

    def _at(self, position: int) -> str | None:
        return self._tokens[position] if position < len(self._tokens) else None
