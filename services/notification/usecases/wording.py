"""From values to the recipient's words: numbers, dates and names as their locale writes them."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date
from babel.languages import get_official_languages
from babel.numbers import format_currency, get_currency_symbol

from services.kit.money import Money
from services.notification.domain import content as said
from services.notification.domain import template as templates
from services.notification.domain.text import is_gsm7, one_line
from services.notification.domain.wording import EVENTS, METHODS, ON_RECEIPT, WAITING, WAITING_BRIEFLY

if TYPE_CHECKING:
    from collections.abc import Mapping

# India's operators let a variable of registered wording (DLT) have so many characters.
_LONGEST_IN_SMS = 30
_LONGEST_IN_MAIL = 120
_UTC = "UTC"
# English where it is at home nowhere near: the day before the month, a point before the cents.
_ENGLISH_OF_THE_WORLD = "en_001"


@dataclass(frozen=True, slots=True)
class Regions:
    """Where a recipient may be at home, ISO 3166-1 or "": as the sender says, as the merchant is, as the phone is."""

    requested: str = ""
    merchant: str = ""
    phone: str = ""


def fill(wording: str, content: said.Content, *, language: str, regions: Regions, by_sms: bool) -> str:
    """`wording` filled with `content`: amounts and dates as the language writes them where it is at home."""
    locale = _locale(language, regions)
    # Only a phone, or whoever asks, says where the recipient's clock hangs.
    zone = _zone(regions.requested or regions.phone)
    # A currency sign outside of GSM-7, such as the rupee's, would more than double the price of a text that is plain.
    writer = _Writer(locale=locale, zone=zone, by_sms=by_sms, plain=by_sms and is_gsm7(wording))
    return templates.fill(wording, writer.values(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Writer:
    locale: Locale
    zone: ZoneInfo
    by_sms: bool
    # No currency sign may be written that GSM-7 does not have.
    plain: bool

    def values(self, content: said.Content) -> Mapping[str, str]:
        """What fills the gaps, by their names; empty ones are those of a kind that leaves something out."""
        written = {part.name: self._written(part.name, getattr(content, part.name)) for part in fields(content)}
        return {**written, **self._derived(content)}

    def _written(self, name: str, value: object) -> str:  # noqa: PLR0911 - one a type
        match value:
            case Money():
                return self._money(value)
            case datetime():
                return self._time(value)
            case date():
                return self._date(value)
            case said.RefundMethod():
                return METHODS[value][self.locale.language]
            case said.SecurityEvent():
                return EVENTS[value][self.locale.language]
            case str() if name != "link":
                return one_line(value, longest=_LONGEST_IN_SMS if self.by_sms else _LONGEST_IN_MAIL)
            case None:
                return ON_RECEIPT[self.locale.language] if name == "due_date" else ""
            case _:
                return str(value)

    def _derived(self, content: said.Content) -> Mapping[str, str]:
        """Gaps that have other names than what fills them."""
        if isinstance(content, said.PhoneVerification | said.EmailVerification | said.RecoveryCode):
            return {"minutes": str(math.ceil(content.valid_for.total_seconds() / 60))}
        if isinstance(content, said.SecurityNotice):
            available, language = content.available_time, self.locale.language
            if available is None:
                return {"waiting": ""}
            if self.by_sms:
                return {"time": WAITING_BRIEFLY[language].format(time=self._time(available)), "waiting": ""}
            return {"waiting": WAITING[language].format(time=self._time(available))}
        return {}

    def _date(self, day: date) -> str:
        return _plain_spaces(format_date(day, "medium", self.locale))

    def _money(self, amount: Money) -> str:
        written = format_currency(amount.amount, amount.currency, locale=self.locale)
        symbol = get_currency_symbol(amount.currency, locale=self.locale)
        if self.plain and not is_gsm7(symbol):
            written = written.replace(symbol, f" {amount.currency} ")
        elif symbol.isalpha():
            written = written.replace(symbol, f" {symbol} ")
        return _plain_spaces(written)

    def _time(self, moment: datetime) -> str:
        """For example "5 Dec 2026, 14:05 UTC+5:30"."""
        local = moment.astimezone(self.zone)
        return f"{self._date(local)}, {local:%H:%M} {_offset(local)}"


def _zone(region: str) -> ZoneInfo:
    """The time of a country that has one, else UTC."""
    zones = get_global("territory_zones").get(region, ())
    return ZoneInfo(zones[0] if len(zones) == 1 else _UTC)


def _offset(local: datetime) -> str:
    minutes = round((local.utcoffset() or local - local).total_seconds() / 60)
    if minutes == 0:
        return _UTC
    hours, rest = divmod(abs(minutes), 60)
    return f"{_UTC}{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def _plain_spaces(value: str) -> str:
    """Without the no-break and narrow spaces that GSM-7 does not have."""
    return " ".join(value.split())


def _locale(language: str, regions: Regions) -> Locale:
    """The language as it is written in the first of the regions in which it is at home."""
    for region in (regions.requested, regions.merchant, regions.phone):
        if language in get_official_languages(region, regional=True, de_facto=True):
            return Locale.parse(f"{language}_{region}")
    return Locale.parse(_ENGLISH_OF_THE_WORLD) if language == "en" else Locale(language)
