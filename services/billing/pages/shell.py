"""What every page is sent with and made by: it loads nothing, runs nothing and tells search engines nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from services.kit.money import Money

_FOLDER = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def style(*names: str) -> str:
    """The style sheets of those names in this folder, one after the other."""
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


def headers(sheet: str, *, form_action: str) -> tuple[tuple[str, str], ...]:
    """For a page whose one style sheet, named by its hash, is `sheet`. `form_action`: the policy's source for forms."""
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {form_action}; "
        "frame-ancestors 'none'"
    )
    return (
        ("content-security-policy", policy),
        ("x-robots-tag", "noindex, nofollow"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    )


def locale_of(name: str) -> Locale:
    """The locale of that name, English for one that nobody knows."""
    try:
        return Locale.parse(name, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def in_money(money: Money, locale: Locale) -> str:
    """An amount as people there write it."""
    return format_currency(money.amount, money.currency, locale=locale)
