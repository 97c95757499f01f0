"""The words of the public page, by language; English where a language has none of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Every piece of text on the page that is not the bill's."""

    bill: str
    tax_invoice: str
    bill_of_supply: str
    invoice_and_bill_of_supply: str
    # What the law prescribes for the composition levy (CGST Rules, rule 5(1)(f)); a language may add its own.
    composition: str
    issued: str
    customer: str
    tax_id: str
    to_pay: str
    overdue: str
    paid: str
    void: str
    due: str
    next_part: str
    instalments: str
    pay_upi: str
    open_upi: str
    scan: str
    items: str
    item: str
    quantity: str
    amount: str
    net: str
    rounding: str
    total: str
    credited: str
    settled: str
    outstanding: str
    terms: str
    pdf: str
    pdf_waiting: str
    pdf_waiting_hint: str
    no_bill: str
    no_bill_hint: str


_ENGLISH = Words(
    bill="Bill",
    tax_invoice="Tax invoice",
    bill_of_supply="Bill of supply",
    invoice_and_bill_of_supply="Invoice-cum-bill of supply",
    composition="Composition taxable person, not eligible to collect tax on supplies",
    issued="Issued on",
    customer="For",
    tax_id="Tax number",
    to_pay="To pay",
    overdue="Overdue",
    paid="Paid. Thank you!",
    void="This bill was withdrawn",
    due="Due by",
    next_part="Next instalment",
    instalments="Instalments",
    pay_upi="Pay by UPI",
    open_upi="Open a UPI app",
    scan="Or scan this with a UPI app.",
    items="What you bought",
    item="Item",
    quantity="Quantity",
    amount="Amount",
    net="Before tax",
    rounding="Rounding",
    total="Total",
    credited="Credited",
    settled="Paid so far",
    outstanding="Left to pay",
    terms="Terms and conditions",
    pdf="Save or print as PDF",
    pdf_waiting="The PDF is being made",
    pdf_waiting_hint="It opens here in a moment.",
    no_bill="There is no such bill",
    no_bill_hint="Perhaps a part of the link was lost. Open it again from the message you got.",
)
_HINDI = Words(
    bill="बिल",
    tax_invoice="कर बीजक",
    bill_of_supply="आपूर्ति का बिल",
    invoice_and_bill_of_supply="बीजक-सह-आपूर्ति का बिल",
    composition=(
        "प्रशमन कराधेय व्यक्ति, प्रदायों पर कर संगृहीत करने का पात्र नहीं"
        " (Composition taxable person, not eligible to collect tax on supplies)"
    ),
    issued="जारी करने की तारीख",
    customer="ग्राहक",
    tax_id="कर संख्या",
    to_pay="देय राशि",
    overdue="भुगतान की तारीख निकल चुकी है",
    paid="भुगतान हो गया। धन्यवाद!",
    void="यह बिल रद्द कर दिया गया है",
    due="भुगतान की अंतिम तारीख",
    next_part="अगली किस्त",
    instalments="किस्तें",
    pay_upi="UPI से भुगतान करें",
    open_upi="UPI ऐप खोलें",
    scan="या इसे UPI ऐप से स्कैन करें।",
    items="आपने क्या खरीदा",
    item="वस्तु",
    quantity="मात्रा",
    amount="राशि",
    net="कर से पहले",
    rounding="पूर्णांकन",
    total="कुल",
    credited="क्रेडिट नोट समायोजन",
    settled="अब तक भुगतान",
    outstanding="बाकी राशि",
    terms="नियम और शर्तें",
    pdf="PDF सहेजें या प्रिंट करें",
    pdf_waiting="PDF बन रहा है",
    pdf_waiting_hint="यह कुछ ही पल में यहीं खुलेगा।",
    no_bill="ऐसा कोई बिल नहीं है",
    no_bill_hint="शायद लिंक का कोई हिस्सा छूट गया है। इसे संदेश से दोबारा खोलें।",
)
_FINNISH = Words(
    bill="Lasku",
    tax_invoice="Lasku (Tax invoice)",
    bill_of_supply="Lasku (Bill of supply)",
    invoice_and_bill_of_supply="Lasku (Invoice-cum-bill of supply)",
    composition="Composition taxable person, not eligible to collect tax on supplies",
    issued="Päivätty",
    customer="Asiakas",
    tax_id="Y-/ALV-tunnus",
    to_pay="Maksettavaa",
    overdue="Erääntynyt",
    paid="Maksettu. Kiitos!",
    void="Lasku on peruttu",
    due="Eräpäivä",
    next_part="Seuraava erä",
    instalments="Maksuerät",
    pay_upi="Maksa UPI:lla",
    open_upi="Avaa UPI-sovellus",
    scan="Tai skannaa tämä UPI-sovelluksella.",
    items="Ostokset",
    item="Tuote",
    quantity="Määrä",
    amount="Summa",
    net="Veroton",
    rounding="Pyöristys",
    total="Yhteensä",
    credited="Hyvitetty",
    settled="Maksettu",
    outstanding="Maksamatta",
    terms="Ehdot",
    pdf="Tallenna tai tulosta PDF",
    pdf_waiting="PDF on tekeillä",
    pdf_waiting_hint="Se avautuu tässä hetken kuluttua.",
    no_bill="Tällaista laskua ei ole",
    no_bill_hint="Ehkä osa linkistä jäi pois. Avaa se uudelleen saamastasi viestistä.",
)
BY_LANGUAGE = {"en": _ENGLISH, "hi": _HINDI, "fi": _FINNISH}


def in_language(language: str) -> tuple[str, Words]:
    """The words and the language that they are in."""
    return (language, BY_LANGUAGE[language]) if language in BY_LANGUAGE else ("en", _ENGLISH)
