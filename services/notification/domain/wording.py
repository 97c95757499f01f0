"""The wording that comes with Billmesh, kept within one segment where names and links are of common length."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from services.notification.domain.content import SecurityEvent
from services.notification.domain.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

SHIPPED: Mapping[MessageKind, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.BILL_ISSUED: {
            "en": "{merchant_name}: bill {bill_number}, {total}. To pay: {outstanding}, due {due_date}. {link}",
            "fi": "{merchant_name}: lasku {bill_number}, {total}. Avoinna {outstanding}, eräpäivä {due_date}. {link}",
            "hi": "{merchant_name}: बिल {bill_number}, कुल {total}। देय {outstanding}, तिथि {due_date}। {link}",
        },
        MessageKind.PAYMENT_RECEIVED: {
            "en": "{merchant_name} received {amount} for bill {bill_number}. Left to pay: {outstanding}. {link}",
            "fi": "{merchant_name}: maksu {amount} saapui, lasku {bill_number}. Maksamatta {outstanding}. {link}",
            "hi": "{merchant_name} को बिल {bill_number} के {amount} मिले। बकाया {outstanding}। {link}",
        },
        MessageKind.PAYMENT_CLAIMED: {
            "en": "{customer_name} says they paid {amount} for bill {bill_number}. Check and verify: {link}",
            "fi": "{customer_name} ilmoittaa maksaneensa {amount}, lasku {bill_number}. Tarkista ja vahvista: {link}",
            "hi": "{customer_name} के अनुसार बिल {bill_number} के {amount} चुका दिए हैं। जाँचकर पुष्टि करें: {link}",
        },
        MessageKind.BILL_REMINDER: {
            "en": "{merchant_name}: a reminder of bill {bill_number}, {amount}, due {due_date}. View and pay: {link}",
            "fi": "{merchant_name}: muistutus laskusta {bill_number}, {amount}, eräpäivä {due_date}. Maksa: {link}",
            "hi": "{merchant_name}: बिल {bill_number} के {amount} बाकी हैं, अंतिम तारीख {due_date}। देखें और चुकाएँ: {link}",
        },
        MessageKind.BALANCE_CONFIRMATION: {
            "en": "{merchant_name}: {owed} to pay, {credit} in credit, {date}. Is that right? {link}",
            "fi": "{merchant_name}: maksettavaa {owed}, hyvitystä {credit}, {date}. Onko oikein? {link}",
            "hi": "{merchant_name}: {date} को देय {owed}, जमा {credit}। क्या यह सही है? {link}",
        },
        MessageKind.PHONE_VERIFICATION: {
            "en": "{code} is your Billmesh code. It is valid for {minutes} min. Do not share it with anyone.",
            "fi": "{code} on Billmesh-koodisi. Se on voimassa {minutes} min. Älä kerro sitä kenellekään.",
            "hi": "{code} आपका Billmesh कोड है। यह {minutes} मिनट तक मान्य है। इसे किसी को न बताएँ।",
        },
        MessageKind.SIGN_UP_ATTEMPT: {
            "en": "This number has a Billmesh account, and someone tried to open one more. Was it you? Sign in: {link}",
            "fi": "Numerolla on jo Billmesh-tili, ja joku yritti avata toisen. Jos se olit sinä, kirjaudu: {link}",
            "hi": "इस नंबर का Billmesh खाता पहले से है, और किसी ने दूसरा खोलना चाहा। अगर आप थे, तो साइन इन करें: {link}",
        },
        MessageKind.MEMBER_INVITED: {
            "en": "{inviter_name} invites you to work with {merchant_name} on Billmesh: {link}",
            "fi": "{inviter_name} kutsuu sinut Billmeshiin, {merchant_name}: {link}",
            "hi": "{inviter_name} ने आपको Billmesh पर {merchant_name} के साथ काम करने को बुलाया है: {link}",
        },
        MessageKind.RECOVERY_CODE: {
            "en": "{code} recovers your Billmesh account, for {minutes} min. Not you? Ignore it; share it with nobody.",
            "fi": "{code} palauttaa Billmesh-tilisi, {minutes} min. Etkö pyytänyt? Ohita, älä kerro kenellekään.",
            "hi": "{code} से आपका Billmesh खाता वापस मिलेगा, {minutes} मिनट तक। आपने नहीं माँगा? अनदेखा करें, किसी को न बताएँ।",
        },
        MessageKind.SECURITY_NOTICE: {
            "en": "Billmesh: {event} ({time}). {waiting}Not you? {link}",
            "fi": "Billmesh: {event} ({time}). {waiting}Etkö se ollut sinä? {link}",
            "hi": "Billmesh: {event} ({time})। {waiting}आप नहीं थे? {link}",
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
            "hi": "किसी ने आपका खाता वापस पाने का अनुरोध किया",
        },
        SecurityEvent.RECOVERY_CANCELLED: {
            "en": "the recovery of your account was stopped",
            "fi": "tilisi palautus keskeytettiin",
            "hi": "आपका खाता वापस पाने का अनुरोध रोका गया",
        },
        SecurityEvent.FACTORS_RESET: {
            "en": "your account was recovered, with a new password and new second factors",
            "fi": "tilisi palautettiin, salasana ja vahvistustavat ovat uudet",
            "hi": "आपका खाता नए पासवर्ड और नए दूसरे चरण के साथ वापस लिया गया",
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
            "hi": "किसी और ने आपका साइन-इन इस्तेमाल किया, उसे बंद कर दिया गया",
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
            "hi": "एक API क्लाइंट बनाया गया या उसे नया सीक्रेट मिला",
        },
    }
)
