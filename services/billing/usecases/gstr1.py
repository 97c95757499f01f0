"""The return GSTR-1 of a month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from services.billing.domain.gstr1 import gstr1, to_json
from services.billing.domain.report_errors import ReturnNotApplicable
from services.billing.domain.reports import Days
from services.billing.domain.taxes import TaxRegime
from services.billing.store import gstr1 as store
from services.billing.usecases import settings as settings_usecases

if TYPE_CHECKING:
    from services.billing.domain.ids import MerchantId
    from services.billing.usecases.deps import Deps


def build(deps: Deps, merchant_id: MerchantId, *, year: int, month: int) -> str:
    """The return as JSON. Raises ReturnNotApplicable, PeerUnavailable.

    Under the composition levy another return is filed; of a month in which something was sold before it, this one as
    well.
    """
    settings_usecases.ensure(deps, merchant_id)
    first = date(year, month, 1)
    days = Days(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    with deps.db.transaction(merchant=merchant_id) as tx:
        settings = settings_usecases.settings_of(tx, merchant_id)
        rules, gstin = settings.tax_rules, settings.fields.tax_id
        if rules.regime is not TaxRegime.IN_GST or not gstin:
            raise ReturnNotApplicable
        documents = store.list_documents(tx, merchant_id, days=days, vault=deps.vault)
        supplies = store.list_supplies(tx, merchant_id, days=days)
        numbers = store.list_numbers_given(tx, merchant_id, days=days)
    if rules.composition and not (documents or supplies or numbers):
        raise ReturnNotApplicable
    shaped = gstr1(
        gstin=gstin,
        region=rules.region_code,
        month=first,
        documents=documents,
        supplies=supplies,
        numbers=numbers,
    )
    return to_json(shaped)
