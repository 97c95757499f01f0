"""What texts cost, and that they can be registered: no SMS takes more than two segments with names of common length."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.kit.money import Money
from services.notification.domain import content as said
from services.notification.domain.mail import BODIES, SUBJECT_LINES
from services.notification.domain.message import Channel
from services.notification.domain.template import LOCALES, PLACEHOLDERS
from services.notification.domain.text import size
from services.notification.domain.wording import SHIPPED
from services.notification.usecases.wording import Regions, fill

EDGE = "https://billmesh.example"
LINK = f"{EDGE}/b/3k7q9x2m4n8p6r1t5v0wzyabcd"
MOMENT = datetime(2026, 12, 15, 20, 5, tzinfo=UTC)
# Names of common length in the script that people write them in.
NAMES = {
    "en": ("Mehta General Stores", "Asha Krishnamurthy"),
    "fi": ("Kulman Kauppa ja Kahvila Oy", "Aino-Maria Korhonen"),
    "hi": ("मेहता स्टोर्स", "आशा कृष्णमूर्ति"),
}
COUNTRIES = {"en": "IN", "fi": "FI", "hi": "IN"}


def contents(locale: str) -> list[said.Content]:
    """One of each kind that goes by SMS, and each security notice."""
    shop, person = NAMES[locale]
    about: dict[str, Any] = {"merchant_name": shop, "bill_number": "BLR/26-27/000042", "link": LINK}
    amount = Money(12_345_50, "EUR" if locale == "fi" else "INR")
    owed: dict[str, Any] = {"amount": amount, "outstanding": amount}
    day, verify = date(2026, 12, 15), f"{EDGE}/payments/pending"
    claim = said.PaymentClaimed(customer_name=person, bill_number="BLR/26-27/000042", amount=amount, link=verify)
    return [
        said.BillIssued(**about, total=amount, outstanding=amount, due_date=day),
        said.PaymentReceived(**about, **owed),
        claim,
        said.PaymentsClaimed(count=120, link=verify),
        said.BillReminder(**about, amount=amount, due_date=day),
        said.BalanceConfirmation(merchant_name=shop, owed=amount, credit=amount, date=day, link=LINK),
        *(said.PaymentRefunded(**about, amount=amount, method=method) for method in said.RefundMethod),
        *(said.CreditRefunded(merchant_name=shop, amount=amount, method=method) for method in said.RefundMethod),
        said.CreditNoteIssued(**about, **owed, credit_note_number="BLRC/26-27/00042"),
        said.PaymentRejected(**about, **owed),
        said.BillVoided(**about, total=amount),
        said.PhoneVerification(code="482913", valid_for=timedelta(minutes=10)),
        said.RecoveryCode(code="482913", valid_for=timedelta(minutes=10)),
        said.SignUpAttempt(link=f"{EDGE}/sign-in"),
        said.MemberInvited(merchant_name=shop, inviter_name=person, link=f"{EDGE}/invitations"),
        *(
            said.SecurityNotice(
                event=event,
                time=MOMENT,
                available_time=MOMENT + timedelta(days=7) if event is said.SecurityEvent.RECOVERY_STARTED else None,
                link=f"{EDGE}/account/security",
            )
            for event in said.SecurityEvent
        ),
    ]


def sms(content: said.Content, locale: str) -> str:
    regions = Regions(merchant=COUNTRIES[locale], phone=COUNTRIES[locale])
    return fill(SHIPPED[content.kind][locale], content, language=locale, regions=regions, by_sms=True)


def test_every_kind_is_tried() -> None:
    by_sms = {kind for kind in PLACEHOLDERS if kind.goes_by(Channel.SMS)}
    assert {content.kind for content in contents("en")} == by_sms


@pytest.mark.parametrize("locale", LOCALES)
def test_two_segments_are_enough(locale: str) -> None:
    written = [
        (content.kind, text, size(text).segments) for content in contents(locale) for text in (sms(content, locale),)
    ]
    assert [(kind, text, len(text)) for kind, text, segments in written if segments > 2] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_variable_is_longer_than_operators_of_india_let_it_be(locale: str) -> None:
    for content in contents(locale):
        if content.kind.is_of_the_platform:
            continue
        longest: dict[str, Any] = {
            part.name: "W" * 120
            for part in fields(content)
            if isinstance(getattr(content, part.name), str) and part.name not in {"link", "method"}
        }
        most = Money(999_999_999_999_99, "INR")
        longest |= {part.name: most for part in fields(content) if isinstance(getattr(content, part.name), Money)}
        extreme = replace(content, **longest)
        regions = Regions(merchant="IN")
        for placeholder in PLACEHOLDERS[content.kind]:
            value = fill(f"{{{placeholder.name}}}", extreme, language=locale, regions=regions, by_sms=True)
            variable = value.rpartition("/")[2] if placeholder.name == "link" else value
            assert len(variable) <= 30, (content.kind, placeholder.name, value)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_has_a_subject_line_and_a_body(locale: str) -> None:
    for content in contents(locale):
        if not content.kind.goes_by(Channel.EMAIL):
            continue
        for text in (SUBJECT_LINES[content.kind][locale], BODIES.get(content.kind, SHIPPED[content.kind])[locale]):
            written = fill(text, content, language=locale, regions=Regions(), by_sms=False)
            assert "{" not in written
            assert written.strip() == written


def test_a_mail_is_not_that_short() -> None:
    bill = contents("en")[0]
    assert isinstance(bill, said.BillIssued)
    named = replace(bill, merchant_name="W" * 60)
    mail = fill("{merchant_name}", named, language="en", regions=Regions(), by_sms=False)
    assert mail == "W" * 60
