"""Documents: found ready, or ordered and made by the worker. Nothing is typeset while somebody's request waits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import uuid5

from services.billing.documents.bill import of_bill
from services.billing.documents.credit_note import of_credit_note
from services.billing.documents.edition import fingerprint
from services.billing.documents.receipt import anything_came, of_payment
from services.billing.documents.statement import MOST_ROWS, of_statement
from services.billing.domain.bill import BillState
from services.billing.domain.document import DocumentKey, DocumentKind, Layout, Order, Pdf, StoredDocument
from services.billing.domain.document_errors import DocumentInProgress, NothingReceived
from services.billing.domain.errors import BillLinkNotFound, BillNotFound, BillNotIssued, PaymentNotFound
from services.billing.domain.money_errors import CreditNoteNotFound
from services.billing.links import token_hash
from services.billing.store import documents as store
from services.billing.store.attachments import load_logo
from services.billing.store.bills import load_bill
from services.billing.store.credit_notes import load_credit_note
from services.billing.store.customers import load_customer
from services.billing.store.payments import load_payment
from services.billing.store.persons import find_public_link, merchant_of_bill
from services.billing.usecases import customer_statements, tasks
from services.billing.usecases.bills import found
from services.billing.usecases.settings import settings_of
from services.kit.db import become

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.billing.documents.document import Document
    from services.billing.domain.bill import Bill
    from services.billing.domain.ids import AccountId, BillId, CreditNoteId, CustomerId, MerchantId, PaymentId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.customer_statements import StatementQuery
    from services.billing.usecases.deps import Deps

_LOG = logging.getLogger(__name__)
# After this long an order that nobody has printed is given to the worker once more.
_PATIENCE = timedelta(seconds=30)
# Documents that were not made anew for so long go; whoever asks for one again gets it a second later.
_KEPT = timedelta(days=90)
_SWEPT_AT_ONCE = 1000


class Printer(Protocol):
    """Makes PDF of orders."""

    def print(self, order: Order) -> bytes:
        """The PDF. Raises an error that says why not."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a public link leads to: the PDF, or while it is being made the language to say so in, or nothing."""

    pdf: Pdf | None = None
    locale: str = ""

    @property
    def found(self) -> bool:
        """Whether there is such a bill."""
        return bool(self.locale) or self.pdf is not None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document that somebody wants.

    `made_of` is all that `compose` makes it from, with the settings, which name the logo.
    """

    key: DocumentKey
    made_of: tuple[object, ...]
    compose: Callable[[], Document]


def bill_pdf(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, layout: Layout, locale: str) -> Pdf:
    """An issued bill as it stands now. An empty `locale` is the customer's, else the merchant's.

    Raises BillNotFound, BillNotIssued, DocumentInProgress.
    """
    with deps.db.transaction(merchant=merchant_id) as tx:
        pdf = _bill(tx, merchant_id, bill_id, deps, layout=layout, locale=locale)
    return _ready(pdf)


def receipt_pdf(deps: Deps, merchant_id: MerchantId, payment_id: PaymentId, *, layout: Layout, locale: str) -> Pdf:
    """A receipt for what was received with a payment. Raises PaymentNotFound, NothingReceived, DocumentInProgress."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        pdf = _receipt(tx, merchant_id, payment_id, deps, layout=layout, locale=locale)
    return _ready(pdf)


def own_bill_pdf(deps: Deps, account_id: AccountId, bill_id: BillId, *, locale: str) -> Pdf:
    """One of the person's bills. Raises BillNotFound, DocumentInProgress."""
    with deps.db.transaction(account=account_id) as tx:
        merchant_id = enter(tx, account_id, bill_id)
        pdf = _bill(tx, merchant_id, bill_id, deps, layout=Layout.A4, locale=locale)
    return _ready(pdf)


def own_receipt_pdf(deps: Deps, account_id: AccountId, bill_id: BillId, payment_id: PaymentId, *, locale: str) -> Pdf:
    """A receipt for a payment on one of them. Raises BillNotFound and what `receipt_pdf` does."""
    with deps.db.transaction(account=account_id) as tx:
        merchant_id = enter(tx, account_id, bill_id)
        pdf = _receipt(tx, merchant_id, payment_id, deps, layout=Layout.A4, locale=locale, on=bill_id)
    return _ready(pdf)


def credit_note_pdf(deps: Deps, merchant_id: MerchantId, note_id: CreditNoteId, *, layout: Layout, locale: str) -> Pdf:
    """A credit note. Raises CreditNoteNotFound, DocumentInProgress."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        note = load_credit_note(tx, merchant_id, note_id)
        if note is None:
            raise CreditNoteNotFound
        bill = found(load_bill(tx, merchant_id, note.bill_id, deps.vault))
        settings = settings_of(tx, merchant_id)
        tongue = locale or locale_of(tx, merchant_id, bill, settings, deps)
        wanted = Wanted(
            DocumentKey(DocumentKind.CREDIT_NOTE, note_id, layout, tongue),
            (note, bill.number, bill.issue_date, bill.customer_name, bill.customer_tax_id, settings),
            lambda: of_credit_note(note, bill, settings, layout=layout, locale=tongue),
        )
        pdf = obtain(tx, merchant_id, wanted, deps)
    return _ready(pdf)


def statement_pdf(
    deps: Deps, merchant_id: MerchantId, customer_id: CustomerId, *, query: StatementQuery, layout: Layout, locale: str
) -> Pdf:
    """A customer's account. Raises CustomerNotFound, InvalidRequest if it has too many rows, DocumentInProgress."""
    statement = customer_statements.get_whole(deps, merchant_id, customer_id, query=query, most=MOST_ROWS)
    with deps.db.transaction(merchant=merchant_id) as tx:
        settings = settings_of(tx, merchant_id)
        tongue = locale or statement.customer.fields.locale or settings.fields.locale
        wanted = Wanted(
            # Each part of an account is a document of its own.
            DocumentKey(DocumentKind.STATEMENT, uuid5(customer_id, repr(statement.span)), layout, tongue),
            (statement, settings),
            lambda: of_statement(statement, settings, layout=layout, locale=tongue),
        )
        pdf = obtain(tx, merchant_id, wanted, deps)
    return _ready(pdf)


def public_bill_pdf(deps: Deps, token: str, *, layout: Layout) -> Pdf:
    """The bill behind a public link. Raises BillLinkNotFound, DocumentInProgress."""
    opened = _open(deps, token, layout)
    if not opened.found:
        raise BillLinkNotFound
    return _ready(opened.pdf)


def open_bill_pdf(deps: Deps, token: str) -> Opened:
    """As `public_bill_pdf` on A4, telling what there is instead of refusing."""
    return _open(deps, token, Layout.A4)


def obtain(tx: Connection, merchant_id: MerchantId, wanted: Wanted, deps: Deps) -> Pdf | None:
    """The document if it is ready, else None, and the worker has an order for it."""
    mark = fingerprint(wanted.key, *wanted.made_of)
    stored = store.load_document(tx, merchant_id, wanted.key, deps.vault)
    if stored is not None and stored.fingerprint == mark:
        if stored.printed:
            return Pdf(stored.content, stored.file_name)
        if not stored.ahead and stored.want_time > deps.clock.now() - _PATIENCE:
            return None
    _order(tx, merchant_id, wanted, mark, deps, ahead=False)
    return None


def order_bill(tx: Connection, bill: Bill, settings: MerchantSettings, deps: Deps) -> None:
    """Has a bill that somebody looks at printed before they ask for the paper."""
    wanted = _wanted_bill(bill, settings, Layout.A4, locale_of(tx, bill.merchant_id, bill, settings, deps))
    mark = fingerprint(wanted.key, *wanted.made_of)
    if not store.is_kept(tx, bill.merchant_id, wanted.key, mark):
        _order(tx, bill.merchant_id, wanted, mark, deps, ahead=True)


def linked_bill(tx: Connection, token: str, deps: Deps) -> tuple[Bill, MerchantSettings] | None:
    """The bill behind a public link, and its merchant's settings; from here on `tx` sees that merchant's rows."""
    linked = find_public_link(tx, token_hash(token))
    if linked is None:
        return None
    merchant_id, bill_id = linked
    become(tx, merchant=merchant_id)
    return found(load_bill(tx, merchant_id, bill_id, deps.vault)), settings_of(tx, merchant_id)


def print_document(deps: Deps, merchant_id: MerchantId, key: DocumentKey, *, printer: Printer) -> None:
    """The job: makes the PDF of an order. Idempotent; an order that was replaced meanwhile has a job of its own."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        stored = store.load_document(tx, merchant_id, key, deps.vault)
    if stored is None or stored.printed:
        return
    pdf = printer.print(Order.unpack(stored.content))
    with deps.db.transaction(merchant=merchant_id) as tx:
        store.finish_document(tx, merchant_id, key, fingerprint=stored.fingerprint, pdf=pdf, vault=deps.vault)


def sweep(deps: Deps) -> None:
    """Forgets old documents of all merchants."""
    before = deps.clock.now() - _KEPT
    swept = 0
    while True:
        with deps.db.transaction() as tx:
            gone = store.sweep_documents(tx, before=before, most=_SWEPT_AT_ONCE)
        swept += gone
        if gone < _SWEPT_AT_ONCE:
            break
    if swept:
        _LOG.info("documents swept", extra={"count": swept})


def locale_of(tx: Connection, merchant_id: MerchantId, bill: Bill, settings: MerchantSettings, deps: Deps) -> str:
    """The language that the customer reads, else the merchant's."""
    customer = load_customer(tx, merchant_id, bill.customer_id, deps.vault)
    return (customer.fields.locale if customer else "") or settings.fields.locale


def _open(deps: Deps, token: str, layout: Layout) -> Opened:
    with deps.db.transaction() as tx:
        linked = linked_bill(tx, token, deps)
        if linked is None:
            return Opened()
        bill, settings = linked
        locale = locale_of(tx, bill.merchant_id, bill, settings, deps)
        return Opened(obtain(tx, bill.merchant_id, _wanted_bill(bill, settings, layout, locale), deps), locale)


def _order(tx: Connection, merchant_id: MerchantId, wanted: Wanted, mark: bytes, deps: Deps, *, ahead: bool) -> None:
    """Orders the document of this fingerprint in the place of what was there. `ahead`: nobody waits for it yet."""
    document = wanted.compose()
    logo = load_logo(tx, merchant_id)
    order = StoredDocument(
        fingerprint=mark,
        file_name=document.name,
        printed=False,
        content=document.order(logo.content if logo else b"").pack(),
        ahead=ahead,
        want_time=deps.clock.now(),
    )
    store.keep_document(tx, merchant_id, wanted.key, order, deps.vault)
    tasks.print_document(tx, merchant_id, wanted.key, ahead=ahead)


def _bill(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, deps: Deps, *, layout: Layout, locale: str
) -> Pdf | None:
    bill = found(load_bill(tx, merchant_id, bill_id, deps.vault))
    if bill.state is BillState.DRAFT:
        raise BillNotIssued
    settings = settings_of(tx, merchant_id)
    tongue = locale or locale_of(tx, merchant_id, bill, settings, deps)
    return obtain(tx, merchant_id, _wanted_bill(bill, settings, layout, tongue), deps)


def _receipt(
    tx: Connection,
    merchant_id: MerchantId,
    payment_id: PaymentId,
    deps: Deps,
    *,
    layout: Layout,
    locale: str,
    on: BillId | None = None,
) -> Pdf | None:
    """`on`: the bill that the payment has to be on."""
    payment = load_payment(tx, merchant_id, payment_id)
    if payment is None or on not in {None, payment.bill_id}:
        raise PaymentNotFound
    if not anything_came(payment):
        raise NothingReceived
    bill = found(load_bill(tx, merchant_id, payment.bill_id, deps.vault))
    settings = settings_of(tx, merchant_id)
    tongue = locale or locale_of(tx, merchant_id, bill, settings, deps)
    wanted = Wanted(
        DocumentKey(DocumentKind.RECEIPT, payment_id, layout, tongue),
        (payment, bill.number, bill.customer_name, bill.customer_tax_id, settings),
        lambda: of_payment(payment, bill, settings, layout=layout, locale=tongue),
    )
    return obtain(tx, merchant_id, wanted, deps)


def enter(tx: Connection, account_id: AccountId, bill_id: BillId) -> MerchantId:
    """Who sent the bill; from here on `tx` sees that merchant's rows. Raises BillNotFound if it is not the person's."""
    merchant_id = merchant_of_bill(tx, account_id, bill_id)
    if merchant_id is None:
        raise BillNotFound
    become(tx, merchant=merchant_id, account=account_id)
    return merchant_id


def _wanted_bill(bill: Bill, settings: MerchantSettings, layout: Layout, locale: str) -> Wanted:
    return Wanted(
        DocumentKey(DocumentKind.BILL, bill.id, layout, locale),
        (bill, settings),
        lambda: of_bill(bill, settings, layout=layout, locale=locale),
    )


def _ready(pdf: Pdf | None) -> Pdf:
    """After the order is committed: the PDF, or that it is on its way."""
    if pdf is None:
        raise DocumentInProgress
    return pdf
