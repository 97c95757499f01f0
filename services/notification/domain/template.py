"""Wording with named gaps: which gaps a kind has, whether a wording is fit for use, and filling it in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from services.notification.domain.errors import PlaceholderMissing, PlaceholderUnknown, TemplateNotFound
from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LOCALES = ("en", "fi", "hi")
FALLBACK_LOCALE = "en"
# Where English is not what most people read. In India most write SMS in English, and Hindi takes three times the
# segments.
_LANGUAGE_OF_REGION = MappingProxyType({"FI": "fi"})

_GAP = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A gap's name, whether wording must have it, and what previews put there."""

    name: str
    sample: str
    required: bool = False


_MERCHANT = Placeholder("merchant_name", "Mehta Stores")
_BILL = Placeholder("bill_number", "BLR/26-27/000042")
_LINK = Placeholder("link", "https://billmesh.example/b/3k7q9x2m4n8p6r1t5v0wzyabcd", required=True)
_CODE = (Placeholder("code", "123456", required=True), Placeholder("minutes", "10"))

PLACEHOLDERS: Mapping[MessageKind, tuple[Placeholder, ...]] = MappingProxyType(
    {
        MessageKind.BILL_ISSUED: (
            _MERCHANT,
            _BILL,
            Placeholder("total", "EUR 118.50"),
            Placeholder("outstanding", "EUR 118.50"),
            Placeholder("due_date", "5.12.2026"),
            _LINK,
        ),
        MessageKind.PAYMENT_RECEIVED: (
            _MERCHANT,
            _BILL,
            Placeholder("amount", "EUR 50.00", required=True),
            Placeholder("outstanding", "EUR 68.50"),
            Placeholder("link", _LINK.sample),
        ),
        MessageKind.PAYMENT_CLAIMED: (
            Placeholder("customer_name", "Asha Rao"),
            _BILL,
            Placeholder("amount", "EUR 50.00", required=True),
            _LINK,
        ),
        MessageKind.BILL_REMINDER: (
            _MERCHANT,
            _BILL,
            Placeholder("amount", "EUR 118.50", required=True),
            Placeholder("due_date", "5.12.2026", required=True),
            _LINK,
        ),
        MessageKind.BALANCE_CONFIRMATION: (
            _MERCHANT,
            Placeholder("owed", "EUR 118.50", required=True),
            Placeholder("credit", "EUR 0.00", required=True),
            Placeholder("date", "5.12.2026"),
            _LINK,
        ),
        MessageKind.PAYMENT_REFUNDED: (
            _MERCHANT,
            _BILL,
            Placeholder("amount", "EUR 50.00", required=True),
            Placeholder("method", "UPI"),
            Placeholder("link", _LINK.sample),
        ),
        MessageKind.CREDIT_REFUNDED: (
            _MERCHANT,
            Placeholder("amount", "EUR 50.00", required=True),
            Placeholder("method", "UPI"),
        ),
        MessageKind.CREDIT_NOTE_ISSUED: (
            _MERCHANT,
            Placeholder("credit_note_number", "BLRC/26-27/00042", required=True),
            _BILL,
            Placeholder("amount", "EUR 50.00", required=True),
            Placeholder("outstanding", "EUR 68.50"),
            _LINK,
        ),
        MessageKind.PAYMENT_REJECTED: (
            _MERCHANT,
            _BILL,
            Placeholder("amount", "EUR 50.00", required=True),
            Placeholder("outstanding", "EUR 118.50", required=True),
            _LINK,
        ),
        MessageKind.BILL_VOIDED: (
            _MERCHANT,
            Placeholder("bill_number", _BILL.sample, required=True),
            Placeholder("total", "EUR 118.50"),
            Placeholder("link", _LINK.sample),
        ),
        MessageKind.PAYMENTS_CLAIMED: (Placeholder("count", "12", required=True), _LINK),
        MessageKind.PHONE_VERIFICATION: _CODE,
        MessageKind.EMAIL_VERIFICATION: _CODE,
        MessageKind.RECOVERY_CODE: _CODE,
        MessageKind.SECURITY_NOTICE: (
            Placeholder("event", "your password was changed", required=True),
            Placeholder("time", "5 Dec 2026, 14:05 UTC+5:30"),
            Placeholder("waiting", ""),
            _LINK,
        ),
        MessageKind.SIGN_UP_ATTEMPT: (_LINK,),
        MessageKind.MEMBER_INVITED: (_MERCHANT, Placeholder("inviter_name", "Asha Rao"), _LINK),
    }
)


@dataclass(frozen=True, slots=True, order=True)
class TemplateKey:
    """What a template words."""

    kind: MessageKind
    locale: str

    @property
    def text(self) -> str:
        """As clients name it, for example "bill_issued.en"."""
        return f"{self.kind.value.lower()}.{self.locale}"

    @classmethod
    def parse(cls, text: str) -> TemplateKey:
        """The key that `text` names; raises TemplateNotFound, also for wording that is not a merchant's to change."""
        kind, _, locale = text.partition(".")
        for key in MERCHANT_KEYS:
            if (key.kind.value.lower(), key.locale) == (kind, locale):
                return key
        raise TemplateNotFound(text)


MERCHANT_KEYS: tuple[TemplateKey, ...] = tuple(
    sorted(
        (TemplateKey(kind, locale) for kind in MessageKind if not kind.is_of_the_platform for locale in LOCALES),
        key=lambda key: key.text,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customisation:
    """What a merchant changed. `text` None: the shipped wording. `version` counts changes from 1."""

    text: str | None
    dlt_template_id: str
    version: int
    update_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The wording in force for one merchant."""

    key: TemplateKey
    text: str
    customised: bool
    dlt_template_id: str = ""
    version: int = 0
    update_time: datetime | None = None


def locale_for(requested: str, region: str) -> str:
    """The template locale for a recipient who asks for `requested` (BCP 47 or "") and whose phone is of `region`."""
    language = requested.partition("-")[0] or _LANGUAGE_OF_REGION.get(region, FALLBACK_LOCALE)
    return language if language in LOCALES else FALLBACK_LOCALE


def check(kind: MessageKind, text: str) -> None:
    """Raises PlaceholderUnknown or PlaceholderMissing unless `text` can stand as wording of `kind`."""
    known = {placeholder.name for placeholder in PLACEHOLDERS[kind]}
    used = _GAP.findall(text)
    unknown = sorted({name for name in used if name not in known})
    if "{" in (rest := _GAP.sub("", text)) or "}" in rest:
        unknown.append("{" if "{" in rest else "}")
    if unknown:
        raise PlaceholderUnknown(unknown, allowed=sorted(known))
    missing = [p.name for p in PLACEHOLDERS[kind] if p.required and p.name not in used]
    if missing:
        raise PlaceholderMissing(missing)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its gaps filled; `values` has every placeholder of the kind. Braces inside of values stay."""
    return _GAP.sub(lambda gap: values[gap.group(1)], text)


def preview(template: Template) -> str:
    """The wording with samples in its gaps."""
    return fill(template.text, {p.name: p.sample for p in PLACEHOLDERS[template.key.kind]})
