"""What a line of a bank statement may prove, how sure that is, and why.

Certain is what names something that only one payment has (a UTR, a bank's reference, a bill's number) and has the right
amount. Everything else is added up from hints, of which none is enough alone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from services.billing.domain.payment import BankTransfer, Cheque, LegTerms, MethodKind, Upi
from services.billing.domain.upi import CURRENCY as UPI_CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from services.billing.domain.bank_statement import StatementLine
    from services.billing.domain.ids import BillId, LegId, PaymentId
    from services.billing.domain.payment import Method
    from services.kit.money import Money

# Methods whose money comes through the bank, leg by leg.
BANKED = frozenset((MethodKind.UPI, MethodKind.BANK_TRANSFER, MethodKind.CHEQUE))
MOST_PROPOSALS = 5
# Days around a line in which its payment was entered, and before it in which its bill was issued.
LEG_WINDOW = timedelta(days=10)
_LEG_CLOSE = timedelta(days=3)
_BILL_CLOSE = timedelta(days=30)
_CERTAIN, _LIKELY = 95, 60


class Confidence(StrEnum):
    """How sure a proposal is."""

    CERTAIN = "CERTAIN"
    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"


class Reason(StrEnum):
    """What speaks for a proposal or against it."""

    REFERENCE_EQUAL = "REFERENCE_EQUAL"
    CHEQUE_EQUAL = "CHEQUE_EQUAL"
    BILL_NUMBER_NAMED = "BILL_NUMBER_NAMED"
    AMOUNT_EQUAL = "AMOUNT_EQUAL"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    NAME_ALIKE = "NAME_ALIKE"
    DATE_CLOSE = "DATE_CLOSE"
    ONLY_ONE = "ONLY_ONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A leg that a line may prove, or an open bill, which has neither payment nor method."""

    bill_id: BillId
    bill_number: str
    customer_name: str
    amount: Money
    # The day on which it was entered or issued.
    on: date
    payment_id: PaymentId | None = None
    leg_id: LegId | None = None
    method: Method | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate with what speaks for it; `score` from 1 to 100."""

    candidate: Candidate
    score: int
    reasons: tuple[Reason, ...]

    @property
    def confidence(self) -> Confidence:
        """What the score means."""
        if self.score >= _CERTAIN:
            return Confidence.CERTAIN
        return Confidence.LIKELY if self.score >= _LIKELY else Confidence.POSSIBLE


@dataclass(frozen=True, slots=True)
class Clues:
    """What can be looked up of a line's words: references, as they stand and bare, and numbers of bills."""

    references: frozenset[str]
    bill_numbers: frozenset[str]


# A reference is a word of these lengths; of the shorter ones only cheques are looked up.
_WORD = re.compile(r"[A-Z0-9]{4,35}")
_BILL_NUMBER = re.compile(r"[A-Z0-9]{1,3}/(?:[0-9]{2}-[0-9]{2}|[0-9]{4})/[0-9]{6}")
# The same after a bank has dropped its signs.
_BARE_BILL_NUMBER = re.compile(
    r"(?<![A-Z0-9])([A-Z][A-Z0-9]{0,2})[ .-]?([0-9]{2})[ .-]?([0-9]{2})[ .-]?([0-9]{6})(?![0-9])"
)
_UPI = re.compile(r"\bUPI\b")
# Twelve digits, which some banks fill up to sixteen.
_RRN = re.compile(r"(?<![A-Z0-9])(?:0{4})?([0-9]{12})(?![A-Z0-9])")
_UTR = re.compile(r"(?<![A-Z0-9])([A-Z]{4}[A-Z0-9]?[0-9]{11,17})(?![A-Z0-9])")
_UNKNOWN_TO_BANKS = re.compile(r"[^A-Za-z0-9 /?:().,'+-]+")
_LONGEST_REFERENCE = 35
# "RENT" and "2026" are on many transfers; a reference of one has eight characters or more, some of them digits.
_TELLING = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{8,}$")


def bare(reference: str) -> str:
    """A reference as it is compared: letters and digits, without case and without zeros in front."""
    return re.sub(r"[^A-Z0-9]", "", reference.upper()).lstrip("0")


def clues(line: StatementLine) -> Clues:
    """What the line's words may refer to."""
    said = f"{line.reference} {line.description}".upper()
    words = {*_WORD.findall(said), line.reference.upper()}
    numbers = set(_BILL_NUMBER.findall(said))
    for prefix, first, second, sequence in _BARE_BILL_NUMBER.findall(said):
        numbers |= {f"{prefix}/{first}-{second}/{sequence}", f"{prefix}/{first}{second}/{sequence}"}
    return Clues(frozenset((words | {bare(word) for word in words}) - {""}), frozenset(numbers))


def propose(line: StatementLine, candidates: Iterable[Candidate]) -> tuple[Proposal, ...]:
    """What the line may prove, the best first. `candidates` may be of other lines, too."""
    found = clues(line)
    said = _words(f"{line.counterparty} {line.description}")
    fitting = [each for each in candidates if each.amount.currency == line.amount.currency]
    same_amount = sum(each.leg_id is None and each.amount == line.amount for each in fitting)
    proposals = [_judge(line, each, found, said, is_only=same_amount == 1) for each in fitting]
    kept = sorted((each for each in proposals if each is not None), key=_order)
    # A payment that is entered already is the better answer than a second one for its bill.
    entered = {
        each.candidate.bill_id for each in kept if each.candidate.leg_id and each.confidence is Confidence.CERTAIN
    }
    return tuple(each for each in kept if each.candidate.leg_id or each.candidate.bill_id not in entered)[
        :MOST_PROPOSALS
    ]


def terms_of(line: StatementLine) -> LegTerms:
    """The leg that enters the line's money: by UPI if its words say so and have a UTR, else by bank transfer."""
    said = f"{line.reference} {line.description}".upper()
    if line.amount.currency == UPI_CURRENCY and _UPI.search(said) and (found := _RRN.search(said)):
        return LegTerms(line.amount, Upi(found[1]))
    named = _UTR.search(said)
    reference = named[1] if named else line.reference.lstrip("0") or line.description or line.counterparty
    plain = " ".join(_UNKNOWN_TO_BANKS.sub(" ", reference).split())[:_LONGEST_REFERENCE].strip()
    return LegTerms(line.amount, BankTransfer(plain or line.booking_date.isoformat()))


def _judge(
    line: StatementLine, candidate: Candidate, found: Clues, said: frozenset[str], *, is_only: bool
) -> Proposal | None:
    named = _named(candidate, found)
    equal = candidate.amount == line.amount
    if named is None and not equal:
        return None
    reasons = [] if named is None else [named]
    reasons.append(Reason.AMOUNT_EQUAL if equal else Reason.AMOUNT_DIFFERS)
    if _is_alike(candidate.customer_name, said):
        reasons.append(Reason.NAME_ALIKE)
    if _is_close(line, candidate):
        reasons.append(Reason.DATE_CLOSE)
    if candidate.leg_id is None and equal and is_only:
        reasons.append(Reason.ONLY_ONE)
    return Proposal(candidate, _score(reasons), tuple(reasons))


def _named(candidate: Candidate, found: Clues) -> Reason | None:
    match candidate.method:
        case Upi(utr) if bare(utr) in found.references:
            return Reason.REFERENCE_EQUAL
        case BankTransfer(reference) if _TELLING.match(bare(reference)) and bare(reference) in found.references:
            return Reason.REFERENCE_EQUAL
        case Cheque(number=number) if bare(number) in found.references:
            return Reason.CHEQUE_EQUAL
        case None if candidate.bill_number in found.bill_numbers:
            return Reason.BILL_NUMBER_NAMED
    return None


_WEIGHTS = {
    Reason.REFERENCE_EQUAL: 60,
    Reason.BILL_NUMBER_NAMED: 60,
    # Cheques of other banks may have the same number.
    Reason.CHEQUE_EQUAL: 45,
    Reason.AMOUNT_EQUAL: 35,
    Reason.AMOUNT_DIFFERS: -5,
    Reason.NAME_ALIKE: 25,
    Reason.DATE_CLOSE: 10,
    Reason.ONLY_ONE: 5,
}


def _score(reasons: Iterable[Reason]) -> int:
    given = set(reasons)
    score = min(100, sum(_WEIGHTS[reason] for reason in given))
    sure = given & {Reason.REFERENCE_EQUAL, Reason.BILL_NUMBER_NAMED} and Reason.AMOUNT_EQUAL in given
    return max(1, score if sure else min(score, _CERTAIN - 1))


def _order(proposal: Proposal) -> tuple[int, bool, str]:
    """The best first; of equal ones what is entered already, then the older bill."""
    return -proposal.score, proposal.candidate.leg_id is None, str(proposal.candidate.bill_id)


def _is_close(line: StatementLine, candidate: Candidate) -> bool:
    days = line.booking_date - candidate.on
    if candidate.leg_id is not None:
        return abs(days) <= _LEG_CLOSE
    return timedelta(0) <= days <= _BILL_CLOSE


def _is_alike(name: str, said: frozenset[str]) -> bool:
    """Whether every longer word of the name is said; banks cut words and drop initials."""
    words = [word for word in _words(name) if len(word) > 2]  # noqa: PLR2004 - initials
    return bool(words) and all(any(other.startswith(word) or _is_cut(other, word) for other in said) for word in words)


def _is_cut(other: str, word: str) -> bool:
    return len(other) >= 5 and word.startswith(other)  # noqa: PLR2004 - shorter beginnings are of too many names


def _words(text: str) -> frozenset[str]:
    marks = (mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))
    # Letters and, in Indian scripts, the marks that are part of them.
    return frozenset("".join(mark if unicodedata.category(mark)[0] in "LM" else " " for mark in marks).split())
