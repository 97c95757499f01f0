"""What lines prove, how sure that is, and why."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.billing.domain.bank_statement import StatementLine
from services.billing.domain.ids import BankStatementId, BillId, LegId, MerchantId, PaymentId, StatementLineId
from services.billing.domain.matching import Candidate, Confidence, Reason, bare, clues, propose, terms_of
from services.billing.domain.payment import BankTransfer, Cheque, Method, Upi
from services.kit.money import Money

DAY = date(2026, 6, 1)
LINE = StatementLine(
    id=StatementLineId(uuid.UUID(int=1)),
    merchant_id=MerchantId(uuid.UUID(int=2)),
    statement_id=BankStatementId(uuid.UUID(int=3)),
    row=2,
    booking_date=DAY,
    amount=Money(11_800, "INR"),
    reference="",
    description="",
    counterparty="",
)


def bill(number: int = 1, **fields: object) -> Candidate:
    found = Candidate(
        bill_id=BillId(uuid.UUID(int=number)),
        bill_number=f"INV/26-27/{number:06}",
        customer_name="Ravi Kumar",
        amount=Money(11_800, "INR"),
        on=DAY - timedelta(days=3),
    )
    return replace(found, **fields)  # type: ignore[arg-type] # a test's own fields


def leg(method: Method, number: int = 1, **fields: object) -> Candidate:
    return bill(
        number,
        payment_id=PaymentId(uuid.UUID(int=number)),
        leg_id=LegId(uuid.UUID(int=number)),
        method=method,
        **fields,
    )


@pytest.mark.parametrize(
    ("said", "method", "reason"),
    [
        ({"reference": "0000412345678901"}, Upi("412345678901"), Reason.REFERENCE_EQUAL),
        ({"description": "UPI/412345678901/ravi@okhdfc"}, Upi("412345678901"), Reason.REFERENCE_EQUAL),
        ({"reference": "rf18 5390 0754 7034"}, BankTransfer("RF18539007547034"), Reason.REFERENCE_EQUAL),
        ({"description": "NEFT CR-AXISN26005123456-RAVI"}, BankTransfer("axisn26005123456"), Reason.REFERENCE_EQUAL),
    ],
)
def test_a_reference_with_its_amount_is_certain(said: dict[str, str], method: Method, reason: Reason) -> None:
    (proposal,) = propose(replace(LINE, **said), [leg(method)])  # type: ignore[arg-type]
    assert proposal.confidence is Confidence.CERTAIN
    assert proposal.reasons[:2] == (reason, Reason.AMOUNT_EQUAL)


@pytest.mark.parametrize("said", ["Rechnung INV/26-27/000001", "inv 26 27 000001 thanks", "INV2627000001"])
def test_a_bills_number_with_its_amount_is_certain(said: str) -> None:
    (proposal,) = propose(replace(LINE, description=said), [bill()])
    assert proposal.confidence is Confidence.CERTAIN
    assert Reason.BILL_NUMBER_NAMED in proposal.reasons


def test_a_reference_with_another_amount_is_not() -> None:
    (proposal,) = propose(replace(LINE, reference="412345678901"), [leg(Upi("412345678901"), amount=Money(1, "INR"))])
    assert proposal.confidence is not Confidence.CERTAIN
    assert Reason.AMOUNT_DIFFERS in proposal.reasons


@pytest.mark.parametrize("reference", ["RENT", "2026", "MARCHRENT", "RENT MARCH 26", "123 456"])
def test_a_word_that_many_lines_have_tells_nothing(reference: str) -> None:
    (proposal,) = propose(replace(LINE, reference=reference), [leg(BankTransfer(reference))])
    assert Reason.REFERENCE_EQUAL not in proposal.reasons


def test_hints_add_up_and_never_to_certainty() -> None:
    cheque = Cheque("000123", "Axis", DAY)
    line = replace(LINE, description="CLG 000123 RAVI KUMAR")
    (proposal,) = propose(line, [leg(cheque, on=DAY)])
    assert (proposal.score, proposal.confidence) == (94, Confidence.LIKELY)
    assert proposal.reasons == (Reason.CHEQUE_EQUAL, Reason.AMOUNT_EQUAL, Reason.NAME_ALIKE, Reason.DATE_CLOSE)


@pytest.mark.parametrize(
    ("said", "name", "alike"),
    [
        ("UPI-RAVI KUMAR-x@y", "Ravi Kumar", True),
        ("NEFT MUELLER ANNA", "Anna Müller", False),
        ("Müller Anna", "Anna Muller", True),
        ("RAVIKUMAR", "Ravi Kumar", False),
        ("SUBRAMANI", "K Subramaniam", True),
        ("रवि कुमार", "रवि", True),
        ("UPI", "", False),
    ],
)
def test_names(said: str, name: str, *, alike: bool) -> None:
    (proposal,) = propose(replace(LINE, description=said), [bill(customer_name=name)])
    assert (Reason.NAME_ALIKE in proposal.reasons) is alike
    assert proposal.confidence is (Confidence.LIKELY if alike else Confidence.POSSIBLE)


def test_the_best_come_first_and_five_at_most() -> None:
    line = replace(LINE, description="UPI/412345678901/RAVI KUMAR")
    others = [bill(number, customer_name="Asha") for number in range(2, 9)]
    named, certain = bill(9), leg(Upi("412345678901"), 20)
    proposals = propose(line, [*others, named, certain])
    assert [each.candidate for each in proposals[:2]] == [certain, named]
    assert len(proposals) == 5
    assert all(Reason.ONLY_ONE not in each.reasons for each in proposals)


def test_a_bill_is_not_proposed_beside_its_certain_payment() -> None:
    line = replace(LINE, reference="412345678901")
    assert [each.candidate.leg_id is None for each in propose(line, [bill(), leg(Upi("412345678901"))])] == [False]


def test_what_fits_in_nothing_is_not_proposed() -> None:
    others = [
        bill(amount=Money(1, "INR")),
        bill(amount=Money(11_800, "EUR")),
        leg(Upi("412345678999"), amount=Money(2, "INR")),
    ]
    assert propose(LINE, others) == ()


def test_old_bills_are_less_likely() -> None:
    (close,), (old,), (later,) = (propose(LINE, [bill(on=DAY - timedelta(days=days))]) for days in (0, 31, -1))
    assert close.score > old.score == later.score


@pytest.mark.parametrize(
    ("reference", "description", "currency", "method"),
    [
        ("0000412345678901", "UPI-RAVI", "INR", Upi("412345678901")),
        ("", "UPI/412345678901/RAVI", "INR", Upi("412345678901")),
        ("", "NEFT-AXISN26005123456-RAVI", "INR", BankTransfer("AXISN26005123456")),
        ("412345678901", "IMPS", "INR", BankTransfer("412345678901")),
        ("", "PUPIL 412345678901", "INR", BankTransfer("PUPIL 412345678901")),
        ("412345678901", "UPI", "EUR", BankTransfer("412345678901")),
        ("", "Größe * \u20ac 10", "EUR", BankTransfer("Gr e 10")),
        ("", "", "EUR", BankTransfer("2026-06-01")),
    ],
)
def test_how_a_line_is_entered(reference: str, description: str, currency: str, method: Method) -> None:
    line = replace(LINE, reference=reference, description=description, amount=Money(5, currency))
    assert terms_of(line).method == method


def test_references_are_compared_bare() -> None:
    assert bare(" 00ab-12 ") == "AB12"
    found = clues(replace(LINE, reference="0", description="x"))
    assert found.references == {"0"}
