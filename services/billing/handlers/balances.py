"""BalanceService and PublicBalanceService: balances from both sides."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from billmesh.billing.v1 import balance_pb2
from billmesh.billing.v1.balance_service_pb2_grpc import BalanceServiceServicer
from billmesh.billing.v1.public_balance_service_pb2_grpc import PublicBalanceServiceServicer
from google.api import httpbody_pb2

from services.billing.convert import balances as convert
from services.billing.convert.fields import id_or_none
from services.billing.domain.ids import ConfirmationId, CustomerId, MerchantId
from services.billing.handlers.callers import account
from services.billing.pages import balance as page
from services.billing.usecases import balances
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text
from services.kit.wire import currency_from_proto

if TYPE_CHECKING:
    import grpc
    from billmesh.billing.v1 import balance_service_pb2 as pb
    from billmesh.billing.v1 import public_balance_service_pb2 as public_pb

    from services.billing.domain.balance import Confirmation
    from services.billing.usecases.deps import Deps


class BalanceHandler(BalanceServiceServicer):
    """Questions about balances, for their merchant."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetBalanceConfirmation(
        self, request: pb.GetBalanceConfirmationRequest, context: grpc.ServicerContext
    ) -> balance_pb2.BalanceConfirmation:
        """One question."""
        confirmation_id = ConfirmationId(from_text("bcf", request.id))
        return self._encode(balances.get(self._deps, _merchant(), confirmation_id))

    def ListBalanceConfirmations(
        self, request: pb.ListBalanceConfirmationsRequest, context: grpc.ServicerContext
    ) -> pb.ListBalanceConfirmationsResponse:
        """A page of questions."""
        customer_id = id_or_none("cus", request.customer_id)
        listed = balances.list_page(
            self._deps,
            _merchant(),
            customer_id=None if customer_id is None else CustomerId(customer_id),
            state=convert.state_from_proto(request.state),
            page=paging.page(request),
        )
        return convert.page_to_proto(listed, links=self._deps.links, now=self._deps.clock.now())

    def RequestBalanceConfirmation(
        self, request: pb.RequestBalanceConfirmationRequest, context: grpc.ServicerContext
    ) -> balance_pb2.BalanceConfirmation:
        """A new question."""
        code = request.currency_code
        currency = currency_from_proto(code, "currency_code") if code else ""
        customer_id = CustomerId(from_text("cus", request.customer_id))
        once = idempotency.once(request, balance_pb2.BalanceConfirmation, self._encode, vault=self._deps.vault)
        ask = partial(balances.ask, self._deps, _merchant(), customer_id)
        return ask(currency=currency, by=account(), once=once)

    def _encode(self, confirmation: Confirmation) -> balance_pb2.BalanceConfirmation:
        return convert.confirmation_to_proto(confirmation, links=self._deps.links, now=self._deps.clock.now())


class PublicBalanceHandler(PublicBalanceServiceServicer):
    """Balances for the holders of links."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetPublicBalance(
        self, request: public_pb.GetPublicBalanceRequest, context: grpc.ServicerContext
    ) -> balance_pb2.PublicBalance:
        """The question behind a link."""
        return convert.public_to_proto(balances.get_public(self._deps, request.token), now=self._deps.clock.now())

    def AnswerBalance(
        self, request: public_pb.AnswerBalanceRequest, context: grpc.ServicerContext
    ) -> balance_pb2.PublicBalance:
        """The customer's answer."""
        says = convert.answer_from_proto(request.answer)
        asked = balances.answer(self._deps, request.token, says=says, note=request.note)
        return convert.public_to_proto(asked, now=self._deps.clock.now())

    def GetBalancePage(
        self, request: public_pb.GetBalancePageRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """The question behind a link, as a page; a page too if there is none."""
        return _answer(page.shown(balances.find_public(self._deps, request.token)), context)

    def AnswerBalancePage(
        self, request: public_pb.AnswerBalancePageRequest, context: grpc.ServicerContext
    ) -> httpbody_pb2.HttpBody:
        """The page's form; leads back to the page."""
        says, note = convert.answer_from_form(request.form.data)
        asked, is_answered = balances.answer_form(self._deps, request.token, says, note)
        reply = page.answered(request.token) if asked and is_answered else page.shown(asked, is_form=True)
        return _answer(reply, context)


def _answer(reply: page.Reply, context: grpc.ServicerContext) -> httpbody_pb2.HttpBody:
    context.send_initial_metadata(reply.headers)
    return httpbody_pb2.HttpBody(content_type="text/html; charset=utf-8", data=reply.html.encode())


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)
