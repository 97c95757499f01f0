"""What recipients read, in three languages and several currencies."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.kit.money import Money
from services.notification.domain import content as said
from services.notification.domain.errors import PhoneInvalid
from services.notification.domain.text import Encoding, Size, size
from services.notification.domain.wording import SHIPPED
from services.notification.usecases.recipients import parse_phone
from services.notification.usecases.wording import Regions, fill

LINK = "https://bm.example/b/3k7q9x2m4n8p6r1t5v0wzyabcd"


def issued(amount: Money, due: date | None = date(2026, 12, 5)) -> said.BillIssued:
    return said.BillIssued(
        merchant_name="Mehta Stores",
        bill_number="BLR/26-27/000042",
        total=amount,
        outstanding=amount,
        due_date=due,
        link=LINK,
    )


def worded(content: said.Content, locale: str, region: str, *, requested: str = "", merchant: str = "") -> str:
    """An SMS to a phone of `region`. `requested` and `merchant` are regions, too."""
    regions = Regions(requested=requested, merchant=merchant, phone=region)
    return fill(SHIPPED[content.kind][locale], content, language=locale, regions=regions, by_sms=True)


def test_english_in_india_groups_by_lakh_and_stays_in_gsm7() -> None:
    text = worded(issued(Money(123456_50, "INR")), "en", "IN")
    assert text == (
        "Mehta Stores: bill BLR/26-27/000042, INR 1,23,456.50. To pay: INR 1,23,456.50, due 5 Dec 2026. " + LINK
    )
    assert size(text) == Size(Encoding.GSM7, 1)


def test_hindi_has_the_rupee_sign() -> None:
    text = worded(issued(Money(123456_50, "INR")), "hi", "IN")
    assert "₹1,23,456.50" in text
    assert "5 दिस॰ 2026" in text
    assert size(text).encoding is Encoding.UCS2


def test_finnish() -> None:
    text = worded(issued(Money(1234_50, "EUR")), "fi", "FI")
    assert text == f"Mehta Stores: lasku BLR/26-27/000042, 1 234,50 €. Avoinna 1 234,50 €, eräpäivä 5.12.2026. {LINK}"
    assert size(text).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("amount", "region", "expected"),
    [
        (Money(5000, "JPY"), "JP", "¥5,000"),
        (Money(1234_567, "BHD"), "BH", " BHD 1,234.567."),
        (Money(123_00, "PLN"), "PL", " PLN 123.00."),
        (Money(0, "EUR"), "FI", "€0.00"),
        (Money(0, "EUR"), "DE", "€0.00"),
        (Money(99, "USD"), "US", "$0.99"),
    ],
)
def test_currencies(amount: Money, region: str, expected: str) -> None:
    assert expected in worded(issued(amount), "en", region)


@pytest.mark.parametrize(
    ("locale", "expected"), [("en", "due on receipt"), ("fi", "eräpäivä heti"), ("hi", "तिथि तुरंत")]
)
def test_without_a_due_date(locale: str, expected: str) -> None:
    assert expected in worded(issued(Money(1, "EUR"), None), locale, "FI")


def test_the_requested_region_decides_over_the_phones() -> None:
    assert "Dec 5, 2026" in worded(issued(Money(1, "USD")), "en", "IN", requested="US")


@pytest.mark.parametrize(
    ("language", "merchant", "phone", "expected"),
    [
        # An Indian shop writes to a Finnish phone, and a Finnish one to an Indian.
        ("en", "IN", "FI", "INR 1,23,456.50"),
        ("hi", "IN", "FI", "₹1,23,456.50"),
        ("fi", "IN", "FI", "123 456,50 INR"),
        ("en", "FI", "IN", "INR 1,23,456.50"),
        # English is at home in neither.
        ("en", "FI", "FI", "INR 123,456.50"),
        ("en", "US", "IN", "INR 123,456.50"),
    ],
)
def test_amounts_are_written_as_the_texts_language_writes_them(
    language: str, merchant: str, phone: str, expected: str
) -> None:
    assert f" {expected}" in worded(issued(Money(123456_50, "INR")), language, phone, merchant=merchant)


def test_an_unknown_region_is_no_trouble() -> None:
    assert "INR" in worded(issued(Money(1, "INR")), "en", "ZZ")
    assert "INR" in worded(issued(Money(1, "INR")), "fi", "IN")


def test_long_and_strange_names_are_tamed() -> None:
    strange = issued(Money(1, "EUR"))
    name = "Ab\u202e\r\n{link}" + "x" * 100
    text = worded(
        said.BillIssued(
            merchant_name=name,
            bill_number=strange.bill_number,
            total=strange.total,
            outstanding=strange.outstanding,
            due_date=None,
            link=LINK,
        ),
        "en",
        "FI",
    )
    assert text.startswith("Ab {link}xxx")
    assert text.count(LINK) == 1
    assert "\n" not in text


def test_codes_and_minutes() -> None:
    code = said.PhoneVerification(code="004211", valid_for=timedelta(seconds=601))
    assert worded(code, "en", "IN") == (
        "004211 is your Billmesh code. It is valid for 11 min. Do not share it with anyone."
    )
    assert "004211" not in repr(code)


def test_other_kinds() -> None:
    received = said.PaymentReceived(
        merchant_name="M", bill_number="7", amount=Money(100, "EUR"), outstanding=Money(0, "EUR"), link=LINK
    )
    assert worded(received, "en", "FI") == f"M received €1.00 for bill 7. Left to pay: €0.00. {LINK}"
    claimed = said.PaymentClaimed(customer_name="Asha", bill_number="7", amount=Money(100, "EUR"), link=LINK)
    assert worded(claimed, "en", "FI") == f"Asha says they paid €1.00 for bill 7. Check and verify: {LINK}"
    invited = said.MemberInvited(merchant_name="M", inviter_name="Asha", link=LINK)
    assert worded(invited, "fi", "FI") == f"Asha kutsuu sinut Billmeshiin, M: {LINK}"
    assert LINK in worded(said.SignUpAttempt(link=LINK), "hi", "IN")


@pytest.mark.parametrize(
    ("locale", "region", "expected"),
    [
        ("en", "IN", "Mehta Stores: INR 1,23,456.50 to pay, INR 0.00 in credit, 5 Dec 2026. Is that right? "),
        ("fi", "FI", "Mehta Stores: maksettavaa 123 456,50 INR, hyvitystä 0,00 INR, 5.12.2026. Onko oikein? "),
        ("hi", "IN", "Mehta Stores: 5 दिस॰ 2026 को देय ₹1,23,456.50, जमा ₹0.00। क्या यह सही है? "),
    ],
)
def test_a_balance_to_confirm(locale: str, region: str, expected: str) -> None:
    asked = said.BalanceConfirmation(
        merchant_name="Mehta Stores",
        owed=Money(123456_50, "INR"),
        credit=Money(0, "INR"),
        date=date(2026, 12, 5),
        link=LINK,
    )
    assert worded(asked, locale, region) == expected + LINK


@pytest.mark.parametrize(
    ("locale", "region", "expected"),
    [
        ("en", "IN", "Mehta Stores: a reminder of bill BLR/26-27/000042, INR 1,234.50, due 5 Dec 2026. View and pay: "),
        ("fi", "FI", "Mehta Stores: muistutus laskusta BLR/26-27/000042, 1 234,50 INR, eräpäivä 5.12.2026. Maksa: "),
        (
            "hi",
            "IN",
            "Mehta Stores: ₹1,234.50 बाकी, बिल BLR/26-27/000042, अंतिम तिथि 5 दिस॰ 2026। ",
        ),
    ],
)
def test_a_bill_that_waits(locale: str, region: str, expected: str) -> None:
    waiting = said.BillReminder(
        merchant_name="Mehta Stores",
        bill_number="BLR/26-27/000042",
        amount=Money(1234_50, "INR"),
        due_date=date(2026, 12, 5),
        link=LINK,
    )
    assert worded(waiting, locale, region) == expected + LINK


_ABOUT: dict[str, Any] = {"merchant_name": "Mehta Stores", "bill_number": "BLR/26-27/000042", "link": LINK}
_PAID, _OWED = Money(500_00, "INR"), Money(1234_50, "INR")


@pytest.mark.parametrize(
    ("content", "english", "finnish", "hindi"),
    [
        (
            said.PaymentRefunded(**_ABOUT, amount=_PAID, method=said.RefundMethod.CASH),
            f"Mehta Stores refunded INR 500.00 (cash) for bill BLR/26-27/000042. {LINK}",
            f"Mehta Stores palautti 500,00 INR (käteinen), lasku BLR/26-27/000042. {LINK}",
            f"Mehta Stores ने बिल BLR/26-27/000042 के ₹500.00 लौटाए (नकद)। {LINK}",
        ),
        (
            said.CreditRefunded(merchant_name="Mehta Stores", amount=_PAID, method=said.RefundMethod.BANK_TRANSFER),
            "Mehta Stores paid INR 500.00 of your credit back to you (bank transfer).",
            "Mehta Stores maksoi sinulle hyvityksestäsi 500,00 INR (tilisiirto).",
            "Mehta Stores ने आपकी जमा राशि में से ₹500.00 लौटाए (बैंक ट्रांसफ़र)।",
        ),
        (
            said.CreditNoteIssued(**_ABOUT, credit_note_number="BLRC/26-27/00042", amount=_PAID, outstanding=_OWED),
            (
                "Mehta Stores: credit note BLRC/26-27/00042 on bill BLR/26-27/000042, INR 500.00. "
                f"Left to pay: INR 1,234.50. {LINK}"
            ),
            (
                "Mehta Stores: hyvityslasku BLRC/26-27/00042, 500,00 INR, laskuun BLR/26-27/000042. "
                f"Maksamatta 1 234,50 INR. {LINK}"
            ),
            f"Mehta Stores: क्रेडिट नोट BLRC/26-27/00042, ₹500.00। बकाया ₹1,234.50। {LINK}",
        ),
        (
            said.PaymentRejected(**_ABOUT, amount=_PAID, outstanding=_OWED),
            f"Mehta Stores did not receive your INR 500.00 for bill BLR/26-27/000042. To pay: INR 1,234.50. {LINK}",
            f"Mehta Stores: maksua 500,00 INR ei saatu, lasku BLR/26-27/000042. Avoinna 1 234,50 INR. {LINK}",
            f"Mehta Stores को बिल BLR/26-27/000042 के ₹500.00 नहीं मिले। देय ₹1,234.50। {LINK}",
        ),
        (
            said.BillVoided(**_ABOUT, total=_OWED),
            f"Mehta Stores cancelled bill BLR/26-27/000042, INR 1,234.50. You need not pay it. {LINK}",
            f"Mehta Stores mitätöi laskun BLR/26-27/000042, 1 234,50 INR. Sitä ei tarvitse maksaa. {LINK}",
            f"Mehta Stores ने बिल BLR/26-27/000042 (₹1,234.50) रद्द किया। इसे न चुकाएँ। {LINK}",
        ),
        (
            said.PaymentsClaimed(count=12, link=LINK),
            f"Customers say they made 12 payments. Check and verify: {LINK}",
            f"Asiakkaat ilmoittavat maksaneensa 12 maksua. Tarkista ja vahvista: {LINK}",
            f"ग्राहकों ने 12 भुगतानों की सूचना दी है। जाँचें: {LINK}",
        ),
    ],
)
def test_what_happened_to_a_bill(content: said.Content, english: str, finnish: str, hindi: str) -> None:
    texts = [worded(content, locale, "", merchant="IN") for locale in ("en", "fi", "hi")]
    assert texts == [english, finnish, hindi]


def test_phones() -> None:
    assert parse_phone("+919876543210").region == "IN"
    assert parse_phone("+358401234567").region == "FI"
    # Possible, although no operator has it: the provider's own test numbers.
    assert parse_phone("+15005550006").number == "+15005550006"
    with pytest.raises(PhoneInvalid):
        parse_phone("+1")


def warned(region: str, *, requested: str = "", event: said.SecurityEvent = said.SecurityEvent.PASSWORD_CHANGED) -> str:
    notice = said.SecurityNotice(
        event=event, time=datetime(2026, 12, 5, 20, 5, tzinfo=UTC), available_time=None, link="https://bm.example/me"
    )
    return worded(notice, "en", region, requested=requested)


@pytest.mark.parametrize(
    ("region", "requested", "written"),
    [
        ("IN", "", "6 Dec 2026, 01:35 UTC+5:30"),
        ("FI", "", "5 Dec 2026, 22:05 UTC+2"),
        # Several time zones, or none known.
        ("US", "", "Dec 5, 2026, 20:05 UTC"),
        ("", "", "5 Dec 2026, 20:05 UTC"),
        ("", "IN", "6 Dec 2026, 01:35 UTC+5:30"),
        ("IN", "GB", "5 Dec 2026, 20:05 UTC"),
    ],
)
def test_times_are_the_recipients_where_their_country_has_one(region: str, requested: str, written: str) -> None:
    assert warned(region, requested=requested) == (
        f"Billmesh: your password was changed ({written}). Not you? https://bm.example/me"
    )


@pytest.mark.parametrize("event", said.SecurityEvent)
def test_a_notice_costs_one_sms(event: said.SecurityEvent) -> None:
    assert size(warned("IN", event=event)) == Size(Encoding.GSM7, 1)
