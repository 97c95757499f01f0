"""What an e-mail has besides its text, and the wording of those that say more than an SMS would.

A merchant's e-mails have the wording of its SMS as their body, its own where it changed it. Codes stand in the body and
never in the subject line, which lock screens show. Blank lines divide paragraphs.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBJECT_LINES: Mapping[MessageKind, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.BILL_ISSUED: {
            "en": "Bill {bill_number} from {merchant_name}",
            "fi": "Lasku {bill_number}, {merchant_name}",
            "hi": "{merchant_name} का बिल {bill_number}",
        },
        MessageKind.PAYMENT_RECEIVED: {
            "en": "{merchant_name} received your payment for bill {bill_number}",
            "fi": "Maksu saapui: lasku {bill_number}, {merchant_name}",
            "hi": "{merchant_name} को बिल {bill_number} का भुगतान मिला",
        },
        MessageKind.PAYMENT_CLAIMED: {
            "en": "A payment to verify: bill {bill_number}",
            "fi": "Maksu vahvistettavaksi: lasku {bill_number}",
            "hi": "पुष्टि के लिए भुगतान: बिल {bill_number}",
        },
        MessageKind.BILL_REMINDER: {
            "en": "Reminder: bill {bill_number} of {merchant_name}",
            "fi": "Muistutus: lasku {bill_number}, {merchant_name}",
            "hi": "अनुस्मारक: {merchant_name} का बिल {bill_number}",
        },
        MessageKind.BALANCE_CONFIRMATION: {
            "en": "{merchant_name} asks whether your balance is right",
            "fi": "{merchant_name} kysyy, onko saldosi oikein",
            "hi": "{merchant_name}: क्या आपका हिसाब सही है?",
        },
        MessageKind.PAYMENT_REFUNDED: {
            "en": "{merchant_name} refunded {amount}",
            "fi": "{merchant_name} palautti {amount}",
            "hi": "{merchant_name} ने {amount} लौटाए",
        },
        MessageKind.CREDIT_REFUNDED: {
            "en": "{merchant_name} paid back {amount} of your credit",
            "fi": "{merchant_name} maksoi hyvityksestäsi {amount}",
            "hi": "{merchant_name} ने आपकी जमा राशि में से {amount} लौटाए",
        },
        MessageKind.CREDIT_NOTE_ISSUED: {
            "en": "Credit note {credit_note_number} from {merchant_name} on bill {bill_number}",
            "fi": "Hyvityslasku {credit_note_number}, {merchant_name}, laskuun {bill_number}",
            "hi": "{merchant_name} का क्रेडिट नोट {credit_note_number}, बिल {bill_number}",
        },
        MessageKind.PAYMENT_REJECTED: {
            "en": "{merchant_name} did not receive your payment for bill {bill_number}",
            "fi": "Maksua ei saatu: lasku {bill_number}, {merchant_name}",
            "hi": "{merchant_name} को बिल {bill_number} का भुगतान नहीं मिला",
        },
        MessageKind.BILL_VOIDED: {
            "en": "{merchant_name} cancelled bill {bill_number}",
            "fi": "{merchant_name} mitätöi laskun {bill_number}",
            "hi": "{merchant_name} ने बिल {bill_number} रद्द किया",
        },
        MessageKind.PAYMENTS_CLAIMED: {
            "en": "{count} payments to verify",
            "fi": "{count} maksua vahvistettavaksi",
            "hi": "पुष्टि के लिए {count} भुगतान",
        },
        MessageKind.SIGN_UP_ATTEMPT: {
            "en": "You have a Billmesh account already",
            "fi": "Sinulla on jo Billmesh-tili",
            "hi": "आपका Billmesh खाता पहले से है",
        },
        MessageKind.MEMBER_INVITED: {
            "en": "{inviter_name} invites you to {merchant_name} on Billmesh",
            "fi": "{inviter_name} kutsuu sinut Billmeshiin: {merchant_name}",
            "hi": "Billmesh पर {merchant_name} से जुड़ने का न्योता: {inviter_name}",
        },
        MessageKind.EMAIL_VERIFICATION: {
            "en": "Confirm your e-mail address",
            "fi": "Vahvista sähköpostiosoitteesi",
            "hi": "अपने ईमेल पते की पुष्टि करें",
        },
        MessageKind.RECOVERY_CODE: {
            "en": "Recover your Billmesh account",
            "fi": "Palauta Billmesh-tilisi",
            "hi": "अपना Billmesh खाता वापस पाएँ",
        },
        MessageKind.SECURITY_NOTICE: {
            "en": "Billmesh: {event}",
            "fi": "Billmesh: {event}",
            "hi": "Billmesh: {event}",
        },
    }
)

BODIES: Mapping[MessageKind, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.SIGN_UP_ATTEMPT: {
            "en": "This e-mail address has a Billmesh account, and someone tried to open one more.\n\n"
            "Was it you? Sign in: {link}\n\nIf it was not you, you need not do anything.",
            "fi": "Tällä sähköpostiosoitteella on jo Billmesh-tili, ja joku yritti avata toisen.\n\n"
            "Jos se olit sinä, kirjaudu: {link}\n\nJos se et ollut sinä, sinun ei tarvitse tehdä mitään.",
            "hi": "इस ईमेल पते का Billmesh खाता पहले से है, और किसी ने दूसरा खोलना चाहा।\n\n"
            "अगर वह आप थे, तो साइन इन करें: {link}\n\nअगर वह आप नहीं थे, तो आपको कुछ नहीं करना है।",
        },
        MessageKind.EMAIL_VERIFICATION: {
            "en": "Your Billmesh code:\n\n{code}\n\nIt is valid for {minutes} minutes. Enter it where you were asked "
            "for it, and share it with nobody.\n\nIf you did not ask for it, you need not do anything.",
            "fi": "Billmesh-koodisi:\n\n{code}\n\nSe on voimassa {minutes} minuuttia. Syötä se siihen, missä sitä "
            "pyydettiin, äläkä kerro sitä kenellekään.\n\nJos et pyytänyt sitä, sinun ei tarvitse tehdä mitään.",
            "hi": "आपका Billmesh कोड:\n\n{code}\n\nयह {minutes} मिनट तक मान्य है। इसे वहीं लिखें जहाँ माँगा गया है, और "
            "किसी को न बताएँ।\n\nअगर आपने इसे नहीं माँगा, तो आपको कुछ नहीं करना है।",
        },
        MessageKind.RECOVERY_CODE: {
            "en": "Someone, we hope you, asked to recover your Billmesh account. The code for it:\n\n{code}\n\n"
            "It is valid for {minutes} minutes. Share it with nobody: Billmesh never asks for it by phone or mail.\n\n"
            "If you did not ask for it, do not use it. Your account stays as it is.",
            "fi": "Joku, toivottavasti sinä, pyysi Billmesh-tilisi palautusta. Koodi siihen:\n\n{code}\n\n"
            "Se on voimassa {minutes} minuuttia. Älä kerro sitä kenellekään: Billmesh ei koskaan kysy sitä puhelimessa "
            "tai sähköpostitse.\n\nJos et pyytänyt sitä, älä käytä sitä. Tilisi pysyy ennallaan.",
            "hi": "किसी ने, उम्मीद है आपने, आपका Billmesh खाता वापस पाने का अनुरोध किया। इसके लिए कोड:\n\n{code}\n\n"
            "यह {minutes} मिनट तक मान्य है। इसे किसी को न बताएँ: Billmesh इसे फ़ोन या मेल पर कभी नहीं माँगता।\n\n"
            "अगर आपने इसे नहीं माँगा, तो इसका उपयोग न करें। आपका खाता जैसा है वैसा ही रहेगा।",
        },
        MessageKind.SECURITY_NOTICE: {
            "en": "Your Billmesh account: {event}.\n\nWhen: {time}. {waiting}\n\nIf it was you, all is well. If not, "
            "look at your account and stop it: {link}",
            "fi": "Billmesh-tilisi: {event}.\n\nMilloin: {time}. {waiting}\n\nJos se olit sinä, kaikki on kunnossa. "
            "Jos et, tarkista tilisi ja pysäytä se: {link}",
            "hi": "आपका Billmesh खाता: {event}।\n\nसमय: {time}। {waiting}\n\nअगर आप ही थे, तो सब ठीक है। "
            "अगर नहीं, तो अपना खाता देखें और इसे रोकें: {link}",
        },
    }
)

# What every e-mail ends with.
FOOTERS: Mapping[str, str] = MappingProxyType(
    {
        "en": "An automatic message from Billmesh. Nobody reads answers to this address.",
        "fi": "Billmeshin automaattinen viesti. Tähän osoitteeseen lähetettyjä vastauksia ei lueta.",
        "hi": "यह Billmesh का स्वचालित संदेश है। इस पते पर भेजे गए उत्तर कोई नहीं पढ़ता।",
    }
)
