"""Wording: which placeholders it may and must have, and that all shipped wording is fit."""

from __future__ import annotations

import pytest

from services.notification.domain.errors import PlaceholderMissing, PlaceholderUnknown, TemplateNotFound
from services.notification.domain.message import Channel, MessageKind
from services.notification.domain.template import (
    LOCALES,
    MERCHANT_KEYS,
    Template,
    TemplateKey,
    check,
    fill,
    locale_for,
    preview,
)
from services.notification.domain.text import Encoding, size
from services.notification.domain.wording import ON_RECEIPT, SHIPPED


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind.goes_by(Channel.SMS)])
@pytest.mark.parametrize("locale", LOCALES)
def test_shipped_wording_is_fit_and_short(kind: MessageKind, locale: str) -> None:
    text = SHIPPED[kind][locale]
    check(kind, text)
    filled = preview(Template(key=TemplateKey(kind, locale), text=text, customised=False))
    assert "{" not in filled
    assert locale in ON_RECEIPT
    if locale != "hi":
        assert size(filled).encoding is Encoding.GSM7
    assert size(filled).segments <= 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{link} {colour}", "colour"),
        ("{link} {Bill_number}", "Bill_number"),
        ("{link} {}", ""),
        ("{link} {bill_number", "{"),
        ("{link} bill_number}", "}"),
        ("{link} {{bill_number}}", "{"),
        ("{link} {bill_number!r}", "bill_number!r"),
        ("{link} {link.__class__}", "link.__class__"),
        ("{code} {link} {}", ",code"),
    ],
)
def test_unknown_placeholders_are_named(text: str, named: str) -> None:
    with pytest.raises(PlaceholderUnknown) as refused:
        check(MessageKind.BILL_ISSUED, text)
    assert refused.value.metadata["placeholders"] == named
    assert refused.value.fields[0].field == "template.text"


def test_missing_placeholders_are_named() -> None:
    with pytest.raises(PlaceholderMissing) as refused:
        check(MessageKind.PAYMENT_CLAIMED, "Pay for {bill_number}")
    assert refused.value.metadata["placeholders"] == "amount,link"


def test_values_are_not_wording() -> None:
    assert fill("{a} and {b}", {"a": "{b}", "b": "2"}) == "{b} and 2"


def test_keys_have_names_both_ways() -> None:
    assert [key.text for key in MERCHANT_KEYS] == sorted(key.text for key in MERCHANT_KEYS)
    assert len(MERCHANT_KEYS) == 36
    for key in MERCHANT_KEYS:
        assert TemplateKey.parse(key.text) == key


@pytest.mark.parametrize("text", ["bill_issued.sv", "bill_lost.en", "phone_verification.en", "bill_issued", ".en", ""])
def test_other_names_are_not_found(text: str) -> None:
    with pytest.raises(TemplateNotFound):
        TemplateKey.parse(text)


@pytest.mark.parametrize(
    ("requested", "region", "expected"),
    [
        ("", "IN", "en"),
        ("", "FI", "fi"),
        ("", "", "en"),
        ("", "SE", "en"),
        ("hi-IN", "IN", "hi"),
        ("hi", "FI", "hi"),
        ("en", "FI", "en"),
        ("sv-FI", "FI", "en"),
    ],
)
def test_locale(requested: str, region: str, expected: str) -> None:
    assert locale_for(requested, region) == expected
