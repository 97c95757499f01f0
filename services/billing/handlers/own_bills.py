"""MyBillService, PublicBillService and PersonLinkService: bills from the side of those who are to pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import my_bill_service_pb2, payment_pb2, person_link_service_pb2
from billmesh.billing.v1.my_bill_service_pb2_grpc import MyBillServiceServicer
from billmesh.billing.v1.person_link_service_pb2_grpc import PersonLinkServiceServicer
from billmesh.billing.v1.public_bill_service_pb2_grpc import PublicBillServiceServicer
from google.api import httpbody_pb2

from services.billing.convert import own_bills as convert
from services.billing.convert.bills import states_from_proto
from services.billing.convert.fields import phone_from_proto
from services.billing.convert.payments import leg_from_proto, payment_to_payer
from services.billing.domain.ids import AccountId, BillId
from services.billing.pages import bill as page
from services.billing.usecases import own_bills
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc
    from billmesh.billing.v1 import my_bill_pb2, public_bill_pb2, public_bill_service_pb2

    from services.billing.usecases.deps import Deps

_HTML = "text/html; charset=utf-8"
# The edge turns it into the HTTP status.
_NOT_FOUND = ("x-http-status", "404")


class MyBillHandler(MyBillServiceServicer):
    """A person's own bills."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetMyBill(
        self, request: my_bill_service_pb2.GetMyBillRequest, context: grpc.ServicerContext
    ) -> my_bill_pb2.MyBill:
        """One bill with everything."""
        return convert.my_bill_to_proto(own_bills.get(self._deps, _account(), _id(request.id)))

    def ListMyBills(
        self, request: my_bill_service_pb2.ListMyBillsRequest, context: grpc.ServicerContext
    ) -> my_bill_service_pb2.ListMyBillsResponse:
        """A page of bills in short."""
        states, part = states_from_proto(request.states), paging.page(request)
        return convert.page_to_proto(own_bills.list_page(self._deps, _account(), states=states, page=part))

    def ClaimPayment(
        self, request: my_bill_service_pb2.ClaimPaymentRequest, context: grpc.ServicerContext
    ) -> payment_pb2.Payment:
        """What the person says to have paid."""
        once = idempotency.once(request, payment_pb2.Payment, payment_to_payer, vault=self._deps.vault)
        leg = leg_from_proto(request.leg, "leg")
        return own_bills.claim(self._deps, _account(), _id(request.id), leg=leg, once=once)


class PublicBillHandler(PublicBillServiceServicer):
    """Bills for the holders of links."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetPublicBill(
        self, request: public_bill_service_pb2.GetPublicBillRequest, context: grpc.ServicerContext
    ) -> public_bill_pb2.PublicBill:
        """The bill behind a link."""
        return convert.public_bill_to_proto(own_bills.get_public(self._deps, request.token))

    def GetBillPage(
        self, request: public_bill_service_pb2.GetBillPageRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """The bill behind a link, as a page; a page too if there is none."""
        shown = own_bills.find_public(self._deps, request.token)
        context.send_initial_metadata(page.HEADERS if shown else (*page.HEADERS, _NOT_FOUND))
        html = page.render(shown, now=self._deps.clock.now(), token=request.token) if shown else page.render_unknown()
        return httpbody_pb2.HttpBody(content_type=_HTML, data=html.encode())


class PersonLinkHandler(PersonLinkServiceServicer):
    """What auth tells of people's telephones."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def LinkPhone(
        self, request: person_link_service_pb2.LinkPhoneRequest, context: grpc.ServicerContext
    ) -> person_link_service_pb2.LinkPhoneResponse:
        """Bills sent to the number are the person's."""
        account = AccountId(from_text("acc", request.account_id))
        count = own_bills.link_phone(self._deps, account, phone_from_proto(request.phone, "phone"))
        return person_link_service_pb2.LinkPhoneResponse(bill_count=count)


def _account() -> AccountId:
    return AccountId(caller().account)


def _id(text: str) -> BillId:
    return BillId(from_text("bill", text))
