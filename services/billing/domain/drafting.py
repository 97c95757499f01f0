"""Writing a draft: what the writer left out is filled in, then everything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.billing.domain import taxes
from services.billing.domain.bill import BillDocument, LineTerms
from services.billing.domain.computing import compute
from services.billing.domain.errors import CurrencyMismatch, ItemNotFound, TaxCodeUnknown
from services.billing.domain.instalments import require_in_order, require_whole
from services.billing.domain.taxes import TaxPart, TaxRegime
from services.kit.failure import FieldViolation, InvalidRequest
from services.kit.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from services.billing.domain.bill import Bill, BillLine, Totals
    from services.billing.domain.customer import Customer
    from services.billing.domain.ids import CustomerId, ItemId, StoreId
    from services.billing.domain.instalments import Instalment
    from services.billing.domain.settings import MerchantSettings

# One piece, by UN/ECE Recommendation 20.
_EACH = "EA"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemForSale:
    """A stock item as a line wants it."""

    name: str
    unit_code: str
    unit_price: Money
    price_includes_tax: bool
    # Empty: whatever the merchant's settings say.
    tax_code: str
    hsn_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInput:
    """A line as written; None and empty text are left out."""

    item_id: ItemId | None
    description: str
    quantity: Decimal
    unit_code: str
    unit_price: Money | None
    price_includes_tax: bool
    discount: Money | None
    tax_code: str
    hsn_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftInput:
    """A draft as written; None and empty text are left out."""

    customer_id: CustomerId | None
    store_id: StoreId | None
    lines: tuple[LineInput, ...]
    discount: Money | None
    currency: str
    place_of_supply: str
    due_date: date | None
    note: str
    instalments: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a draft comes to."""

    lines: tuple[BillLine, ...]
    totals: Totals
    discount: Money
    place_of_supply: str
    document: BillDocument


def input_of(bill: Bill) -> DraftInput:
    """The draft as somebody could have written it, with nothing left out but a place of supply that was not named."""
    return DraftInput(
        customer_id=bill.customer_id,
        store_id=bill.store_id,
        lines=tuple(
            LineInput(
                item_id=line.terms.item_id,
                description=line.terms.description,
                quantity=line.terms.quantity,
                unit_code=line.terms.unit_code,
                unit_price=line.terms.unit_price,
                price_includes_tax=line.terms.price_includes_tax,
                discount=line.terms.discount,
                tax_code=line.terms.tax_code,
                hsn_code=line.terms.hsn_code,
            )
            for line in bill.lines
        ),
        discount=bill.discount,
        currency=bill.currency,
        place_of_supply=bill.place_of_supply if bill.supply_named else "",
        # That of a bill with instalments follows from them.
        due_date=None if bill.instalments else bill.due_date,
        note=bill.note,
        instalments=bill.instalments,
    )


def due_date_of(draft: DraftInput) -> date | None:
    """The last day to pay: as written, or the last instalment's."""
    return draft.instalments[-1].due_date if draft.instalments else draft.due_date


def items_wanted(draft: DraftInput) -> tuple[ItemId, ...]:
    """The stock items on the draft, each once, in the order of the lines."""
    return tuple(dict.fromkeys(line.item_id for line in draft.lines if line.item_id is not None))


def require_complete(draft: DraftInput) -> None:
    """The draft has what nobody can fill in. Raises InvalidRequest naming all that is missing."""
    require_in_order(draft.instalments, draft.due_date)
    missing = []
    if draft.customer_id is None:
        missing.append(FieldViolation("bill.customer_id", "is needed"))
    if not draft.lines:
        missing.append(FieldViolation("bill.lines", "must have at least one line"))
    if draft.store_id is None and items_wanted(draft):
        missing.append(FieldViolation("bill.store_id", "is needed when a line names a stock item"))
    if draft.place_of_supply and not taxes.is_gst_place(draft.place_of_supply):
        missing.append(FieldViolation("bill.place_of_supply", "must be a state code of GST, or 96 for abroad"))
    for position, line in enumerate(draft.lines):
        if line.item_id is None and not line.description:
            missing.append(FieldViolation(f"bill.lines[{position}].description", "is needed without a stock item"))
        if line.item_id is None and line.unit_price is None:
            missing.append(FieldViolation(f"bill.lines[{position}].unit_price", "is needed without a stock item"))
    if missing:
        raise InvalidRequest(*missing)


def compute_draft(
    draft: DraftInput,
    *,
    settings: MerchantSettings,
    customer: Customer,
    items: Mapping[ItemId, ItemForSale],
    on: date,
) -> Computed:
    """Fills in a complete draft from the stock items and the settings and computes it as of the day `on`.

    Raises CurrencyMismatch, TaxCodeUnknown, ItemNotFound, InstalmentsMismatch, and InvalidRequest as `compute` does.
    """
    currency = draft.currency or settings.fields.currency
    discount = _in_currency(draft.discount, currency, "bill.discount")
    terms = tuple(
        _line_terms(line, f"bill.lines[{position}]", currency=currency, settings=settings, items=items)
        for position, line in enumerate(draft.lines)
    )
    place = _place_of_supply(draft.place_of_supply, settings, customer)
    lines, totals = compute(
        terms,
        taxes=_tax_lookup(terms, settings, place=place, on=on),
        discount=discount,
        coin=settings.fields.coin_of(currency),
    )
    for position, instalment in enumerate(draft.instalments):
        _in_currency(instalment.amount, currency, f"bill.instalments[{position}].amount")
    require_whole(draft.instalments, totals.total)
    return Computed(
        lines=lines,
        totals=totals,
        discount=discount,
        place_of_supply=place,
        document=document_of(lines, settings, customer),
    )


def document_of(lines: Sequence[BillLine], settings: MerchantSettings, customer: Customer) -> BillDocument:
    """What the paper is by tax law. Under Indian GST: CGST Act section 31(3)(c), CGST Rules 46A and 49."""
    fields = settings.fields
    if fields.tax_regime is not TaxRegime.IN_GST:
        return BillDocument.INVOICE
    if fields.gst_composition:
        return BillDocument.COMPOSITION_BILL
    if not fields.tax_id:
        # Who is not registered issues neither a tax invoice nor a bill of supply.
        return BillDocument.INVOICE
    exempt = [line.treatment in taxes.EXEMPT_SUPPLIES for line in lines]
    if all(exempt):
        return BillDocument.BILL_OF_SUPPLY
    if any(exempt) and not customer.fields.tax_id:
        return BillDocument.INVOICE_AND_BILL_OF_SUPPLY
    return BillDocument.TAX_INVOICE


def _place_of_supply(named: str, settings: MerchantSettings, customer: Customer) -> str:
    if settings.fields.tax_regime is not TaxRegime.IN_GST:
        return ""
    if settings.fields.gst_composition:
        # CGST Act section 10(2)(c): nothing from one state to another.
        if named and named != settings.fields.region_code:
            raise InvalidRequest.of("bill.place_of_supply", "must be the merchant's state under the composition levy")
        return settings.fields.region_code
    return named or customer.fields.region_code or settings.fields.region_code


def _line_terms(
    line: LineInput, field: str, *, currency: str, settings: MerchantSettings, items: Mapping[ItemId, ItemForSale]
) -> LineTerms:
    item = items.get(line.item_id) if line.item_id is not None else None
    if line.unit_price is not None:
        price = _in_currency(line.unit_price, currency, f"{field}.unit_price")
        includes = line.price_includes_tax
    elif item is not None:
        price = _in_currency(item.unit_price, currency, f"{field}.item_id")
        includes = item.price_includes_tax
    else:
        raise ItemNotFound(f"{field}.item_id")
    return LineTerms(
        item_id=line.item_id,
        description=line.description or (item.name if item else ""),
        quantity=line.quantity,
        unit_code=line.unit_code or (item.unit_code if item else _EACH),
        unit_price=price,
        price_includes_tax=includes,
        discount=_in_currency(line.discount, currency, f"{field}.discount"),
        tax_code=line.tax_code or (item.tax_code if item else "") or settings.fields.default_tax_code,
        hsn_code=line.hsn_code or (item.hsn_code if item else ""),
    )


def _in_currency(amount: Money | None, currency: str, field: str) -> Money:
    if amount is None:
        return Money.zero(currency)
    if amount.currency != currency:
        raise CurrencyMismatch(field, currency)
    return amount


def _tax_lookup(
    lines: Sequence[LineTerms], settings: MerchantSettings, *, place: str, on: date
) -> Callable[[LineTerms], tuple[TaxPart, ...]]:
    found: dict[str, tuple[TaxPart, ...]] = {}
    for position, line in enumerate(lines):
        if line.tax_code in found:
            continue
        parts = taxes.parts_of(settings.tax_rules, line.tax_code, on=on, place_of_supply=place)
        if parts is None:
            raise TaxCodeUnknown(f"bill.lines[{position}].tax_code", line.tax_code)
        found[line.tax_code] = parts
    return lambda line: found[line.tax_code]
