"""The wording that comes with Billmesh, kept within two segments where names are of common length.

In Hindi and other scripts outside of GSM-7 two segments are 134 characters, of which a link takes 53: there only what a
recipient needs is said. By India's rules for registered wording (DLT) every gap but the link holds at most 30
characters, and of the link only what follows the last "/" changes.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from services.notification.domain.content import RefundMethod, SecurityEvent
from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED: Mapping[MessageKind, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.BILL_ISSUED: {
            "en": "{merchant_name}: bill {bill_number}, {total}. To pay: {outstanding}, due {due_date}. {link}",
            "fi": "{merchant_name}: lasku {bill_number}, {total}. Avoinna {outstanding}, eräpäivä {due_date}. {link}",
            "hi": "{merchant_name}: बिल {bill_number}, देय {outstanding}, अंतिम तिथि {due_date}। {link}",
        },
        MessageKind.PAYMENT_RECEIVED: {
            "en": "{merchant_name} received {amount} for bill {bill_number}. Left to pay: {outstanding}. {link}",
            "fi": "{merchant_name}: maksu {amount} saapui, lasku {bill_number}. Maksamatta {outstanding}. {link}",
            "hi": "{merchant_name} को बिल {bill_number} के {amount} मिले। बकाया {outstanding}। {link}",
        },
        MessageKind.PAYMENT_CLAIMED: {
            "en": "{customer_name} says they paid {amount} for bill {bill_number}. Check and verify: {link}",
            "fi": "{customer_name} ilmoittaa maksaneensa {amount}, lasku {bill_number}. Tarkista ja vahvista: {link}",
            "hi": "{customer_name} ने बिल {bill_number} के {amount} चुकाने की सूचना दी है। जाँचें: {link}",
        },
        MessageKind.BILL_REMINDER: {
            "en": "{merchant_name}: a reminder of bill {bill_number}, {amount}, due {due_date}. View and pay: {link}",
            "fi": "{merchant_name}: muistutus laskusta {bill_number}, {amount}, eräpäivä {due_date}. Maksa: {link}",
            "hi": "{merchant_name}: {amount} बाकी, बिल {bill_number}, अंतिम तिथि {due_date}। {link}",
        },
        MessageKind.BALANCE_CONFIRMATION: {
            "en": "{merchant_name}: {owed} to pay, {credit} in credit, {date}. Is that right? {link}",
            "fi": "{merchant_name}: maksettavaa {owed}, hyvitystä {credit}, {date}. Onko oikein? {link}",
            "hi": "{merchant_name}: {date} को देय {owed}, जमा {credit}। क्या यह सही है? {link}",
        },
        MessageKind.PAYMENT_REFUNDED: {
            "en": "{merchant_name} refunded {amount} ({method}) for bill {bill_number}. {link}",
            "fi": "{merchant_name} palautti {amount} ({method}), lasku {bill_number}. {link}",
            "hi": "{merchant_name} ने बिल {bill_number} के {amount} लौटाए ({method})। {link}",
        },
        MessageKind.CREDIT_REFUNDED: {
            "en": "{merchant_name} paid {amount} of your credit back to you ({method}).",
            "fi": "{merchant_name} maksoi sinulle hyvityksestäsi {amount} ({method}).",
            "hi": "{merchant_name} ने आपकी जमा राशि में से {amount} लौटाए ({method})।",
        },
        MessageKind.CREDIT_NOTE_ISSUED: {
            "en": "{merchant_name}: credit note {credit_note_number} on bill {bill_number}, {amount}. "
            "Left to pay: {outstanding}. {link}",
            "fi": "{merchant_name}: hyvityslasku {credit_note_number}, {amount}, laskuun {bill_number}. "
            "Maksamatta {outstanding}. {link}",
            "hi": "{merchant_name}: क्रेडिट नोट {credit_note_number}, {amount}। बकाया {outstanding}। {link}",
        },
        MessageKind.PAYMENT_REJECTED: {
            "en": "{merchant_name} did not receive your {amount} for bill {bill_number}. To pay: {outstanding}. {link}",
            "fi": "{merchant_name}: maksua {amount} ei saatu, lasku {bill_number}. Avoinna {outstanding}. {link}",
            "hi": "{merchant_name} को बिल {bill_number} के {amount} नहीं मिले। देय {outstanding}। {link}",
        },
        MessageKind.BILL_VOIDED: {
            "en": "{merchant_name} cancelled bill {bill_number}, {total}. You need not pay it. {link}",
            "fi": "{merchant_name} mitätöi laskun {bill_number}, {total}. Sitä ei tarvitse maksaa. {link}",
            "hi": "{merchant_name} ने बिल {bill_number} ({total}) रद्द किया। इसे न चुकाएँ। {link}",
        },
        MessageKind.PAYMENTS_CLAIMED: {
            "en": "Customers say they made {count} payments. Check and verify: {link}",
            "fi": "Asiakkaat ilmoittavat maksaneensa {count} maksua. Tarkista ja vahvista: {link}",
            "hi": "ग्राहकों ने {count} भुगतानों की सूचना दी है। जाँचें: {link}",
        },
        MessageKind.PHONE_VERIFICATION: {
            "en": "{code} is your Billmesh code. It is valid for {minutes} min. Do not share it with anyone.",
            "fi": "{code} on Billmesh-koodisi. Se on voimassa {minutes} min. Älä kerro sitä kenellekään.",
            "hi": "{code} आपका Billmesh कोड है। यह {minutes} मिनट तक मान्य है। इसे किसी को न बताएँ।",
        },
        MessageKind.SIGN_UP_ATTEMPT: {
            "en": "This number has a Billmesh account, and someone tried to open one more. Was it you? Sign in: {link}",
            "fi": "Numerolla on jo Billmesh-tili, ja joku yritti avata toisen. Jos se olit sinä, kirjaudu: {link}",
            "hi": "इस नंबर का Billmesh खाता है, पर किसी ने नया खोलना चाहा। आप थे? साइन इन करें: {link}",
        },
        MessageKind.MEMBER_INVITED: {
            "en": "{inviter_name} invites you to work with {merchant_name} on Billmesh: {link}",
            "fi": "{inviter_name} kutsuu sinut Billmeshiin, {merchant_name}: {link}",
            "hi": "{inviter_name} ने आपको Billmesh पर {merchant_name} से जुड़ने का न्योता दिया है: {link}",
        },
        MessageKind.RECOVERY_CODE: {
            "en": "{code} recovers your Billmesh account, for {minutes} min. Not you? Ignore it; share it with nobody.",
            "fi": "{code} palauttaa Billmesh-tilisi, {minutes} min. Etkö pyytänyt? Ohita, älä kerro kenellekään.",
            "hi": "{code} से आपका Billmesh खाता वापस मिलेगा, {minutes} मिनट तक। आपने नहीं माँगा? अनदेखा करें, किसी को न बताएँ।",
        },
        MessageKind.SECURITY_NOTICE: {
            "en": "Billmesh: {event} ({time}). {waiting}Not you? {link}",
            "fi": "Billmesh: {event} ({time}). {waiting}Etkö se ollut sinä? {link}",
            "hi": "Billmesh: {event} ({time})। {waiting}आप नहीं? {link}",
        },
    }
)

# What stands in place of a due date that is not set.
ON_RECEIPT: Mapping[str, str] = MappingProxyType({"en": "on receipt", "fi": "heti", "hi": "तुरंत"})

# How long an owner has to stop a recovery; the words before what is to be done.
WAITING: Mapping[str, str] = MappingProxyType(
    {
        "en": "It can be finished from {time} on. ",
        "fi": "Sen voi viimeistellä {time} alkaen. ",
        "hi": "इसे {time} से पूरा किया जा सकता है। ",
    }
)

METHODS: Mapping[RefundMethod, Mapping[str, str]] = MappingProxyType(
    {
        RefundMethod.UPI: {"en": "UPI", "fi": "UPI", "hi": "UPI"},
        RefundMethod.CARD: {"en": "card", "fi": "kortti", "hi": "कार्ड"},
        RefundMethod.CASH: {"en": "cash", "fi": "käteinen", "hi": "नकद"},
        RefundMethod.BANK_TRANSFER: {"en": "bank transfer", "fi": "tilisiirto", "hi": "बैंक ट्रांसफ़र"},
        RefundMethod.CHEQUE: {"en": "cheque", "fi": "sekki", "hi": "चेक"},
        RefundMethod.CUSTOMER_CREDIT: {"en": "to your credit", "fi": "hyvitykseksi", "hi": "आपकी जमा राशि में"},
    }
)

# The same in an SMS, which comes at once: it stands where the event's own time would.
WAITING_BRIEFLY: Mapping[str, str] = MappingProxyType(
    {
        "en": "can be finished from {time} on",
        "fi": "sen voi viimeistellä {time} alkaen",
        "hi": "{time} से पूरा होगा",
    }
)

EVENTS: Mapping[SecurityEvent, Mapping[str, str]] = MappingProxyType(
    {
        SecurityEvent.PASSWORD_CHANGED: {
            "en": "your password was changed",
            "fi": "salasanasi vaihdettiin",
            "hi": "आपका पासवर्ड बदला गया",
        },
        SecurityEvent.RECOVERY_STARTED: {
            "en": "someone asked to recover your account",
            "fi": "joku pyysi tilisi palautusta",
            "hi": "खाता वापस पाने का अनुरोध हुआ",
        },
        SecurityEvent.RECOVERY_CANCELLED: {
            "en": "the recovery of your account was stopped",
            "fi": "tilisi palautus keskeytettiin",
            "hi": "खाता वापस पाने का अनुरोध रोका गया",
        },
        SecurityEvent.FACTORS_RESET: {
            "en": "your account was recovered, with a new password and new second factors",
            "fi": "tilisi palautettiin, salasana ja vahvistustavat ovat uudet",
            "hi": "खाता नए पासवर्ड के साथ वापस लिया गया",
        },
        SecurityEvent.AUTHENTICATOR_ADDED: {
            "en": "an authenticator app was added",
            "fi": "todennussovellus lisättiin",
            "hi": "एक ऑथेंटिकेटर ऐप जोड़ा गया",
        },
        SecurityEvent.AUTHENTICATOR_REMOVED: {
            "en": "an authenticator app was removed",
            "fi": "todennussovellus poistettiin",
            "hi": "एक ऑथेंटिकेटर ऐप हटाया गया",
        },
        SecurityEvent.PASSKEY_ADDED: {
            "en": "a passkey was added",
            "fi": "avainkoodi lisättiin",
            "hi": "एक पासकी जोड़ी गई",
        },
        SecurityEvent.PASSKEY_REMOVED: {
            "en": "a passkey was removed",
            "fi": "avainkoodi poistettiin",
            "hi": "एक पासकी हटाई गई",
        },
        SecurityEvent.RECOVERY_CODES_REPLACED: {
            "en": "your recovery codes were replaced",
            "fi": "palautuskoodisi vaihdettiin",
            "hi": "आपके रिकवरी कोड बदले गए",
        },
        SecurityEvent.SESSION_STOLEN: {
            "en": "someone else used a sign-in of yours, and it was ended",
            "fi": "joku muu käytti kirjautumistasi, ja se päätettiin",
            "hi": "आपके साइन-इन का दुरुपयोग रोका गया",
        },
        SecurityEvent.NEW_DEVICE: {
            "en": "someone signed in from a new device",
            "fi": "uudelta laitteelta kirjauduttiin sisään",
            "hi": "एक नए डिवाइस से साइन इन किया गया",
        },
        SecurityEvent.PHONE_CHANGED: {
            "en": "your phone number was changed",
            "fi": "puhelinnumerosi vaihdettiin",
            "hi": "आपका फ़ोन नंबर बदला गया",
        },
        SecurityEvent.EMAIL_CHANGED: {
            "en": "your e-mail address was changed",
            "fi": "sähköpostiosoitteesi vaihdettiin",
            "hi": "आपका ईमेल पता बदला गया",
        },
        SecurityEvent.API_CLIENT_CREATED: {
            "en": "an API client was created or given a new secret",
            "fi": "API-asiakas luotiin tai sai uuden salaisuuden",
            "hi": "API क्लाइंट या उसका नया सीक्रेट बनाया गया",
        },
    }
)
