"""The words of the page on which a customer confirms a balance, by language; English where a language has none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceWords:
    """Every piece of text on the page that is not the balance's."""

    title: str
    customer: str
    day: str
    owed: str
    credit: str
    question: str
    choose: str
    note: str
    confirm: str
    dispute: str
    confirmed: str
    disputed: str
    no_balance: str
    no_balance_hint: str


_ENGLISH = BalanceWords(
    title="Your balance",
    customer="For",
    day="As of",
    owed="To pay",
    credit="In credit",
    question="Is that right?",
    choose="Choose one of the two answers.",
    note="Anything to add",
    confirm="Yes, that is right",
    dispute="No, that is wrong",
    confirmed="You said that this is right. Thank you!",
    disputed="You said that this is wrong. The shop has been told.",
    no_balance="There is no such balance",
    no_balance_hint="Perhaps a part of the link was lost, or it is too old. Open it again from the message you got.",
)
_HINDI = BalanceWords(
    title="आपका हिसाब",
    customer="ग्राहक",
    day="तारीख",
    owed="देय राशि",
    credit="जमा राशि",
    question="क्या यह सही है?",
    choose="दो में से एक उत्तर चुनें।",
    note="कुछ और कहना हो तो",
    confirm="हाँ, यह सही है",
    dispute="नहीं, यह गलत है",
    confirmed="आपने बताया कि यह सही है। धन्यवाद!",
    disputed="आपने बताया कि यह गलत है। दुकान को बता दिया गया है।",
    no_balance="ऐसा कोई हिसाब नहीं है",
    no_balance_hint="शायद लिंक का कोई हिस्सा छूट गया है, या वह पुराना है। इसे संदेश से दोबारा खोलें।",
)
_FINNISH = BalanceWords(
    title="Saldosi",
    customer="Asiakas",
    day="Päivänä",
    owed="Maksettavaa",
    credit="Hyvitystä",
    question="Onko se oikein?",
    choose="Valitse toinen vastauksista.",
    note="Haluatko lisätä jotain",
    confirm="Kyllä, se on oikein",
    dispute="Ei, se on väärin",
    confirmed="Vastasit, että tämä on oikein. Kiitos!",
    disputed="Vastasit, että tämä on väärin. Myyjälle on kerrottu.",
    no_balance="Tällaista saldoa ei ole",
    no_balance_hint="Ehkä osa linkistä jäi pois, tai se on vanha. Avaa se uudelleen saamastasi viestistä.",
)
BY_LANGUAGE = {"en": _ENGLISH, "hi": _HINDI, "fi": _FINNISH}


def in_language(language: str) -> tuple[str, BalanceWords]:
    """The words and the language that they are in."""
    return (language, BY_LANGUAGE[language]) if language in BY_LANGUAGE else ("en", _ENGLISH)
