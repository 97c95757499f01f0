"""Asking a running service for documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from billmesh.billing.v1 import document_service_pb2, document_service_pb2_grpc

from services.billing.usecases import tasks
from tests.services.billing.documents import pages
from tests.services.billing.world import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from billmesh.billing.v1 import bill_pb2, payment_pb2
    from google.api.httpbody_pb2 import HttpBody

    from tests.services.billing.world import World


def staff(world: World) -> document_service_pb2_grpc.DocumentServiceStub:
    """The merchant's staff."""
    return document_service_pb2_grpc.DocumentServiceStub(world.staff(world.merchant))


def anyone(world: World) -> document_service_pb2_grpc.DocumentServiceStub:
    """Someone who has the link."""
    return document_service_pb2_grpc.DocumentServiceStub(world.harness.anonymous())


def bill_of(world: World, bill: bill_pb2.Bill, **more: object) -> Callable[[], HttpBody]:
    """A call for the bill's PDF."""
    request = document_service_pb2.GetBillPdfRequest(id=bill.id, **more)  # type: ignore[arg-type] # fields by name
    return lambda: staff(world).GetBillPdf(request)


def receipt_of(world: World, payment: payment_pb2.Payment) -> Callable[[], HttpBody]:
    """A call for the payment's receipt."""
    return lambda: staff(world).GetReceiptPdf(document_service_pb2.GetReceiptPdfRequest(id=payment.id))


def public(world: World, bill: bill_pb2.Bill, **more: object) -> Callable[[], HttpBody]:
    """A call for the PDF behind the bill's link."""
    token = bill.public_url.rpartition("/")[2]
    request = document_service_pb2.GetPublicBillPdfRequest(token=token, **more)  # type: ignore[arg-type] # as above
    return lambda: anyone(world).GetPublicBillPdf(request)


def ready(world: World, call: Callable[[], HttpBody]) -> str:
    """The text of the document: asked for, made, and asked for again."""
    answer = refused(call)
    assert (answer.code, answer.reason) == (grpc.StatusCode.UNAVAILABLE, "DOCUMENT_IN_PROGRESS")
    world.work(tasks.PRINT_DOCUMENT)
    body = call()
    assert body.content_type == "application/pdf"
    assert body.data.startswith(b"%PDF-")
    return pages.text(body.data)
