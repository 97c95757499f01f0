"""Reads a line of a shopping list: how much, and of what. "2 x 500g tomatoes", "ek darjan ande", "milk 1.5 l"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from services.inventory.domain import text, words

# A count above this is no count: "1664", "2032" name things.
_LARGEST_COUNT = Decimal(1000)
_DOZEN = Decimal(12)

_CROSSES = re.compile("[\u00d7*]")
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
    plain = text.plain(_CROSSES.sub(" x ", line))
    plain = _TIMES.sub(lambda match: f" {match[1] or match[2]} x ", plain)
    # "500g", "2kg", "6pcs": the number and the unit on their own; "7up" comes together again below.
    tokens = _NUMBER_BEFORE_WORD.sub(r"\1 ", plain).split()
    reader = _Reader(tokens, glued=frozenset(plain.split()))
    reader.read()
    named = text.normalise(" ".join(reader.words)).split()
    if not named:
        return Line(tuple(text.normalise(line).split()))
    return Line(tuple(named), reader.count, reader.measure, reader.packages)


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
        if following in words.DOZENS:
            value, taken = value * _DOZEN, taken + 1
            following = self._at(position + taken)
        if following in words.MEASURES and value > 0 and self.measure is None:
            factor, unit = words.MEASURES[following]
            self.measure = Measure(value * factor, unit)
            return taken + 1
        return self._counted(value, position, taken)

    def _counted(self, value: Decimal, position: int, taken: int) -> int:
        if not 0 < value <= _LARGEST_COUNT or self.count is not None or not self._may_count(position, taken):
            return 0
        following = self._at(position + taken)
        self.count = value
        if following in words.CONTAINERS:
            self.packages = following not in words.PIECES
            return taken + 1
        return taken

    def _number(self, position: int) -> tuple[Decimal | None, int]:
        token = self._tokens[position]
        if token in words.DOZENS and self._at(position + 1):
            return _DOZEN, 1
        if _NUMBER.fullmatch(token):
            return (Decimal(token), 1) if len(token) <= len("9999.999") else (None, 1)
        following = self._at(position + 1)
        if token not in words.NUMBERS or following is None:
            return None, 1
        if following in {"a", "an"}:
            # "half a dozen": the article says nothing.
            return words.NUMBERS[token], 2
        begins = position == 0 and token not in words.AMBIGUOUS_NUMBERS
        counts = begins or following in words.MEASURES or following in words.DOZENS
        return (words.NUMBERS[token] if counts else None), 1

    def _unit_alone(self, position: int) -> int:
        """A unit alone at the start is one of it: "kilo aloo"."""
        token = self._tokens[position]
        if position or self._at(1) is None or self.measure is not None:
            return 0
        if token in words.MEASURES_ALONE:
            factor, unit = words.MEASURES[token]
            self.measure = Measure(factor, unit)
            return 1
        return 0

    def _may_count(self, position: int, taken: int) -> bool:
        """A bare number counts at either end of the line or before a container; elsewhere it names ("vitamin 3 drops").

        A number that is written together with letters names too ("7up", "a4"), unless they are a container ("6pcs").
        """
        token, following = self._tokens[position], self._at(position + taken)
        if following in words.CONTAINERS or following in words.OF:
            return True
        if following is not None and f"{token}{following}" in self._glued:
            return False
        return not self.words or following is None

    def _word(self, position: int) -> None:
        token = self._tokens[position]
        if token in words.OF and (self.count is not None or self.measure is not None or token in {"x", "some"}):
            return
        before = self._tokens[position - 1] if position else ""
        if self.words and self.words[-1] == before and f"{before}{token}" in self._glued and before[-1:].isdigit():
            self.words[-1] = before + token
        else:
            self.words.append(token)

    def _at(self, position: int) -> str | None:
        return self._tokens[position] if position < len(self._tokens) else None
