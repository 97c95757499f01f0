"""What a mail looks like on its way: headers that hold, every script, and HTML in which names stay text."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notification.clients.mailer import Mail
from services.notification.clients.mime import Composer
from services.notification.domain.mail import FOOTERS
from services.notification.domain.text import one_line

COMPOSER = Composer(sender=Address("Billmesh", addr_spec="no-reply@billmesh.test"), origin="https://edge.test")
LINK = "https://edge.test/b/3k7q9x2m?x=1&y=2"


def composed(**changes: Any) -> EmailMessage:
    values: dict[str, Any] = {
        "name": "msg_01",
        "recipient": "asha@example.com",
        "subject_line": "Bill",
        "text": f"Mehta Stores: {LINK}.",
        "locale": "en",
        "time": datetime(2026, 11, 22, 12, tzinfo=UTC),
    }
    raw = COMPOSER.compose(Mail(**(values | changes)))
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_headers() -> None:
    message = composed()
    assert message["From"] == "Billmesh <no-reply@billmesh.test>"
    assert message["To"] == "asha@example.com"
    assert message["Message-ID"] == "<msg_01@billmesh.test>"
    assert message["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "words",
    [
        "मेहता स्टोर्स को ₹1,23,456.50 मिले। ज़्यादा जानकारी के लिए यहाँ देखें, बहुत लंबे वाक्य के साथ",
        "மேத்தா ஸ்டோர்ஸ் ரசீது எண் நாற்பத்தி இரண்டு உங்களுக்காக காத்திருக்கிறது",
        "మెహతా స్టోర్స్ బిల్లు నలభై రెండు మీ కోసం వేచి ఉంది దయచేసి చెల్లించండి",
        "क्\u200dष मेहता, \u0d05\u0d28\u0d4d\u200d",
        "ಮೆಹ್ತಾ ಸ್ಟೋರ್ಸ್ ಬಿಲ್ ನಲವತ್ತೆರಡು",
        "મહેતા સ્ટોર્સ બિલ બેતાલીસ",
        "ਮਹਿਤਾ ਸਟੋਰਜ਼ ਬਿੱਲ ਬਤਾਲੀ",
        "মেহতা স্টোরস বিল বিয়াল্লিশ",
        "مہتا اسٹورز کا بل بیالیس",
        "Lasku 42: eräpäivä 5.12. käännä sivua 😀",
    ],
)
def test_every_script_arrives_as_it_was_written(words: str) -> None:
    message = composed(subject_line=words, text=words)
    assert message["Subject"] == words
    assert part(message, "plain") == f"{words}\n\n-- \n{FOOTERS['en']}\n"
    assert words in part(message, "html")


@given(st.text(max_size=300))
def test_any_subject_line_arrives(words: str) -> None:
    line = one_line(words, longest=160)
    message = composed(subject_line=line)
    assert message["Subject"] == line
    assert len(message.keys()) == len(set(message.keys())) == 10


def test_names_stay_text_in_html() -> None:
    evil = '<script>alert(1)</script> <a href="https://evil.test">x</a> {{ 7*7 }} https://evil.test/pay'
    html = part(composed(text=f"{evil}: {LINK}", subject_line=evil), "html")
    assert "<script" not in html
    assert html.count("<a ") == 1
    assert 'href="https://evil' not in html
    assert "{{ 7*7 }}" in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        (f"Pay: {LINK}.", True),
        (f"({LINK})", True),
        (f"देखें: {LINK}।", True),
        (LINK, True),
        ("https://edge.test", True),
        ("https://edge.test.evil.test/b", False),
        ("https://edge.test@evil.test/b", False),
        ("http://edge.test/b", False),
    ],
)
def test_only_our_own_links_become_links(text: str, *, linked: bool) -> None:
    html = part(composed(text=text), "html")
    assert ("<a href" in html) is linked
    if LINK in text:
        assert f'href="{LINK.replace("&", "&amp;")}"' in html


def test_a_code_is_seen_at_a_glance() -> None:
    html = part(composed(text="Your Billmesh code:\n\n482913\n\nIt is valid for 10 minutes."), "html")
    assert ">482913</p>" in html
    assert "letter-spacing" in html


@pytest.mark.parametrize("locale", ["en", "fi", "hi"])
def test_the_language_is_told(locale: str) -> None:
    message = composed(locale=locale)
    assert f'<html lang="{locale}">' in part(message, "html")
    assert FOOTERS[locale] in part(message, "plain")
