"""What billing has notification say: each content of ours is one of its contract, and it takes it."""

from __future__ import annotations

import uuid
from concurrent import futures
from datetime import date
from typing import TYPE_CHECKING, Any

import grpc
import protovalidate
import pytest
from billmesh.notification.v1 import message_content_pb2, message_pb2, message_service_pb2, message_service_pb2_grpc
from google.type import date_pb2

from services.billing.domain import notices as said
from services.billing.domain.consent import Channel
from services.billing.domain.ids import MerchantId
from services.billing.domain.payment import MethodKind
from services.billing.messenger import MeshMessenger
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text
from services.kit.money import Money
from tests.services.billing.world import rupees

if TYPE_CHECKING:
    from collections.abc import Iterator

_MERCHANT = MerchantId(uuid.UUID(int=1))
_SUBJECT = to_text("bill", uuid.UUID(int=2))
_LINK = "https://edge.test/b/x"
_ABOUT: dict[str, Any] = {"merchant_name": "Asha Stores", "bill_number": "INV/26-27/000001", "link": _LINK}
_PAID, _OWED = Money(100_00, "INR"), Money(18_00, "INR")
_DAY = date(2026, 6, 1)


class Notification(message_service_pb2_grpc.MessageServiceServicer):
    """Keeps what it is asked, and refuses what its own validation would."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()
        self.asked: list[Any] = []
        self.is_away = False

    def SendMessage(self, request: Any, context: Any) -> message_pb2.Message:
        self._keep(request, context)
        return message_pb2.Message()

    def NotifyMerchant(self, request: Any, context: Any) -> message_service_pb2.NotifyMerchantResponse:
        self._keep(request, context)
        return message_service_pb2.NotifyMerchantResponse()

    def _keep(self, request: Any, context: Any) -> None:
        assert not self._validator.collect_violations(request)
        if self.is_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        self.asked.append(request)


@pytest.fixture
def notification() -> Notification:
    return Notification()  # type: ignore[abstract] # the methods that are missing are not called


@pytest.fixture
def messenger(notification: Notification) -> Iterator[MeshMessenger]:
    server = grpc.server(futures.ThreadPoolExecutor(1))
    message_service_pb2_grpc.add_MessageServiceServicer_to_server(notification, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield MeshMessenger(channel)
    server.stop(None)


def _notice(says: said.Said) -> said.Notice:
    return said.Notice(merchant_id=_MERCHANT, key="about/it", subject=_SUBJECT, locale="hi-IN", says=says)


@pytest.mark.parametrize(
    ("says", "field"),
    [
        (said.BillIssued(**_ABOUT, total=_PAID, outstanding=_OWED, due_date=_DAY), "bill_issued"),
        (said.BillIssued(**_ABOUT, total=_PAID, outstanding=_OWED, due_date=None), "bill_issued"),
        (said.PaymentReceived(**_ABOUT, amount=_PAID, outstanding=_OWED), "payment_received"),
        (said.BillReminder(**_ABOUT, amount=_PAID, due_date=_DAY), "bill_reminder"),
        (
            said.BalanceConfirmation(merchant_name="Asha", owed=_OWED, credit=_PAID, date=_DAY, link=_LINK),
            "balance_confirmation",
        ),
        *((said.PaymentRefunded(**_ABOUT, amount=_PAID, method=method), "payment_refunded") for method in MethodKind),
        (said.CreditRefunded(merchant_name="Asha", amount=_PAID, method=MethodKind.CASH), "credit_refunded"),
        (
            said.CreditNoteIssued(**_ABOUT, credit_note_number="C/1", amount=_PAID, outstanding=_OWED),
            "credit_note_issued",
        ),
        (said.PaymentRejected(**_ABOUT, amount=_PAID, outstanding=_OWED), "payment_rejected"),
        (said.BillVoided(**_ABOUT, total=_PAID), "bill_voided"),
    ],
)
def test_every_content_is_the_contracts(
    messenger: MeshMessenger, notification: Notification, says: said.Said, field: str
) -> None:
    messenger.tell(_notice(says), said.Place(Channel.SMS, "+919845012345"))
    (request,) = notification.asked
    assert request.WhichOneof("content") == field
    assert (request.merchant_id, request.subject, request.locale) == (to_text("mer", _MERCHANT), _SUBJECT, "hi-IN")
    content = getattr(request, field)
    assert content.merchant_name.startswith("Asha")
    if field == "bill_reminder":
        assert (content.amount, content.due_date) == (rupees(100), date_pb2.Date(year=2026, month=6, day=1))
    if field == "credit_refunded":
        assert content.method == message_content_pb2.REFUND_METHOD_CASH


def test_two_places_are_two_messages(messenger: MeshMessenger, notification: Notification) -> None:
    notice = _notice(said.BillVoided(**_ABOUT, total=_PAID))
    messenger.tell(notice, said.Place(Channel.SMS, "+919845012345"))
    messenger.tell(notice, said.Place(Channel.EMAIL, "asha@mail.test"))
    assert [(request.phone, request.email, request.dedupe_key) for request in notification.asked] == [
        ("+919845012345", "", "about/it"),
        ("", "asha@mail.test", "about/it/email"),
    ]


@pytest.mark.parametrize(
    ("says", "subject", "field"),
    [
        (
            said.PaymentClaimed(customer_name="Ravi", bill_number="INV/1", amount=_PAID, link=_LINK),
            _SUBJECT,
            "payment_claimed",
        ),
        (said.PaymentsClaimed(count=2, link=_LINK), "", "payments_claimed"),
    ],
)
def test_merchants(
    messenger: MeshMessenger, notification: Notification, says: said.Claimed, subject: str, field: str
) -> None:
    notice = said.MerchantNotice(merchant_id=_MERCHANT, key="claims/1", subject=subject, says=says)
    messenger.notify(notice)
    (request,) = notification.asked
    assert (request.WhichOneof("content"), request.dedupe_key, request.subject) == (field, "claims/1", subject)
    notification.is_away = True
    with pytest.raises(PeerUnavailable):
        messenger.notify(notice)
    with pytest.raises(PeerUnavailable):
        messenger.tell(_notice(said.BillVoided(**_ABOUT, total=_PAID)), said.Place(Channel.SMS, "+919845012345"))
