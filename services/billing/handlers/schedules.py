"""BillScheduleService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import bill_schedule_pb2
from billmesh.billing.v1 import bill_schedule_service_pb2 as pb
from billmesh.billing.v1.bill_schedule_service_pb2_grpc import BillScheduleServiceServicer

from services.billing.convert import schedules as convert
from services.billing.domain.ids import MerchantId, ScheduleId
from services.billing.usecases import schedules
from services.kit import idempotency, paging
from services.kit.context import caller
from services.kit.ids import from_text

if TYPE_CHECKING:
    import grpc

    from services.billing.usecases.deps import Deps


class BillScheduleHandler(BillScheduleServiceServicer):
    """Bills that come again and again."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetBillSchedule(
        self, request: pb.GetBillScheduleRequest, context: grpc.ServicerContext
    ) -> bill_schedule_pb2.BillSchedule:
        """One schedule."""
        return convert.schedule_to_proto(schedules.get(self._deps, _merchant(), _id(request.id)))

    def ListBillSchedules(
        self, request: pb.ListBillSchedulesRequest, context: grpc.ServicerContext
    ) -> pb.ListBillSchedulesResponse:
        """A page of schedules."""
        return convert.page_to_proto(schedules.list_page(self._deps, _merchant(), page=paging.page(request)))

    def CreateBillSchedule(
        self, request: pb.CreateBillScheduleRequest, context: grpc.ServicerContext
    ) -> bill_schedule_pb2.BillSchedule:
        """A new schedule."""
        once = idempotency.once(request, bill_schedule_pb2.BillSchedule, convert.schedule_to_proto)
        return schedules.create(self._deps, _merchant(), terms=convert.terms_from_proto(request.schedule), once=once)

    def DeleteBillSchedule(
        self, request: pb.DeleteBillScheduleRequest, context: grpc.ServicerContext
    ) -> pb.DeleteBillScheduleResponse:
        """A schedule, gone."""
        schedules.delete(self._deps, _merchant(), _id(request.id))
        return pb.DeleteBillScheduleResponse()

    def PauseBillSchedule(
        self, request: pb.PauseBillScheduleRequest, context: grpc.ServicerContext
    ) -> bill_schedule_pb2.BillSchedule:
        """A schedule that waits."""
        once = idempotency.once(request, bill_schedule_pb2.BillSchedule, convert.schedule_to_proto)
        return schedules.pause(self._deps, _merchant(), _id(request.id), once=once)

    def ResumeBillSchedule(
        self, request: pb.ResumeBillScheduleRequest, context: grpc.ServicerContext
    ) -> bill_schedule_pb2.BillSchedule:
        """A schedule that goes on."""
        once = idempotency.once(request, bill_schedule_pb2.BillSchedule, convert.schedule_to_proto)
        return schedules.resume(self._deps, _merchant(), _id(request.id), once=once)


def _merchant() -> MerchantId:
    return MerchantId(caller().merchant)


def _id(text: str) -> ScheduleId:
    return ScheduleId(from_text("sch", text))
