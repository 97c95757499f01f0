"""Questions about balances between the wire and the domain, and the form of their page."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from billmesh.billing.v1 import balance_pb2, balance_service_pb2

from services.billing.convert.money import date_to_proto, timestamp
from services.billing.domain.balance import Answer, ConfirmationState
from services.kit.ids import to_text
from services.kit.wire import money_to_proto

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.balance import AskedBalance, Confirmation
    from services.billing.links import PublicLinks
    from services.kit.paging import Listed

_PREFIX = "BALANCE_CONFIRMATION_STATE_"
_ANSWERS = {
    balance_pb2.BALANCE_ANSWER_CONFIRM: Answer.CONFIRMED,
    balance_pb2.BALANCE_ANSWER_DISPUTE: Answer.DISPUTED,
}
_FORM_ANSWERS = {"CONFIRM": Answer.CONFIRMED, "DISPUTE": Answer.DISPUTED}
_LONGEST_NOTE = 500
_MOST_FIELDS = 10
# They turn the direction of the text around them.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def state_from_proto(state: balance_pb2.BalanceConfirmationState.ValueType) -> ConfirmationState | None:
    """None for unspecified."""
    if state == balance_pb2.BALANCE_CONFIRMATION_STATE_UNSPECIFIED:
        return None
    return ConfirmationState(balance_pb2.BalanceConfirmationState.Name(state).removeprefix(_PREFIX))


def answer_from_proto(answer: balance_pb2.BalanceAnswer.ValueType) -> Answer:
    """One that the contract's validation has let through."""
    return _ANSWERS[answer]


def answer_from_form(data: bytes) -> tuple[Answer | None, str]:
    """The answer of the page's form, None if there is none in it, and the note without what is no plain text."""
    try:
        fields = parse_qs(data.decode("utf-8", errors="replace"), errors="replace", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None, ""
    written = fields.get("note", [""])[0].replace("\r\n", "\n")
    note = "".join(each for each in written if each in "\n\t" or _is_plain(each))
    return _FORM_ANSWERS.get(fields.get("answer", [""])[0]), note[:_LONGEST_NOTE]


def confirmation_to_proto(
    confirmation: Confirmation, *, links: PublicLinks, now: datetime
) -> balance_pb2.BalanceConfirmation:
    """A question as its merchant sees it at that moment."""
    return balance_pb2.BalanceConfirmation(
        id=to_text("bcf", confirmation.id),
        customer_id=to_text("cus", confirmation.customer_id),
        state=_state_to_proto(confirmation, now),
        owed=money_to_proto(confirmation.balance.owed),
        credit=money_to_proto(confirmation.balance.credit),
        date=date_to_proto(confirmation.day),
        note=confirmation.note,
        link=links.balance_url(confirmation.id),
        create_time=timestamp(confirmation.create_time),
        answer_time=timestamp(confirmation.answer_time),
        expire_time=timestamp(confirmation.expire_time),
    )


def page_to_proto(
    listed: Listed[Confirmation], *, links: PublicLinks, now: datetime
) -> balance_service_pb2.ListBalanceConfirmationsResponse:
    """A page of questions."""
    return balance_service_pb2.ListBalanceConfirmationsResponse(
        confirmations=[confirmation_to_proto(each, links=links, now=now) for each in listed.items],
        next_page_token=listed.next_page_token,
    )


def public_to_proto(asked: AskedBalance, *, now: datetime) -> balance_pb2.PublicBalance:
    """A question as its customer sees it: no ids."""
    confirmation = asked.confirmation
    return balance_pb2.PublicBalance(
        merchant_name=asked.settings.fields.business_name,
        customer_name=asked.customer_name,
        state=_state_to_proto(confirmation, now),
        owed=money_to_proto(confirmation.balance.owed),
        credit=money_to_proto(confirmation.balance.credit),
        date=date_to_proto(confirmation.day),
        note=confirmation.note,
    )


def _state_to_proto(confirmation: Confirmation, now: datetime) -> balance_pb2.BalanceConfirmationState.ValueType:
    return balance_pb2.BalanceConfirmationState.Value(f"{_PREFIX}{confirmation.state(now)}")


def _is_plain(character: str) -> bool:
    return unicodedata.category(character) != "Cc" and character not in _TURNS
