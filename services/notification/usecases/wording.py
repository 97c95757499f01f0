"""From values to the recipient's words: numbers, dates and names as their locale writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_symbol

from services.notification.domain import content as said
from services.notification.domain import template as templates
from services.notification.domain.text import is_gsm7, one_line
from services.notification.domain.wording import EVENTS, ON_RECEIPT, WAITING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from services.kit.money import Money

_LONGEST_NAME = 40
_LONGEST_NUMBER = 32
_UTC = "UTC"


def fill(wording: str, content: said.Content, *, template_locale: str, requested: str, region: str, cheap: bool) -> str:
    """`wording` filled with `content`.

    `requested` (BCP 47 or "") and the `region` of the phone, if there is one, decide how amounts, dates and times are
    written. `cheap`: plain wording stays within the alphabet in which SMS cost least.
    """
    locale = _locale(template_locale, requested.rpartition("-")[2] if "-" in requested else region)
    # A currency sign outside of GSM-7, such as the rupee's, would more than double the price of a text that is plain.
    return templates.fill(wording, _values(content, locale, plain=cheap and is_gsm7(wording)))


def _values(content: said.Content, locale: Locale, *, plain: bool) -> Mapping[str, str]:  # noqa: C901, PLR0911 - one a kind
    def money(amount: Money) -> str:
        return _money(amount, locale, plain=plain)

    match content:
        case said.BillIssued():
            due = content.due_date
            return {
                "merchant_name": _name(content.merchant_name),
                "bill_number": one_line(content.bill_number, longest=_LONGEST_NUMBER),
                "total": money(content.total),
                "outstanding": money(content.outstanding),
                "due_date": ON_RECEIPT[locale.language]
                if due is None
                else _plain_spaces(format_date(due, "medium", locale)),
                "link": content.link,
            }
        case said.PaymentReceived():
            return {
                "merchant_name": _name(content.merchant_name),
                "bill_number": one_line(content.bill_number, longest=_LONGEST_NUMBER),
                "amount": money(content.amount),
                "outstanding": money(content.outstanding),
                "link": content.link,
            }
        case said.PaymentClaimed():
            return {
                "customer_name": _name(content.customer_name),
                "bill_number": one_line(content.bill_number, longest=_LONGEST_NUMBER),
                "amount": money(content.amount),
                "link": content.link,
            }
        case said.BillReminder():
            return {
                "merchant_name": _name(content.merchant_name),
                "bill_number": one_line(content.bill_number, longest=_LONGEST_NUMBER),
                "amount": money(content.amount),
                "due_date": _plain_spaces(format_date(content.due_date, "medium", locale)),
                "link": content.link,
            }
        case said.BalanceConfirmation():
            return {
                "merchant_name": _name(content.merchant_name),
                "owed": money(content.owed),
                "credit": money(content.credit),
                "date": _plain_spaces(format_date(content.date, "medium", locale)),
                "link": content.link,
            }
        case said.PhoneVerification() | said.EmailVerification() | said.RecoveryCode():
            return {"code": content.code, "minutes": str(math.ceil(content.valid_for.total_seconds() / 60))}
        case said.SignUpAttempt():
            return {"link": content.link}
        case said.MemberInvited():
            return {
                "merchant_name": _name(content.merchant_name),
                "inviter_name": _name(content.inviter_name),
                "link": content.link,
            }
        case said.SecurityNotice():
            available = content.available_time
            return {
                "event": EVENTS[content.event][locale.language],
                "time": _time(content.time, locale),
                "waiting": WAITING[locale.language].format(time=_time(available, locale)) if available else "",
                "link": content.link,
            }


def _name(value: str) -> str:
    return one_line(value, longest=_LONGEST_NAME)


def _money(amount: Money, locale: Locale, *, plain: bool) -> str:
    written = format_currency(amount.amount, amount.currency, locale=locale)
    symbol = get_currency_symbol(amount.currency, locale=locale)
    if plain and not is_gsm7(symbol):
        written = written.replace(symbol, f" {amount.currency} ")
    elif symbol.isalpha():
        written = written.replace(symbol, f" {symbol} ")
    return _plain_spaces(written)


def _time(moment: datetime, locale: Locale) -> str:
    """For example "5 Dec 2026, 14:05 UTC+5:30": where the locale's country has one time zone in that, else in UTC."""
    zones = get_global("territory_zones").get(locale.territory or "", ())
    local = moment.astimezone(ZoneInfo(zones[0] if len(zones) == 1 else _UTC))
    day = format_date(local, "medium", locale)
    return _plain_spaces(f"{day}, {local:%H:%M} {_offset(local)}")


def _offset(local: datetime) -> str:
    minutes = round((local.utcoffset() or local - local).total_seconds() / 60)
    if minutes == 0:
        return _UTC
    hours, rest = divmod(abs(minutes), 60)
    return f"{_UTC}{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def _plain_spaces(value: str) -> str:
    """Without the no-break and narrow spaces that GSM-7 does not have."""
    return " ".join(value.split())


def _locale(language: str, region: str) -> Locale:
    try:
        return Locale.parse(f"{language}_{region}")
    except (UnknownLocaleError, ValueError):
        return Locale(language)
