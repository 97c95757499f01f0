"""Bills from the side of those who are to pay: a person's list, claims, and the public link."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import grpc
import pytest
from billmesh.billing.v1 import (
    bill_pb2,
    bill_service_pb2,
    my_bill_pb2,
    my_bill_service_pb2,
    my_bill_service_pb2_grpc,
    payment_pb2,
    payment_service_pb2,
    public_bill_service_pb2,
)

from services.billing.domain.notices import PaymentReceived
from services.billing.usecases import tasks
from services.kit.ids import from_text, to_text
from tests.fakes.billing_peers import BENGALURU, HELSINKI
from tests.services.billing.world import (
    at_once,
    cash,
    cheque,
    euros,
    from_credit,
    line,
    new_id,
    refused,
    rupees,
    upi,
)

if TYPE_CHECKING:
    from google.api.httpbody_pb2 import HttpBody
    from google.type import money_pb2

    from tests.services.billing.world import World

_numbers = iter(range(10_000_000, 99_999_999))


def _phone() -> str:
    """A number that no other test uses."""
    return f"+9198{next(_numbers)}"


def _read(stub: my_bill_service_pb2_grpc.MyBillServiceStub, bill_id: str) -> my_bill_pb2.MyBill:
    return stub.GetMyBill(my_bill_service_pb2.GetMyBillRequest(id=bill_id))


def _listed(stub: my_bill_service_pb2_grpc.MyBillServiceStub) -> list[str]:
    return [bill.id for bill in stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest()).bills]


def _claim(
    stub: my_bill_service_pb2_grpc.MyBillServiceStub,
    bill: bill_pb2.Bill,
    leg: payment_pb2.PaymentLeg,
    *,
    request_id: str | None = None,
) -> payment_pb2.Payment:
    request = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=leg, request_id=request_id or new_id())
    return stub.ClaimPayment(request)


def _verify(world: World, payment: payment_pb2.Payment) -> payment_pb2.Payment:
    request = payment_service_pb2.VerifyPaymentRequest(id=payment.id, request_id=new_id())
    return world.payments.VerifyPayment(request)


def _reject(world: World, payment: payment_pb2.Payment, *, request_id: str | None = None) -> payment_pb2.Payment:
    request = payment_service_pb2.RejectPaymentRequest(
        id=payment.id, request_id=request_id or new_id(), reason="Not on the statement"
    )
    return world.payments.RejectPayment(request)


def _transfer(amount: money_pb2.Money) -> payment_pb2.PaymentLeg:
    return payment_pb2.PaymentLeg(amount=amount, bank_transfer=payment_pb2.BankTransferMethod(reference="Rent"))


class _Person:
    """Someone with a verified number and a bill."""

    def __init__(self, world: World) -> None:
        self.account = uuid.uuid4()
        self.phone = _phone()
        self.bill = world.bill(customer=world.customer(phone=self.phone), note="Thanks")
        world.link(self.account, self.phone)
        self.stub = world.person(self.account)


def test_bills_before_and_after_the_number_is_verified(world: World) -> None:
    account, phone = uuid.uuid4(), _phone()
    customer = world.customer(phone=phone)
    stub = world.person(account)
    first = world.bill(customer=customer)
    draft = world.draft(customer=customer)
    assert _listed(stub) == []
    assert world.link(account, phone) == 1
    assert world.link(account, phone) == 1
    second = world.issue(draft)
    neighbour = world.neighbour()
    third = neighbour.bill(customer=neighbour.customer(phone=phone))
    assert sorted(_listed(stub)) == sorted([first.id, second.id, third.id])
    answer = stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest(page_size=2))
    rest = stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest(page_size=2, page_token=answer.next_page_token))
    assert [len(answer.bills), len(rest.bills), rest.next_page_token] == [2, 1, ""]


def test_bills_issued_while_the_number_is_verified_are_all_there(world: World) -> None:
    account, phone = uuid.uuid4(), _phone()
    customer = world.customer(phone=phone)
    drafts = [world.draft(customer=customer) for _ in range(7)]
    stub = world.person(account)
    at_once(8, lambda number: world.issue(drafts[number]) if number < 7 else world.link(account, phone))
    assert sorted(_listed(stub)) == sorted(draft.id for draft in drafts)


def test_a_number_given_to_someone_else_takes_no_bills_along(world: World) -> None:
    person = _Person(world)
    newcomer = uuid.uuid4()
    assert world.link(newcomer, person.phone) == 0
    (customer_id,) = {person.bill.customer_id}
    draft = bill_pb2.Bill(customer_id=customer_id, lines=[line(rupees(1))])
    request = bill_service_pb2.CreateBillRequest(bill=draft, request_id=new_id())
    later = world.issue(world.bills.CreateBill(request))
    assert _listed(person.stub) == [person.bill.id]
    assert _listed(world.person(newcomer)) == [later.id]


def test_a_bill_with_everything_to_pay_it(world: World) -> None:
    world.configure(upi_vpa="asha@okbank")
    person = _Person(world)
    mine = _read(person.stub, person.bill.id)
    assert (mine.number, mine.merchant_name, mine.note) == (person.bill.number, "Asha Stores", "Thanks")
    assert mine.merchant_id == to_text("mer", world.merchant)
    assert mine.totals == person.bill.totals
    assert mine.upi.amount == rupees(118)
    assert "am=118.00" in mine.upi.link
    assert ET.fromstring(mine.upi.qr_svg).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own SVG
    world.pay(person.bill, cash(rupees(18)))
    after = _read(person.stub, person.bill.id)
    assert (after.state, after.outstanding) == (bill_pb2.BILL_STATE_PARTLY_PAID, rupees(100))
    assert "am=100.00" in after.upi.link
    assert after.upi.reference != mine.upi.reference
    assert [payment.amount for payment in after.payments] == [rupees(18)]
    (short,) = person.stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest()).bills
    assert (short.state, short.outstanding, short.total) == (after.state, rupees(100), rupees(118))
    assert not short.lines
    world.pay(person.bill, cash(rupees(100)))
    assert not _read(person.stub, person.bill.id).HasField("upi")
    paid = my_bill_service_pb2.ListMyBillsRequest(states=[bill_pb2.BILL_STATE_ISSUED])
    assert not person.stub.ListMyBills(paid).bills


def test_a_person_sees_what_is_credited_and_refunded(world: World) -> None:
    world.configure(upi_vpa="asha@okbank")
    person = _Person(world)
    payment = world.pay(person.bill, cash(rupees(50)))
    world.credit(person.bill, {1: "0.5"})
    world.refund(payment, rupees(20))
    mine = _read(person.stub, person.bill.id)
    assert (mine.totals.credited, mine.totals.settled, mine.outstanding) == (rupees(59), rupees(30), rupees(29))
    assert (mine.upi.amount, mine.payments[0].legs[0].refunded) == (rupees(29), rupees(20))
    # Who of the staff did it is not theirs to know.
    assert (payment.record_account_id[:4], mine.payments[0].record_account_id) == ("acc_", "")
    (short,) = person.stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest()).bills
    assert (short.state, short.outstanding) == (bill_pb2.BILL_STATE_PARTLY_PAID, rupees(29))
    token = person.bill.public_url.rsplit("/", 1)[-1]
    shown = world.public.GetPublicBill(public_bill_service_pb2.GetPublicBillRequest(token=token))
    assert (shown.totals.credited, shown.upi.amount) == (rupees(59), rupees(29))
    html = world.public.GetBillPage(public_bill_service_pb2.GetBillPageRequest(token=token)).data.decode()
    assert all(text in html for text in ("Credited", "₹59.00", "₹30.00", "₹29.00"))
    # A claim is bounded by what is left, and cheques and credit are the merchant's to enter.
    assert refused(lambda: _claim(person.stub, person.bill, upi(rupees(30)))).reason == "CLAIM_TOO_HIGH"
    for leg in (cheque(rupees(1)), from_credit(rupees(1))):
        assert refused(lambda: _claim(person.stub, person.bill, leg)).reason == "METHOD_NOT_CLAIMABLE"  # noqa: B023 - called at once


def test_a_withdrawn_bill_owes_nothing(world: World) -> None:
    person = _Person(world)
    world.bills.VoidBill(bill_service_pb2.VoidBillRequest(id=person.bill.id, request_id=new_id(), reason="Wrong"))
    (short,) = person.stub.ListMyBills(my_bill_service_pb2.ListMyBillsRequest()).bills
    assert (short.state, short.outstanding) == (bill_pb2.BILL_STATE_VOID, rupees(0))
    assert refused(lambda: _claim(person.stub, person.bill, upi(rupees(1)))).reason == "BILL_VOID"


def test_another_persons_bill_is_no_bill(world: World) -> None:
    person = _Person(world)
    stranger = world.person(uuid.uuid4())
    for bill_id in (person.bill.id, to_text("bill", uuid.UUID(int=1))):
        answer = refused(partial(_read, stranger, bill_id))
        assert (answer.code, answer.reason) == (grpc.StatusCode.NOT_FOUND, "BILL_NOT_FOUND")
        bill = bill_pb2.Bill(id=bill_id)
        assert refused(partial(_claim, stranger, bill, upi(rupees(1)))) == answer


def test_a_claim_settles_once_it_is_verified(world: World) -> None:
    person = _Person(world)
    request_id = new_id()
    claim = _claim(person.stub, person.bill, upi(rupees(100), "512345678901"), request_id=request_id)
    (leg,) = claim.legs
    assert (leg.state, leg.settled) == (payment_pb2.PAYMENT_LEG_STATE_PENDING_VERIFICATION, rupees(0))
    assert leg.outstanding_after == rupees(118)
    assert claim.source == payment_pb2.PAYMENT_SOURCE_CUSTOMER
    assert _claim(person.stub, person.bill, upi(rupees(100), "512345678901"), request_id=request_id) == claim
    assert world.get(person.bill).totals.outstanding == rupees(118)
    pending = world.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(pending=True)).payments
    assert [payment.id for payment in pending] == [claim.id]
    assert world.jobs(tasks.TELL_RECEIPT) == []

    void = bill_service_pb2.VoidBillRequest(id=person.bill.id, request_id=new_id(), reason="x")
    assert refused(lambda: world.bills.VoidBill(void)).reason == "BILL_HAS_PAYMENTS"

    verified = _verify(world, claim)
    (leg,) = verified.legs
    assert leg.state == payment_pb2.PAYMENT_LEG_STATE_VERIFIED
    assert (leg.settled, leg.outstanding_after) == (rupees(100), rupees(18))
    assert verified.bill_state == bill_pb2.BILL_STATE_PARTLY_PAID
    assert world.get(person.bill).totals.outstanding == rupees(18)
    assert _read(person.stub, person.bill.id).outstanding == rupees(18)
    assert world.trial_balance()["MONEY:UPI"] == 10000
    world.work(tasks.TELL_RECEIPT)
    told = world.messenger.said(PaymentReceived)
    assert [(one.amount.minor, one.outstanding.minor) for one in told] == [(10000, 1800)]
    assert world.messenger.addresses(PaymentReceived) == [person.phone]
    assert not world.payments.ListPayments(payment_service_pb2.ListPaymentsRequest(pending=True)).payments


def test_a_rejected_claim_frees_its_utr(world: World) -> None:
    person = _Person(world)
    claim = _claim(person.stub, person.bill, upi(rupees(118), "612345678901"))
    request_id = new_id()
    rejected = _reject(world, claim, request_id=request_id)
    assert rejected.legs[0].state == payment_pb2.PAYMENT_LEG_STATE_REJECTED
    assert _reject(world, claim, request_id=request_id) == rejected
    (seen,) = _read(person.stub, person.bill.id).payments
    assert seen.legs[0].reject_reason == "Not on the statement"
    for call in (_verify, _reject):
        assert refused(partial(call, world, claim)).reason == "PAYMENT_STATE_WRONG"
    assert world.pay(person.bill, upi(rupees(118), "612345678901")).bill_state == bill_pb2.BILL_STATE_PAID


def test_a_claim_that_meets_a_payment_becomes_credit(world: World) -> None:
    person = _Person(world)
    claim = _claim(person.stub, person.bill, upi(rupees(118), "712345678901"))
    world.pay(person.bill, cash(rupees(100)))
    verified = _verify(world, claim)
    assert (verified.legs[0].settled, verified.legs[0].credited) == (rupees(18), rupees(100))
    assert world.get(person.bill).state == bill_pb2.BILL_STATE_PAID
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -10000


def test_claims_together_are_not_above_what_is_outstanding(world: World) -> None:
    person = _Person(world)
    _claim(person.stub, person.bill, upi(rupees(100), "812345678901"))
    answer = refused(lambda: _claim(person.stub, person.bill, upi(rupees(19), "812345678902")))
    assert (answer.code, answer.reason, answer.fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "CLAIM_TOO_HIGH",
        ("leg.amount",),
    )
    answers = at_once(5, lambda number: _claim(person.stub, person.bill, upi(rupees(18), f"91234567890{number}")))
    assert sum(isinstance(answer, payment_pb2.Payment) for answer in answers) == 1


@pytest.mark.parametrize(
    ("leg", "reason", "field"),
    [
        (cash(rupees(1)), "METHOD_NOT_CLAIMABLE", "leg.cash"),
        (upi(rupees(0)), "INVALID_REQUEST", "leg.amount"),
        (upi(euros(1)), "INVALID_REQUEST", "leg.upi"),
        (_transfer(euros(1)), "CURRENCY_MISMATCH", "leg.amount"),
    ],
)
def test_a_broken_claim_names_the_field(world: World, leg: payment_pb2.PaymentLeg, reason: str, field: str) -> None:
    person = _Person(world)
    answer = refused(lambda: _claim(person.stub, person.bill, leg))
    assert (answer.code, answer.reason, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, reason, (field,))


def test_a_utr_of_someone_else_tells_nothing_about_them(world: World) -> None:
    person, other = _Person(world), _Person(world)
    _claim(other.stub, other.bill, upi(rupees(1), "999345678901"))
    answer = refused(lambda: _claim(person.stub, person.bill, upi(rupees(1), "999345678901")))
    assert (answer.reason, answer.metadata, answer.fields) == ("UTR_EXISTS", {}, ("leg.upi.utr",))


def test_a_paid_bill_needs_no_claim(world: World) -> None:
    person = _Person(world)
    world.pay(person.bill, cash(rupees(118)))
    assert refused(lambda: _claim(person.stub, person.bill, upi(rupees(1)))).reason == "BILL_PAID"


def _token(bill: bill_pb2.Bill) -> str:
    return bill.public_url.rpartition("/")[2]


def _page(world: World, token: str) -> tuple[HttpBody, dict[str, str]]:
    body, call = world.public.GetBillPage.with_call(public_bill_service_pb2.GetBillPageRequest(token=token))
    return body, {key: str(value) for key, value in call.initial_metadata()}


def test_the_link_opens_the_bill_as_it_is_now(world: World) -> None:
    world.configure(upi_vpa="asha@okbank", tax_id="29AABCT1332L1ZA")
    bill = world.bill(customer=world.customer(phone=_phone()), note="Thanks")
    token = _token(bill)
    assert re.fullmatch("[a-z2-7]{26}", token)
    request = public_bill_service_pb2.GetPublicBillRequest(token=token)
    shown = world.public.GetPublicBill(request)
    assert (shown.number, shown.merchant_name, shown.customer_name) == (bill.number, "Asha Stores", "Ravi Kumar")
    assert shown.merchant_tax_id == "29AABCT1332L1ZA"
    assert shown.upi.amount == rupees(118)
    world.pay(bill, cash(rupees(100)))
    again = world.public.GetPublicBill(request)
    assert (again.totals.outstanding, again.upi.amount) == (rupees(18), rupees(18))
    assert again.upi.reference != shown.upi.reference
    # The token itself is not in the database.
    rows = world.query(
        "SELECT encode(token_hash, 'hex') FROM billing.public_links WHERE merchant_id = %s", str(world.merchant)
    )
    assert token not in str(rows)


@pytest.mark.parametrize("token", ["a" * 26, "x", "%27%20OR%201=1"])
def test_an_unknown_link_is_a_page_with_status_404(world: World, token: str) -> None:
    request = public_bill_service_pb2.GetPublicBillRequest(token=token)
    answer = refused(lambda: world.public.GetPublicBill(request))
    assert (answer.code, answer.reason) == (grpc.StatusCode.NOT_FOUND, "BILL_LINK_NOT_FOUND")
    body, metadata = _page(world, token)
    assert metadata["x-http-status"] == "404"
    assert b"There is no such bill" in body.data
    assert '<section lang="hi">\n<h2>ऐसा कोई बिल नहीं है</h2>' in body.data.decode()


def test_the_page_is_self_contained_and_escapes(world: World) -> None:
    world.configure(upi_vpa="asha@okbank", business_name="<script>alert(1)</script> & Sons")
    customer = world.customer(display_name='"><img src=x onerror=alert(1)>')
    bill = world.bill(line(rupees(100000)), customer=customer, note="</p><b>bold</b>")
    body, metadata = _page(world, _token(bill))
    html = body.data.decode()
    assert body.content_type == "text/html; charset=utf-8"
    assert "x-http-status" not in metadata
    assert metadata["cache-control"] == "no-store"
    assert metadata["x-robots-tag"] == "noindex, nofollow"
    policy = metadata["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    assert " style=" not in html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert "₹1,18,000.00" in html
    assert html.count("<svg") == 1
    assert 'href="upi://pay?pa=asha@okbank&amp;pn=' in html
    assert not re.search(r'(src|href)="(?!upi:|/b/[a-z2-7]{26}/pdf")', html)
    world.pay(bill, cash(rupees(118000)))
    paid = _page(world, _token(bill))[0].data.decode()
    assert "Paid. Thank you!" in paid
    assert "<svg" not in paid


def test_the_page_speaks_the_merchants_language(world: World) -> None:
    world.merchants.profiles[world.merchant] = HELSINKI
    bill = world.bill(line(euros(1000), tax_code="VAT_STANDARD"))
    html = _page(world, _token(bill))[0].data.decode()
    assert '<html lang="fi">' in html
    assert "Eräpäivä" in html
    assert "1\u00a0255,00\u00a0€" in html
    world.configure(locale="sv-FI")
    html = _page(world, _token(bill))[0].data.decode()
    assert '<html lang="en">' in html


def test_a_test_tenants_bill_is_in_nobodys_list(world: World) -> None:
    world.merchants.profiles[world.merchant] = replace(BENGALURU, is_test=True)
    phone, account = _phone(), uuid.uuid4()
    world.link(account, phone)
    bill = world.bill(line(rupees(100)), customer=world.customer(phone=phone))

    assert _listed(world.person(account)) == []
    assert refused(partial(_read, world.person(account), bill.id)).reason == "BILL_NOT_FOUND"
    # The message is asked for all the same: notification keeps it, and sends nothing.
    assert [job["bill_id"] for job in world.jobs(tasks.TELL_BILL)] == [str(from_text("bill", bill.id))]
