"""What banks call the columns of their statements."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATE, AMOUNT, DEBIT, CREDIT = "date", "amount", "debit", "credit"
DESCRIPTION, REFERENCE, COUNTERPARTY = "description", "reference", "counterparty"
# What a caller may name; the others are only ever guessed.
FIELDS = (DATE, AMOUNT, DEBIT, CREDIT, DESCRIPTION, REFERENCE, COUNTERPARTY)
DIRECTION, CURRENCY = "direction", "currency"

# In the order of preference: of several columns that would do, the one whose name comes first is taken. Names are bare
# (`_bare`): no case, accents, blanks or signs, and no currency in brackets. India: HDFC, ICICI, SBI, Axis, Kotak;
# Europe: German, French, Dutch, Finnish, Italian, Spanish and British banks.
_NAMES: dict[str, str] = {
    DATE: """
        date bookingdate transactiondate txndate trandate postingdate postdate posteddate buchungstag buchungsdatum
        buchung datecomptable dateoperation datedoperation kirjauspaiva datum boekdatum fecha fechaoperacion
        fechacontable data datacontabile dataoperazione completeddate valuedate valuedt valutadatum valuta wertstellung
        arvopaiva datevaleur
    """,
    AMOUNT: """
        amount transactionamount txnamount betrag betrageur umsatz umsatzeur montant bedrag bedrageur maara maaraeuroa
        summa importe importo amountinr amounteur amountgbp
    """,
    DEBIT: """
        debit debitamount debitamt withdrawal withdrawals withdrawalamount withdrawalamt withdrawalamountinr
        withdrawalamtinr dr paidout moneyout soll lastschrift ausgang belastung sortie debitos cargo cargos addebiti
        uscite dare af pano
    """,
    CREDIT: """
        credit creditamount creditamt deposit deposits depositamount depositamt depositamountinr depositamtinr cr paidin
        moneyin haben gutschrift eingang entree abono abonos accrediti entrate avere bij
    """,
    DESCRIPTION: """
        narration description transactionremarks transactiondescription particulars transactionparticulars details
        transactiondetails remarks verwendungszweck buchungstext libelle libelleoperation omschrijving omschrijving1
        mededelingen viesti selite concepto descripcion descrizione causale memo paymentreference narrative
    """,
    REFERENCE: """
        utr utrno utrnumber rrn chqrefnumber chqrefno refnochequeno chequerefno refno referenceno referencenumber
        reference bankreference transactionid txnid tranid transactionreference kundenreferenz kundenreferenzendtoend
        endtoendid endtoendreferenz mandatsreferenz referencia riferimento viitenumero viite arkistointitunnus
        betalingskenmerk chqno chequeno chequenumber chqnumber
    """,
    COUNTERPARTY: """
        counterparty counterpartyname name payee payer payername partyname remitter remittername
        beguenstigterzahlungspflichtiger auftraggeberbeguenstigter beguenstigter auftraggeber zahlungspflichtiger
        zahlungspflichtigerr namezahlungsbeteiligter beneficiary beneficiaryname saajamaksaja maksaja naamtegenpartij
        naam tegenpartij nomducontrepartie ordinante beneficiario ordenante
    """,
    DIRECTION: "drcr crdr debitcredit creditdebit sollhaben sh afbij transactiontype type sens",
    CURRENCY: "currency currencycode ccy waehrung devise munt valuutta divisa moneda",
}
_RANKS = {field: {name: rank for rank, name in enumerate(names.split())} for field, names in _NAMES.items()}
# German writes umlauts out, others drop the dots.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_BRACKETED_CURRENCY = re.compile(r"\(\s*(?:in )?(?:[a-z]{3}|rs\.?|₹|€|£|\$)\s*\)|[₹€£$]")


def places(header: Sequence[str], given: Mapping[str, str]) -> dict[str, int] | None:
    """Where each field stands in a row of headings; None if the row is none, or lacks a heading that is given.

    A row of headings has a day, and an amount or what went out or came in.
    """
    found: dict[str, int] = {}
    for field, heading in given.items():
        same = [place for place, cell in enumerate(header) if cell.casefold() == heading.strip().casefold()]
        if not same:
            return None
        found[field] = same[0]
    taken = set(found.values())
    names = [_bare(cell) for cell in header]
    for field, ranks in _RANKS.items():
        if field in found:
            continue
        # One that is given says which way the money went.
        if (field == AMOUNT and {DEBIT, CREDIT} & given.keys()) or (field in {DEBIT, CREDIT} and AMOUNT in given):
            continue
        ranked = [
            (ranks[name], place)
            for place, both in enumerate(names)
            for name in both
            if name in ranks and place not in taken
        ]
        if ranked:
            found[field] = min(ranked)[1]
            taken.add(found[field])
    if DATE not in found or not {AMOUNT, DEBIT, CREDIT} & found.keys():
        return None
    if DEBIT in found and CREDIT in found:
        # "Amount" beside both is their sum or the balance.
        found.pop(AMOUNT, None)
    return found


def _bare(heading: str) -> tuple[str, str]:
    text = _BRACKETED_CURRENCY.sub("", heading.casefold())
    return _letters(text), _letters(text.translate(_UMLAUTS))


def _letters(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]", "", "".join(mark for mark in parts if not unicodedata.combining(mark)))
