"""The page on which a customer says whether a balance is right: one form, no script, nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel.dates import format_date
from markupsafe import Markup

from services.billing.domain.balance import Answer
from services.billing.pages.balance_words import BY_LANGUAGE, in_language
from services.billing.pages.shell import TEMPLATES, headers, in_money, locale_of, style

if TYPE_CHECKING:
    from datetime import date

    from services.billing.domain.balance import AskedBalance

_STYLE = style("bill.css", "balance.css")
# As the bill's page; but its form comes back here.
_HEADERS = headers(_STYLE, form_action="'self'")
_TEMPLATE = TEMPLATES.get_template("balance.html")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the edge sends: headers, of which `x-http-status` is the status unless it is 200, and the page."""

    headers: tuple[tuple[str, str], ...]
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Balance:
    merchant_name: str
    customer_name: str
    day: date
    on: str
    owed: str
    # Empty: none.
    credit: str
    # What was answered, in words; empty: nothing yet.
    answer: str
    note: str


def shown(asked: AskedBalance | None, *, is_form: bool = False) -> Reply:
    """The page; for None the one that says so. `is_form`: a form came without an answer in it."""
    if asked is None:
        return Reply((*_HEADERS, ("x-http-status", "404")), _render(None, is_form=False))
    status = (("x-http-status", "400"),) if is_form else ()
    return Reply((*_HEADERS, *status), _render(asked, is_form=is_form))


def answered(token: str) -> Reply:
    """Back to the page, so that loading it again sends nothing again."""
    return Reply((*_HEADERS, ("x-http-status", "303"), ("location", f"/c/{token}")), "")


def _render(asked: AskedBalance | None, *, is_form: bool) -> str:
    locale = locale_of(asked.locale if asked else "en")
    language, words = in_language(locale.language)
    balance = None
    if asked is not None:
        confirmation = asked.confirmation
        said = {None: "", Answer.CONFIRMED: words.confirmed, Answer.DISPUTED: words.disputed}
        credit = confirmation.balance.credit
        balance = _Balance(
            merchant_name=asked.settings.fields.business_name,
            customer_name=asked.customer_name,
            day=confirmation.day,
            on=format_date(confirmation.day, "long", locale=locale),
            owed=in_money(confirmation.balance.owed, locale),
            credit=in_money(credit, locale) if credit.minor else "",
            answer=said[confirmation.answer],
            note=confirmation.note,
        )
    # Nobody knows whose a link was meant to be that leads nowhere, so that page speaks every language.
    nowhere = [(name, said.no_balance, said.no_balance_hint) for name, said in BY_LANGUAGE.items()]
    return _TEMPLATE.render(
        language=language,
        words=words,
        title=words.title if balance else words.no_balance,
        style=Markup(_STYLE),  # noqa: S704 - files of ours
        balance=balance,
        is_form=is_form,
        notices=[] if balance else nowhere,
    )
