"""What a test of billing works with: the service, who calls it, and short ways to make what a test needs."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import pytest
from billmesh.billing.v1 import (
    bank_statement_service_pb2_grpc,
    bill_pb2,
    bill_service_pb2,
    bill_service_pb2_grpc,
    credit_note_pb2,
    credit_note_service_pb2,
    credit_note_service_pb2_grpc,
    customer_pb2,
    customer_service_pb2,
    customer_service_pb2_grpc,
    ledger_service_pb2_grpc,
    my_bill_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    payment_service_pb2_grpc,
    person_link_service_pb2,
    person_link_service_pb2_grpc,
    public_bill_service_pb2_grpc,
    refund_pb2,
    refund_service_pb2,
    refund_service_pb2_grpc,
    settings_pb2,
    settings_service_pb2,
    settings_service_pb2_grpc,
)
from google.type import date_pb2, decimal_pb2, money_pb2

from services.billing.domain.drafting import ItemForSale
from services.billing.domain.ids import ItemId, MerchantId
from services.kit.ids import from_text, to_text
from services.kit.money import Money
from tests.harness import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg2.extensions import connection

    from services.billing.usecases.deps import Deps
    from tests.fakes.billing_peers import FakeInventory, FakeMerchants, FakeMessenger
    from tests.fakes.clock import FixedClock
    from tests.harness import Harness, Refusal

T = TypeVar("T")

SCOPES = (
    "bills:read",
    "bills:write",
    "customers:read",
    "customers:write",
    "payments:read",
    "payments:write",
    "reports:read",
    "settings:read",
    "settings:write",
)


_METHODS = frozenset(("upi", "card", "cash", "bank_transfer", "cheque", "customer_credit"))


def new_id() -> str:
    """A fresh request id."""
    return str(uuid.uuid4())


def rupees(amount: int, paise: int = 0) -> money_pb2.Money:
    """An amount of INR."""
    return money_pb2.Money(currency_code="INR", units=amount, nanos=paise * 10_000_000)


def euros(amount: int, cents: int = 0) -> money_pb2.Money:
    """An amount of EUR."""
    return money_pb2.Money(currency_code="EUR", units=amount, nanos=cents * 10_000_000)


def line(price: money_pb2.Money, quantity: str = "1", *, tax_code: str = "GST18", **more: Any) -> bill_pb2.BillLine:
    """A free line."""
    return bill_pb2.BillLine(
        description="Rice",
        quantity=decimal_pb2.Decimal(value=quantity),
        unit_price=price,
        tax_code=tax_code,
        **more,
    )


def upi(amount: money_pb2.Money, utr: str = "412345678901") -> payment_pb2.PaymentLeg:
    """A leg by UPI."""
    return payment_pb2.PaymentLeg(amount=amount, upi=payment_pb2.UpiMethod(utr=utr))


def card(amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
    """A leg by card."""
    method = payment_pb2.CardMethod(last_four="4242", approval_code="A1B2C3")
    return payment_pb2.PaymentLeg(amount=amount, card=method)


def cash(amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
    """A leg in cash."""
    return payment_pb2.PaymentLeg(amount=amount, cash=payment_pb2.CashMethod())


def cheque(amount: money_pb2.Money, number: str = "000123", *, cleared: bool = False) -> payment_pb2.PaymentLeg:
    """A leg by cheque, of the first of June 2026."""
    method = payment_pb2.ChequeMethod(
        number=number,
        bank_name="State Bank of India",
        cheque_date=date_pb2.Date(year=2026, month=6, day=1),
        cleared=cleared,
    )
    return payment_pb2.PaymentLeg(amount=amount, cheque=method)


def from_credit(amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
    """A leg out of the customer's credit."""
    return payment_pb2.PaymentLeg(amount=amount, customer_credit=payment_pb2.CustomerCreditMethod())


def refused(call: Callable[[], object]) -> Refusal:
    """What the call is refused with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return refusal(caught.value)


def at_once(count: int, call: Callable[[int], T]) -> list[T | Refusal]:
    """What so many calls get that are made in parallel, each with its number."""
    ready = threading.Barrier(count)

    def one(number: int) -> T | Refusal:
        ready.wait()
        try:
            return call(number)
        except grpc.RpcError as error:
            return refusal(error)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@dataclass
class World:
    """The service under test and a merchant who uses it."""

    harness: Harness
    deps: Deps
    clock: FixedClock
    inventory: FakeInventory
    merchants: FakeMerchants
    messenger: FakeMessenger
    tasks: Mapping[str, Callable[..., None]]
    superuser: connection
    merchant: MerchantId = field(default_factory=lambda: MerchantId(uuid.uuid4()))

    @cached_property
    def bills(self) -> bill_service_pb2_grpc.BillServiceStub:
        """The merchant's staff at BillService."""
        return bill_service_pb2_grpc.BillServiceStub(self.staff(self.merchant))

    @cached_property
    def customers(self) -> customer_service_pb2_grpc.CustomerServiceStub:
        """The same at CustomerService."""
        return customer_service_pb2_grpc.CustomerServiceStub(self.staff(self.merchant))

    @cached_property
    def payments(self) -> payment_service_pb2_grpc.PaymentServiceStub:
        """The same at PaymentService."""
        return payment_service_pb2_grpc.PaymentServiceStub(self.staff(self.merchant))

    @cached_property
    def refunds(self) -> refund_service_pb2_grpc.RefundServiceStub:
        """The same at RefundService."""
        return refund_service_pb2_grpc.RefundServiceStub(self.staff(self.merchant))

    @cached_property
    def credit_notes(self) -> credit_note_service_pb2_grpc.CreditNoteServiceStub:
        """The same at CreditNoteService."""
        return credit_note_service_pb2_grpc.CreditNoteServiceStub(self.staff(self.merchant))

    @cached_property
    def statements(self) -> bank_statement_service_pb2_grpc.BankStatementServiceStub:
        """The same at BankStatementService."""
        return bank_statement_service_pb2_grpc.BankStatementServiceStub(self.staff(self.merchant))

    @cached_property
    def settings(self) -> settings_service_pb2_grpc.SettingsServiceStub:
        """The same at SettingsService."""
        return settings_service_pb2_grpc.SettingsServiceStub(self.staff(self.merchant))

    @cached_property
    def ledger(self) -> ledger_service_pb2_grpc.LedgerServiceStub:
        """The same at LedgerService."""
        return ledger_service_pb2_grpc.LedgerServiceStub(self.staff(self.merchant))

    @cached_property
    def public(self) -> public_bill_service_pb2_grpc.PublicBillServiceStub:
        """Anyone at PublicBillService."""
        return public_bill_service_pb2_grpc.PublicBillServiceStub(self.harness.anonymous())

    def neighbour(self) -> World:
        """Another merchant, at the same service."""
        return replace(self, merchant=MerchantId(uuid.uuid4()))

    def staff(self, merchant: MerchantId) -> grpc.Channel:
        """A channel of a merchant's staff."""
        return self.harness.as_merchant(merchant, account=uuid.uuid4(), scopes=SCOPES)

    def person(self, account: uuid.UUID) -> my_bill_service_pb2_grpc.MyBillServiceStub:
        """A person at MyBillService."""
        return my_bill_service_pb2_grpc.MyBillServiceStub(self.harness.as_person(account, scopes=["bills:own"]))

    def link(self, account: uuid.UUID, phone: str) -> int:
        """Auth tells that a person has verified a number."""
        stub = person_link_service_pb2_grpc.PersonLinkServiceStub(self.harness.as_mesh("auth"))
        request = person_link_service_pb2.LinkPhoneRequest(account_id=to_text("acc", account), phone=phone)
        count: int = stub.LinkPhone(request).bill_count
        return count

    def customer(self, **fields: Any) -> customer_pb2.Customer:
        """A new customer; without telephone number unless given."""
        customer = customer_pb2.Customer(**({"display_name": "Ravi Kumar"} | fields))
        request = customer_service_pb2.CreateCustomerRequest(customer=customer, request_id=new_id())
        return self.customers.CreateCustomer(request)

    def draft(
        self, *lines: bill_pb2.BillLine, customer: customer_pb2.Customer | None = None, **fields: Any
    ) -> bill_pb2.Bill:
        """A new draft; 118.00 INR unless lines are given."""
        bill = bill_pb2.Bill(
            customer_id=(customer or self.customer()).id, lines=lines or (line(rupees(100)),), **fields
        )
        return self.bills.CreateBill(bill_service_pb2.CreateBillRequest(bill=bill, request_id=new_id()))

    def issue(self, bill: bill_pb2.Bill, *, request_id: str | None = None) -> bill_pb2.Bill:
        """Issues a draft."""
        request = bill_service_pb2.IssueBillRequest(id=bill.id, request_id=request_id or new_id())
        return self.bills.IssueBill(request)

    def bill(self, *lines: bill_pb2.BillLine, **fields: Any) -> bill_pb2.Bill:
        """An issued bill."""
        return self.issue(self.draft(*lines, **fields))

    def get(self, bill: bill_pb2.Bill) -> bill_pb2.Bill:
        """The bill as it stands now."""
        return self.bills.GetBill(bill_service_pb2.GetBillRequest(id=bill.id))

    def pay(
        self, bill: bill_pb2.Bill, *legs: payment_pb2.PaymentLeg, request_id: str | None = None
    ) -> payment_pb2.Payment:
        """Records a payment."""
        request = payment_service_pb2.RecordPaymentRequest(
            bill_id=bill.id, payment=payment_pb2.Payment(legs=legs), request_id=request_id or new_id()
        )
        return self.payments.RecordPayment(request)

    def refund(
        self, payment: payment_pb2.Payment, amount: money_pb2.Money, *, leg: int = 0, **more: Any
    ) -> refund_pb2.Refund:
        """Gives back money of a leg, in cash unless another method is given."""
        fields: dict[str, Any] = {
            "id": payment.id,
            "leg_id": payment.legs[leg].id,
            "amount": amount,
            "reason": "Came back",
            "request_id": new_id(),
        }
        if not more.keys() & _METHODS:
            fields["cash"] = payment_pb2.CashMethod()
        return self.refunds.RefundPayment(refund_service_pb2.RefundPaymentRequest(**(fields | more)))

    def refund_credit(
        self, customer: customer_pb2.Customer, amount: money_pb2.Money, *, request_id: str | None = None
    ) -> refund_pb2.Refund:
        """Pays out credit in cash."""
        request = refund_service_pb2.RefundCreditRequest(
            id=customer.id,
            amount=amount,
            cash=payment_pb2.CashMethod(),
            reason="Asked for it",
            request_id=request_id or new_id(),
        )
        return self.refunds.RefundCredit(request)

    def credit(
        self, bill: bill_pb2.Bill, lines: Mapping[int, str] | None = None, *, request_id: str | None = None, **more: Any
    ) -> credit_note_pb2.CreditNote:
        """Takes back quantities of lines, by their position from 1; without lines everything."""
        fields: dict[str, Any] = {"everything": lines is None, "reason": "Came back"}
        note = credit_note_pb2.CreditNote(
            lines=[
                credit_note_pb2.CreditNoteLine(bill_line=number, quantity=decimal_pb2.Decimal(value=quantity))
                for number, quantity in (lines or {}).items()
            ],
            **(fields | more),
        )
        request = credit_note_service_pb2.CreateCreditNoteRequest(
            bill_id=bill.id, credit_note=note, request_id=request_id or new_id()
        )
        return self.credit_notes.CreateCreditNote(request)

    def credit_of(self, customer: customer_pb2.Customer) -> int:
        """The customer's credit in paise, by the ledger."""
        ((credit,),) = self.query(
            """
            SELECT coalesce(-sum(p.amount_minor), 0)::bigint FROM billing.ledger_accounts a
            JOIN billing.ledger_postings p ON p.merchant_id = a.merchant_id AND p.account_id = a.id
            WHERE a.merchant_id = %s AND a.code = 'CUSTOMER_CREDIT' AND a.party_id = %s
            """,
            str(self.merchant),
            str(from_text("cus", customer.id)),
        )
        return int(credit)

    def configure(self, **fields: Any) -> settings_pb2.Settings:
        """Changes settings."""
        request = settings_service_pb2.UpdateSettingsRequest(settings=settings_pb2.Settings(**fields))
        return self.settings.UpdateSettings(request)

    def shelve(self, *, left: str, price: int = 10_000, includes: bool = True) -> str:
        """Puts an item into the stock; its id."""
        item_id = ItemId(self.deps.ids.new())
        item = ItemForSale(
            name="Basmati 1 kg",
            unit_code="EA",
            unit_price=Money(price, "INR"),
            price_includes_tax=includes,
            tax_code="GST5",
            hsn_code="1006",
        )
        self.inventory.add(item_id, item, left=left)
        return to_text("item", item_id)

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Looks behind the scenes, past row-level security."""
        with self.superuser.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def query_by_name(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """As `query`, with parameters that have names."""
        with self.superuser.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def jobs(self, task: str) -> list[dict[str, str]]:
        """Arguments of this merchant's jobs of a kind, the oldest first."""
        rows = self.query(
            """
            SELECT args FROM billing.procrastinate_jobs
            WHERE task_name = %s AND args->>'merchant_id' = %s ORDER BY id
            """,
            task,
            str(self.merchant),
        )
        return [json.loads(args) if isinstance(args, str) else args for (args,) in rows]

    def work(self, task: str) -> None:
        """Does this merchant's jobs of a kind, as the worker would."""
        for arguments in self.jobs(task):
            self.tasks[task](**arguments)

    def trial_balance(self) -> dict[str, int]:
        """This merchant's accounts by code, in minor units; what is zero is left out."""
        rows = self.query(
            """
            SELECT a.code, sum(p.amount_minor)::bigint FROM billing.ledger_postings p
            JOIN billing.ledger_accounts a ON a.merchant_id = p.merchant_id AND a.id = p.account_id
            WHERE p.merchant_id = %s GROUP BY a.code HAVING sum(p.amount_minor) <> 0
            """,
            str(self.merchant),
        )
        return dict(rows)
