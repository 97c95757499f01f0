"""Pages to look at: `python -m tests.services.billing.documents.look DIRECTORY` writes pictures of samples there."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from services.billing.documents.bill import of_bill
from services.billing.documents.press import Press
from services.billing.documents.wording import languages
from services.billing.domain.bill import BillState
from services.billing.domain.document import Layout
from tests.services.billing.documents import pages, samples

_SHOPS = {
    "en": (samples.groceries(), samples.BENGALURU),
    "hi": (samples.kirana(), samples.DELHI),
    "ta": (samples.maligai(), samples.CHENNAI),
}


def main() -> None:
    """A bill in each language on each paper, and an English one of several pages, void, and paid."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    bills = {language: (*_SHOPS.get(language, _SHOPS["en"]), language) for language in languages()}
    bills["long"] = (samples.groceries() * 12, samples.BENGALURU, "en")
    made = {name: (samples.bill(lines, shop), shop, language) for name, (lines, shop, language) in bills.items()}
    plain, shop, _ = made["en"]
    made["void"] = (replace(plain, state=BillState.VOID, void_reason="Wrong customer"), shop, "en")
    made["paid"] = (replace(plain, state=BillState.PAID, settled=plain.totals.total), shop, "en")
    press = Press()
    for name, (bill, settings, language) in made.items():
        for layout in Layout:
            order = of_bill(bill, settings, layout=layout, locale=f"{language}-IN").order()
            for number, page in enumerate(pages.pictures(press.set(order.document, order.logo)), start=1):
                page.save(directory / f"{name}-{layout.lower()}-{number}.png")


if __name__ == "__main__":
    main()
