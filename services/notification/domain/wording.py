"""The wording that comes with Billmesh, kept within one segment where names and links are of common length."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

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
    }
)

# What stands in place of a due date that is not set.
ON_RECEIPT: Mapping[str, str] = MappingProxyType({"en": "on receipt", "fi": "heti", "hi": "तुरंत"})
