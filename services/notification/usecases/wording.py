"""From values to the recipient's words: numbers, dates and names as their locale writes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_symbol

from services.notification.domain import content as said
from services.notification.domain import template as templates
from services.notification.domain.errors import PhoneInvalid
from services.notification.domain.phone import Phone
from services.notification.domain.text import is_gsm7, one_line
from services.notification.domain.wording import ON_RECEIPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.kit.money import Money

_LONGEST_NAME = 40
_LONGEST_NUMBER = 32


def parse_phone(number: str) -> Phone:
    """The E.164 number with its region. Raises PhoneInvalid if no such number could exist."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_possible_number(parsed):
        raise PhoneInvalid
    return Phone(number, phonenumbers.region_code_for_number(parsed) or "")


def fill(wording: str, content: said.Content, *, template_locale: str, requested: str, region: str) -> str:
    """`wording` filled with `content`.

    `requested` (BCP 47 or "") and the phone's `region` decide how amounts and dates are written.
    """
    locale = _locale(template_locale, requested.rpartition("-")[2] if "-" in requested else region)
    # A currency sign outside of GSM-7, such as the rupee's, would more than double the price of a text that is plain.
    return templates.fill(wording, _values(content, locale, plain=is_gsm7(wording)))


def _values(content: said.Content, locale: Locale, *, plain: bool) -> Mapping[str, str]:
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
        case said.PhoneVerification():
            return {"code": content.code, "minutes": str(math.ceil(content.valid_for.total_seconds() / 60))}
        case said.SignUpAttempt():
            return {"link": content.link}
        case said.MemberInvited():
            return {
                "merchant_name": _name(content.merchant_name),
                "inviter_name": _name(content.inviter_name),
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


def _plain_spaces(value: str) -> str:
    """Without the no-break and narrow spaces that GSM-7 does not have."""
    return " ".join(value.split())


def _locale(language: str, region: str) -> Locale:
    try:
        return Locale.parse(f"{language}_{region}")
    except (UnknownLocaleError, ValueError):
        return Locale(language)
