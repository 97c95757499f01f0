"""Names as they are searched: their words, without what people write in one way or another."""

from __future__ import annotations

import unicodedata

_LONGEST = 40
# Letters that are not another one with a mark, and yet are typed as it.
_ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"})
# Accents of Latin, Greek and Cyrillic, and the dots of Indian scripts, whose vowel signs are letters to their writers.
_ACCENTS = frozenset((*map(chr, range(0x300, 0x370)), *"\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc"))
# Within a word.
_JOINED = frozenset("'\u2019\u02bc\u200c\u200d\u00ad")


def words(text: str) -> frozenset[str]:
    """The words of a name: no case, accents or marks, each of up to 40 characters."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_ALIKE)
    kept = "".join(_kept(each) for each in unicodedata.normalize("NFKD", folded))
    return frozenset(word[:_LONGEST] for word in kept.split())


def _kept(character: str) -> str:
    if character in _ACCENTS or character in _JOINED:
        return ""
    return character if unicodedata.category(character)[0] in "LNM" else " "
