"""The words of documents."""

from __future__ import annotations

import string

import pytest

from services.billing.documents.wording import in_language, languages

ENGLISH = in_language("en")[1]


def test_the_languages_of_the_fonts_are_there() -> None:
    assert languages() == {"en", "hi", "mr", "bn", "ta", "te", "kn", "ml", "gu", "pa", "or", "fi"}


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_has_every_word(language: str) -> None:
    known, words = in_language(language)
    assert known == language
    assert words.keys() == ENGLISH.keys()
    for key, word in words.items():
        assert word == word.strip() != "", key
        places = {name for _, name, _, _ in string.Formatter().parse(word) if name}
        assert places == {name for _, name, _, _ in string.Formatter().parse(ENGLISH[key]) if name}, key


def test_other_languages_are_english() -> None:
    assert in_language("sv") == ("en", ENGLISH)
