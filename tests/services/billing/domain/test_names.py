"""Words of names, as they are searched."""

from __future__ import annotations

import pytest

from services.billing.domain.names import words


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Ravi Kumar", {"ravi", "kumar"}),
        ("  RAVI\tkumar,ravi ", {"ravi", "kumar"}),
        ("Öhman-Åström & Söner", {"ohman", "astrom", "soner"}),
        ("O'Brien", {"obrien"}),
        ("D’Souza", {"dsouza"}),
        ("Łukasz Straße", {"lukasz", "strasse"}),
        ("Ægir Þór Døssing", {"aegir", "thor", "dossing"}),
        ("İstanbul Işık", {"istanbul", "isik"}),
        ("ﬁsh ＡＢＣ", {"fish", "abc"}),
        ("Shop 24x7 (Pune)", {"shop", "24x7", "pune"}),
        # Vowel signs and the virama are letters; the dot below comes and goes, composed or not.
        ("आशा फ़ोन", {"आशा", "फोन"}),
        ("फ\u093cोन", {"फोन"}),
        ("श्री", {"श्री"}),
        ("ক্ষ\u200dমা", {"ক্ষমা"}),
        ("தமிழ் கடை", {"தமிழ்", "கடை"}),
        ("ಕನ್ನಡ", {"ಕನ್ನಡ"}),
        ("Ελένη Χρήστου", {"ελενη", "χρηστου"}),
        ("Ёлкина", {"елкина"}),
        ("% _ !", set()),
        ("", set()),
        ("x" * 60, {"x" * 40}),
    ],
)
def test_words(name: str, found: set[str]) -> None:
    assert words(name) == found


def test_each_word_is_one_again() -> None:
    for name in ("İstanbul Işık", "ﬁsh ＡＢＣ", "Łukasz Straße", "ΐ", "ŉ", "\u1fb7", "K"):
        assert words(" ".join(words(name))) == words(name)
