"""Bank statements: taken in once, matched, accepted, dismissed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from billmesh.billing.v1 import (
    bank_statement_pb2,
    bill_pb2,
    customer_service_pb2,
    my_bill_service_pb2,
    payment_pb2,
    payment_service_pb2,
)
from billmesh.billing.v1 import bank_statement_service_pb2 as pb
from google.api import httpbody_pb2
from google.type import date_pb2, money_pb2

from services.kit.ids import to_text
from tests.harness import Refusal
from tests.services.billing.world import at_once, card, cash, line, new_id, refused, rupees, upi

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.billing.world import World

_OPEN = bank_statement_pb2.BANK_STATEMENT_LINE_STATE_OPEN
_MATCHED = bank_statement_pb2.BANK_STATEMENT_LINE_STATE_MATCHED
_DISMISSED = bank_statement_pb2.BANK_STATEMENT_LINE_STATE_DISMISSED
_CERTAIN = bank_statement_pb2.MATCH_CONFIDENCE_CERTAIN


def _day(world: World) -> str:
    return world.clock.now().strftime("%d/%m/%Y")


def _file(*rows: str) -> bytes:
    return "\n".join(["Date,Narration,Ref No,Withdrawal,Deposit", *rows]).encode()


def _request(content: bytes, **fields: object) -> pb.ImportBankStatementRequest:
    fields = {"account": "HDFC 1234", "request_id": new_id()} | fields
    return pb.ImportBankStatementRequest(file=httpbody_pb2.HttpBody(data=content), **fields)  # type: ignore[arg-type]


def _import(world: World, *rows: str, **fields: object) -> pb.ImportBankStatementResponse:
    return world.statements.ImportBankStatement(_request(_file(*rows), **fields))


def _lines(world: World, **fields: object) -> list[bank_statement_pb2.BankStatementLine]:
    request = pb.ListStatementLinesRequest(**fields)  # type: ignore[arg-type]
    return list(world.statements.ListStatementLines(request).bank_statement_lines)


def _one(world: World, narration: str, amount: str, reference: str = "") -> bank_statement_pb2.BankStatementLine:
    """The only line of a new statement, of money that came in today."""
    imported = _import(world, f"{_day(world)},{narration},{reference},,{amount}")
    (found,) = _lines(world, statement_id=imported.bank_statement.id)
    return found


def _proposals(world: World) -> list[bank_statement_pb2.MatchProposal]:
    return list(world.statements.ListMatches(pb.ListMatchesRequest()).matches[0].proposals)


def _accept(world: World, line_id: str, **what: str) -> bank_statement_pb2.BankStatementLine:
    """Of a bill, by `bill_id`, or of a leg, by `payment_id` and `leg_id`."""
    target: dict[str, Any] = what if "bill_id" in what else {"leg": pb.ProvedLeg(**what)}
    return world.statements.AcceptMatch(pb.AcceptMatchRequest(id=line_id, request_id=new_id(), **target))


def _dismiss(world: World, line_id: str, reason: str = "Rent") -> bank_statement_pb2.BankStatementLine:
    return world.statements.DismissLine(pb.DismissLineRequest(id=line_id, reason=reason, request_id=new_id()))


def _claim(world: World, amount: money_pb2.Money, utr: str) -> tuple[bill_pb2.Bill, payment_pb2.Payment]:
    """What a customer says to have paid."""
    account, phone = uuid.uuid4(), f"+9198{uuid.uuid4().int % 10**8:08d}"
    bill = world.bill(customer=world.customer(phone=phone))
    world.link(account, phone)
    request = my_bill_service_pb2.ClaimPaymentRequest(id=bill.id, leg=upi(amount, utr), request_id=new_id())
    return bill, world.person(account).ClaimPayment(request)


def test_an_import(world: World) -> None:
    imported = _import(
        world,
        "01/06/2026,UPI-RAVI KUMAR-412345678901,0000412345678901,,118.00",
        "02/06/2026,ATM WDL,,500.00,",
        "Total,,,500.00,118.00",
    )
    statement = imported.bank_statement
    assert (statement.account, statement.currency_code) == ("HDFC 1234", "INR")
    assert (statement.line_count, statement.new_line_count, imported.passed_over_count) == (2, 2, 1)
    assert (statement.first_date.day, statement.last_date.day) == (1, 2)
    assert statement.create_account_id.startswith("acc_")
    assert (imported.columns.debit, imported.columns.reference) == ("Withdrawal", "Ref No")
    out, into = _lines(world)
    assert (out.amount, into.amount) == (rupees(-500), rupees(118))
    assert (into.row, into.reference, into.state) == (2, "0000412345678901", _OPEN)
    assert into.booking_date == date_pb2.Date(year=2026, month=6, day=1)
    assert list(world.statements.ListBankStatements(pb.ListBankStatementsRequest()).bank_statements) == [statement]
    # What the bank says about people is sealed.
    rows = world.query(
        "SELECT description FROM billing.bank_statement_lines WHERE merchant_id = %s", str(world.merchant)
    )
    assert all(b"RAVI" not in bytes(blob) for (blob,) in rows)
    (event,) = [
        job["event"]
        for job in _events(world)
        if job["event"]["action"] == "bank_statement.imported"  # type: ignore[index]
    ]
    assert (event["target_id"], event["details"]) == (statement.id, {"lines": "2"})  # type: ignore[index]


def _events(world: World) -> list[dict[str, object]]:
    rows = world.query(
        "SELECT args FROM billing.procrastinate_jobs WHERE args->'event'->>'merchant_id' = %s ORDER BY id",
        to_text("mer", world.merchant),
    )
    return [args for (args,) in rows]


def test_faults_are_all_told_and_nothing_is_taken_in(world: World) -> None:
    request = _request(_file("01/06/2026,x,,,118.00", "32/06/2026,x,,,1", "02/06/2026,x,,1,1", "02/06/2026,x,,,abc"))
    answer = world.statements.ImportBankStatement(request)
    assert [(fault.row, fault.column) for fault in answer.faults] == [(3, "Date"), (4, ""), (5, "Deposit")]
    assert (answer.fault_count, answer.HasField("bank_statement")) == (3, False)
    assert not _lines(world)
    # The mended file comes under the same id.
    request.file.data = _file("01/06/2026,x,,,118.00")
    assert world.statements.ImportBankStatement(request).bank_statement.new_line_count == 1


@pytest.mark.parametrize(
    ("content", "fields", "named"),
    [
        (b"", {}, "file"),
        pytest.param(b"x" * (3 * 1024 * 1024 + 1), {}, "file", id="too large"),
        (b"hello", {}, "file"),
        (b"Date,Amount\n01/06/2026,1", {"currency_code": "XXX"}, "currency_code"),
        (b"Date,Amount\n01/06/2026,1", {"account": "\n"}, "account"),
        (b"Date,Amount\n01/06/2026,1", {"date_order": 9}, "date_order"),
        (b"Date,Amount\n01/06/2026,1", {"request_id": "x"}, "request_id"),
        (b"Date,Amount\n1,1", {"columns": bank_statement_pb2.BankStatementColumns(date="x" * 101)}, "columns.date"),
    ],
)
def test_what_is_refused_names_the_field(world: World, content: bytes, fields: dict[str, object], named: str) -> None:
    answer = refused(lambda: world.statements.ImportBankStatement(_request(content, **fields)))
    assert (answer.code, answer.fields) == (grpc.StatusCode.INVALID_ARGUMENT, (named,))


def test_the_same_line_is_taken_in_once(world: World) -> None:
    rows = ("01/06/2026,Cash deposit,,,50.00", "01/06/2026,Cash deposit,,,50.00", "02/06/2026,UPI,,,118.00")
    assert _import(world, *rows).bank_statement.new_line_count == 3
    again = _import(world, *rows).bank_statement
    assert (again.line_count, again.new_line_count) == (3, 0)
    # The next file overlaps; a third deposit is a third.
    more = _import(world, "01/06/2026,Cash deposit,,,50.00", *rows, "03/06/2026,UPI,,,118.00").bank_statement
    assert (more.line_count, more.new_line_count) == (5, 2)
    assert _import(world, *rows, account="ICICI").bank_statement.new_line_count == 3
    neighbour = world.neighbour()
    assert _import(neighbour, *rows).bank_statement.new_line_count == 3


def test_one_file_at_once_is_taken_in_once(world: World) -> None:
    rows = [f"01/06/2026,UPI {number},,,118.00" for number in range(50)]
    stub = world.statements
    answers = at_once(5, lambda _: stub.ImportBankStatement(_request(_file(*rows))))
    counts = [answer.bank_statement.new_line_count for answer in answers if not isinstance(answer, Refusal)]
    assert (len(counts), sorted(counts)) == (5, [0, 0, 0, 0, 50])
    request = _request(_file("02/06/2026,x,,,1"))
    assert stub.ImportBankStatement(request) == stub.ImportBankStatement(request)


def test_lists_page_and_filter(world: World) -> None:
    first = _import(world, *(f"0{day}/06/2026,x,,,{amount}" for day in (1, 2) for amount in (5, 6, 7))).bank_statement
    other = _import(world, "01/06/2026,y,,3,").bank_statement
    found: list[bank_statement_pb2.BankStatementLine] = []
    token = ""
    while True:
        request = pb.ListStatementLinesRequest(page_size=2, page_token=token)
        answer = world.statements.ListStatementLines(request)
        found += answer.bank_statement_lines
        token = answer.next_page_token
        if not token:
            break
    assert len({each.id for each in found}) == 7
    days = [each.booking_date.day for each in found]
    assert days == sorted(days, reverse=True)
    assert {each.statement_id for each in _lines(world, statement_id=first.id)} == {first.id}
    (out,) = _lines(world, statement_id=other.id)
    _dismiss(world, out.id)
    assert [each.id for each in _lines(world, state=_DISMISSED)] == [out.id]
    assert len(_lines(world, state=_OPEN)) == 6
    assert len(world.statements.ListMatches(pb.ListMatchesRequest()).matches) == 6
    pages = world.statements.ListBankStatements(pb.ListBankStatementsRequest(page_size=1))
    rest = world.statements.ListBankStatements(
        pb.ListBankStatementsRequest(page_size=1, page_token=pages.next_page_token)
    )
    assert {each.id for each in (*pages.bank_statements, *rest.bank_statements)} == {first.id, other.id}
    broken = pb.ListStatementLinesRequest(page_token=pages.next_page_token)
    assert refused(lambda: world.statements.ListStatementLines(broken)).reason == "PAGE_TOKEN_INVALID"


def test_a_claim_is_proved(world: World) -> None:
    bill, claim = _claim(world, rupees(118), "412345678901")
    found = _one(world, "UPI-RAVI KUMAR-412345678901-PAY", "118.00", "0000412345678901")
    (proposal,) = _proposals(world)
    assert (proposal.payment_id, proposal.leg_id) == (claim.id, claim.legs[0].id)
    assert (proposal.confidence, proposal.bill_number) == (_CERTAIN, bill.number)
    assert bank_statement_pb2.MATCH_REASON_REFERENCE_EQUAL in proposal.reasons
    request = pb.AcceptMatchRequest(
        id=found.id, leg=pb.ProvedLeg(payment_id=claim.id, leg_id=claim.legs[0].id), request_id=new_id()
    )
    matched = world.statements.AcceptMatch(request)
    assert (matched.state, matched.bill_id, matched.payment_id) == (_MATCHED, bill.id, claim.id)
    assert matched.settle_account_id.startswith("acc_")
    assert world.statements.AcceptMatch(request) == matched
    now = world.get(bill)
    assert (now.state, now.totals.outstanding) == (bill_pb2.BILL_STATE_PAID, rupees(0))
    assert world.trial_balance()["MONEY:UPI"] == 11800
    assert not world.statements.ListMatches(pb.ListMatchesRequest()).matches
    actions = {job["event"]["action"] for job in _events(world)}  # type: ignore[index]
    assert {"payment.verified", "bank_statement_line.matched"} <= actions
    again = refused(lambda: _accept(world, found.id, bill_id=bill.id))
    assert (again.reason, again.metadata) == ("STATEMENT_LINE_STATE_WRONG", {"state": "MATCHED"})
    assert refused(lambda: _dismiss(world, found.id)).reason == "STATEMENT_LINE_STATE_WRONG"


def test_what_the_merchant_recorded_is_proved_and_settles_nothing_more(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, upi(rupees(118), "412345678901"))
    found = _one(world, "UPI/412345678901", "118.00")
    matched = _accept(world, found.id, payment_id=payment.id, leg_id=payment.legs[0].id)
    assert matched.payment_id == payment.id
    assert world.trial_balance()["MONEY:UPI"] == 11800
    # One that was verified by hand is only linked.
    other = world.pay(world.bill(), upi(rupees(118), "412345678902"))
    world.payments.VerifyPayment(payment_service_pb2.VerifyPaymentRequest(id=other.id, request_id=new_id()))
    linked = _one(world, "UPI/412345678902", "118.00")
    assert _accept(world, linked.id, payment_id=other.id, leg_id=other.legs[0].id).state == _MATCHED


def test_a_line_pays_a_bill(world: World) -> None:
    customer = world.customer(display_name="Ravi Kumar")
    bill = world.bill(customer=customer)
    found = _one(world, "NEFT-AXISN26005123456-RAVI KUMAR", "150.00")
    matched = _accept(world, found.id, bill_id=bill.id)
    (payment,) = world.query(
        "SELECT id, bank_reference FROM billing.payment_legs WHERE merchant_id = %s", str(world.merchant)
    )
    assert payment[1] == "AXISN26005123456"
    assert matched.leg_id == to_text("leg", uuid.UUID(str(payment[0])))
    assert world.trial_balance()["MONEY:BANK"] == 15000
    # What is above the bill became credit.
    assert world.trial_balance()["CUSTOMER_CREDIT"] == -3200
    read = world.customers.GetCustomer(customer_service_pb2.GetCustomerRequest(id=customer.id))
    assert read.balances[0].credit == rupees(32)


def test_a_bill_is_proposed_by_name_and_amount(world: World) -> None:
    bill = world.bill(customer=world.customer(display_name="Ravi Kumar"))
    world.bill(line(rupees(500)), customer=world.customer(display_name="Ravi Kumar"))
    _one(world, "UPI-RAVI KUMAR-ravi@okhdfc", "118.00")
    (proposal,) = _proposals(world)
    assert (proposal.bill_id, proposal.payment_id, proposal.amount) == (bill.id, "", rupees(118))
    assert proposal.confidence == bank_statement_pb2.MATCH_CONFIDENCE_LIKELY
    assert {bank_statement_pb2.MATCH_REASON_NAME_ALIKE, bank_statement_pb2.MATCH_REASON_ONLY_ONE} <= set(
        proposal.reasons
    )


def test_a_bill_is_proposed_by_its_number_whatever_the_amount(world: World) -> None:
    bill = world.bill()
    _one(world, f"Rechnung {bill.number}", "100.00")
    (proposal,) = _proposals(world)
    assert (proposal.bill_id, proposal.confidence) == (bill.id, bank_statement_pb2.MATCH_CONFIDENCE_LIKELY)
    assert bank_statement_pb2.MATCH_REASON_AMOUNT_DIFFERS in proposal.reasons


def test_what_does_not_fit_is_refused_and_moves_nothing(world: World) -> None:
    bill = world.bill()
    payment = world.pay(bill, upi(rupees(50), "412345678901"), cash(rupees(40)), card(rupees(28)))
    before = world.trial_balance()
    by_upi, by_cash, _ = payment.legs
    found = _one(world, "UPI/412345678901", "118.00")
    forty = _one(world, "x", "40.00")
    imported = _import(world, f"{_day(world)},out,,50.00,")
    (out,) = _lines(world, statement_id=imported.bank_statement.id)

    def why(line_id: str, **what: str) -> tuple[str, str]:
        answer = refused(lambda: _accept(world, line_id, **what))
        assert answer.code is grpc.StatusCode.FAILED_PRECONDITION
        return answer.reason, answer.metadata.get("why", "")

    unfit = "STATEMENT_MATCH_UNFIT"
    assert why(found.id, payment_id=payment.id, leg_id=by_upi.id) == (unfit, "AMOUNT")
    assert why(forty.id, payment_id=payment.id, leg_id=by_cash.id) == (unfit, "METHOD")
    assert why(out.id, bill_id=bill.id) == (unfit, "WENT_OUT")
    assert why(found.id, bill_id=world.draft().id) == ("BILL_NOT_ISSUED", "")
    # Its UTR is on the payment already.
    utr = refused(lambda: _accept(world, found.id, bill_id=world.bill().id))
    assert (utr.reason, utr.metadata, utr.fields) == ("UTR_EXISTS", {"payment_id": payment.id}, ("id",))
    assert world.trial_balance()["MONEY:UPI"] == before["MONEY:UPI"]
    assert {each.state for each in _lines(world)} == {_OPEN}


def test_a_leg_is_proved_by_one_line(world: World) -> None:
    payment = world.pay(world.bill(), upi(rupees(118), "412345678901"))
    leg = payment.legs[0].id
    lines = [_one(world, f"UPI/412345678901/{number}", "118.00") for number in range(4)]
    stub = world.statements

    def accept(number: int) -> bank_statement_pb2.BankStatementLine:
        return stub.AcceptMatch(
            pb.AcceptMatchRequest(
                id=lines[number].id, leg=pb.ProvedLeg(payment_id=payment.id, leg_id=leg), request_id=new_id()
            )
        )

    answers = at_once(4, accept)
    refusals = {answer.reason for answer in answers if isinstance(answer, Refusal)}
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 1
    assert refusals <= {"STATEMENT_MATCH_UNFIT", "PAYMENT_STATE_WRONG"}
    open_line = next(each for each in _lines(world) if each.state == _OPEN)
    assert refused(lambda: _accept(world, open_line.id, payment_id=payment.id, leg_id=leg)).metadata == {
        "why": "LEG_TAKEN"
    }


def test_a_line_at_once_is_one_payment(world: World) -> None:
    bills = [world.bill() for _ in range(6)]
    found = _one(world, "NEFT", "118.00")
    stub = world.statements

    def accept(number: int) -> bank_statement_pb2.BankStatementLine:
        return stub.AcceptMatch(pb.AcceptMatchRequest(id=found.id, bill_id=bills[number].id, request_id=new_id()))

    answers = at_once(6, accept)
    assert {answer.reason for answer in answers if isinstance(answer, Refusal)} == {"STATEMENT_LINE_STATE_WRONG"}
    assert [world.get(bill).state for bill in bills].count(bill_pb2.BILL_STATE_PAID) == 1
    assert world.trial_balance()["MONEY:BANK"] == 11800


def test_a_line_is_dismissed_and_matched_after_all(world: World) -> None:
    bill = world.bill()
    found = _one(world, "Transfer", "118.00")
    request = pb.DismissLineRequest(id=found.id, reason="Own transfer", request_id=new_id())
    dismissed = world.statements.DismissLine(request)
    assert (dismissed.state, dismissed.dismiss_reason) == (_DISMISSED, "Own transfer")
    assert world.statements.DismissLine(request) == dismissed
    assert not world.statements.ListMatches(pb.ListMatchesRequest()).matches
    answer = refused(lambda: _dismiss(world, found.id, "Again"))
    assert (answer.reason, answer.metadata) == ("STATEMENT_LINE_STATE_WRONG", {"state": "DISMISSED"})
    matched = _accept(world, found.id, bill_id=bill.id)
    assert (matched.state, matched.dismiss_reason) == (_MATCHED, "")


@pytest.mark.parametrize(
    ("target", "named"),
    [
        ({}, "target"),
        ({"leg": pb.ProvedLeg()}, "leg.payment_id"),
        ({"leg": pb.ProvedLeg(payment_id=to_text("pay", uuid.UUID(int=1)))}, "leg.leg_id"),
        ({"bill_id": ""}, "bill_id"),
    ],
)
def test_what_is_accepted_is_named(world: World, target: dict[str, Any], named: str) -> None:
    request = pb.AcceptMatchRequest(id=to_text("bsl", uuid.UUID(int=1)), request_id=new_id(), **target)
    answer = refused(lambda: world.statements.AcceptMatch(request))
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert named in answer.fields


def test_another_merchants_line_is_no_line(world: World) -> None:
    bill, found = world.bill(), _one(world, "Transfer", "118.00")
    payment = world.pay(bill, upi(rupees(118), "412345678901"))
    stranger = world.neighbour()
    own, own_bill = _one(stranger, "Transfer", "118.00"), stranger.bill()
    absent = to_text("bsl", uuid.UUID(int=1))
    calls: list[Callable[[str], object]] = [
        lambda line_id: _accept(stranger, line_id, bill_id=own_bill.id),
        lambda line_id: _dismiss(stranger, line_id),
    ]
    for call in calls:
        theirs, none = refused(lambda: call(found.id)), refused(lambda: call(absent))  # noqa: B023 - called at once
        assert theirs == none
        assert theirs.reason == "STATEMENT_LINE_NOT_FOUND"
    assert refused(lambda: _accept(stranger, own.id, bill_id=bill.id)).reason == "BILL_NOT_FOUND"
    leg = payment.legs[0].id
    assert refused(lambda: _accept(stranger, own.id, payment_id=payment.id, leg_id=leg)).reason == "PAYMENT_NOT_FOUND"
    mine = stranger.pay(own_bill, upi(rupees(118), "412345678901"))
    answer = refused(lambda: _accept(stranger, own.id, payment_id=mine.id, leg_id=leg))
    assert (answer.reason, answer.fields) == ("PAYMENT_LEG_NOT_FOUND", ("leg.leg_id",))
    assert not _lines(stranger, statement_id=found.statement_id)
