"""What both processes of this service are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import (
    attachment_service_pb2,
    attachment_service_pb2_grpc,
    balance_service_pb2,
    balance_service_pb2_grpc,
    bank_statement_service_pb2,
    bank_statement_service_pb2_grpc,
    bill_event_service_pb2,
    bill_event_service_pb2_grpc,
    bill_schedule_service_pb2,
    bill_schedule_service_pb2_grpc,
    bill_service_pb2,
    bill_service_pb2_grpc,
    credit_note_service_pb2,
    credit_note_service_pb2_grpc,
    customer_service_pb2,
    customer_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    gateway_service_pb2,
    gateway_service_pb2_grpc,
    ledger_service_pb2,
    ledger_service_pb2_grpc,
    my_bill_service_pb2,
    my_bill_service_pb2_grpc,
    payment_service_pb2,
    payment_service_pb2_grpc,
    person_link_service_pb2,
    person_link_service_pb2_grpc,
    public_balance_service_pb2,
    public_balance_service_pb2_grpc,
    public_bill_service_pb2,
    public_bill_service_pb2_grpc,
    refund_service_pb2,
    refund_service_pb2_grpc,
    report_service_pb2,
    report_service_pb2_grpc,
    settings_service_pb2,
    settings_service_pb2_grpc,
)

from services.billing.clients import MeshItemDirectory, MeshMerchantDirectory, MeshStock
from services.billing.domain.gateway import Provider
from services.billing.gateways.razorpay import Razorpay
from services.billing.gateways.stripe import Stripe
from services.billing.handlers.attachments import AttachmentHandler
from services.billing.handlers.balances import BalanceHandler, PublicBalanceHandler
from services.billing.handlers.bank_statements import BankStatementHandler
from services.billing.handlers.bill_events import BillEventHandler
from services.billing.handlers.bills import BillHandler
from services.billing.handlers.credit_notes import CreditNoteHandler
from services.billing.handlers.customers import CustomerHandler
from services.billing.handlers.documents import DocumentHandler
from services.billing.handlers.gateways import GatewayCallbackHandler, GatewayHandler
from services.billing.handlers.ledger import LedgerHandler
from services.billing.handlers.own_bills import MyBillHandler, PersonLinkHandler, PublicBillHandler
from services.billing.handlers.payments import PaymentHandler
from services.billing.handlers.refunds import RefundHandler
from services.billing.handlers.reports import ReportHandler
from services.billing.handlers.schedules import BillScheduleHandler
from services.billing.handlers.settings import SettingsHandler
from services.billing.links import PublicLinks
from services.billing.messenger import MeshMessenger
from services.billing.reading import FileReader
from services.billing.usecases.deps import Deps
from services.kit.clock import SystemClock
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.server import Servicer

if TYPE_CHECKING:
    from services.billing.config import BillingSettings
    from services.kit.mesh import Mesh

NAME = "billing"


def dependencies(settings: BillingSettings, mesh: Mesh, *, name: str = NAME) -> Deps:
    """The real ones. Connects to nothing yet. `name`: of the process, as the database shows it."""
    clock = SystemClock()
    return Deps(
        db=Database(settings, name=name),
        clock=clock,
        ids=TimeOrderedIds(clock),
        vault=Vault(settings),
        merchants=MeshMerchantDirectory(mesh.channel),
        items=MeshItemDirectory(mesh.channel),
        stock=MeshStock(mesh.channel),
        messenger=MeshMessenger(mesh.channel),
        links=PublicLinks(settings.link_key, public_url=settings.public_url),
        files=FileReader(),
        gateways={Provider.RAZORPAY: Razorpay(settings.razorpay_url), Provider.STRIPE: Stripe(settings.stripe_url)},
    )


def servicers(deps: Deps) -> tuple[Servicer, ...]:
    """The gRPC services of the server process."""
    return (
        Servicer(
            attachment_service_pb2.DESCRIPTOR.services_by_name["AttachmentService"],
            attachment_service_pb2_grpc.add_AttachmentServiceServicer_to_server,
            AttachmentHandler(deps),
        ),
        Servicer(
            bill_event_service_pb2.DESCRIPTOR.services_by_name["BillEventService"],
            bill_event_service_pb2_grpc.add_BillEventServiceServicer_to_server,
            BillEventHandler(deps),
        ),
        Servicer(
            bill_schedule_service_pb2.DESCRIPTOR.services_by_name["BillScheduleService"],
            bill_schedule_service_pb2_grpc.add_BillScheduleServiceServicer_to_server,
            BillScheduleHandler(deps),
        ),
        Servicer(
            bill_service_pb2.DESCRIPTOR.services_by_name["BillService"],
            bill_service_pb2_grpc.add_BillServiceServicer_to_server,
            BillHandler(deps),
        ),
        Servicer(
            customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"],
            customer_service_pb2_grpc.add_CustomerServiceServicer_to_server,
            CustomerHandler(deps),
        ),
        Servicer(
            balance_service_pb2.DESCRIPTOR.services_by_name["BalanceService"],
            balance_service_pb2_grpc.add_BalanceServiceServicer_to_server,
            BalanceHandler(deps),
        ),
        Servicer(
            public_balance_service_pb2.DESCRIPTOR.services_by_name["PublicBalanceService"],
            public_balance_service_pb2_grpc.add_PublicBalanceServiceServicer_to_server,
            PublicBalanceHandler(deps),
        ),
        Servicer(
            document_service_pb2.DESCRIPTOR.services_by_name["DocumentService"],
            document_service_pb2_grpc.add_DocumentServiceServicer_to_server,
            DocumentHandler(deps),
        ),
        Servicer(
            payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"],
            payment_service_pb2_grpc.add_PaymentServiceServicer_to_server,
            PaymentHandler(deps),
        ),
        Servicer(
            refund_service_pb2.DESCRIPTOR.services_by_name["RefundService"],
            refund_service_pb2_grpc.add_RefundServiceServicer_to_server,
            RefundHandler(deps),
        ),
        Servicer(
            credit_note_service_pb2.DESCRIPTOR.services_by_name["CreditNoteService"],
            credit_note_service_pb2_grpc.add_CreditNoteServiceServicer_to_server,
            CreditNoteHandler(deps),
        ),
        Servicer(
            bank_statement_service_pb2.DESCRIPTOR.services_by_name["BankStatementService"],
            bank_statement_service_pb2_grpc.add_BankStatementServiceServicer_to_server,
            BankStatementHandler(deps),
        ),
        Servicer(
            gateway_service_pb2.DESCRIPTOR.services_by_name["GatewayService"],
            gateway_service_pb2_grpc.add_GatewayServiceServicer_to_server,
            GatewayHandler(deps),
        ),
        Servicer(
            gateway_service_pb2.DESCRIPTOR.services_by_name["GatewayCallbackService"],
            gateway_service_pb2_grpc.add_GatewayCallbackServiceServicer_to_server,
            GatewayCallbackHandler(deps),
        ),
        Servicer(
            settings_service_pb2.DESCRIPTOR.services_by_name["SettingsService"],
            settings_service_pb2_grpc.add_SettingsServiceServicer_to_server,
            SettingsHandler(deps),
        ),
        Servicer(
            ledger_service_pb2.DESCRIPTOR.services_by_name["LedgerService"],
            ledger_service_pb2_grpc.add_LedgerServiceServicer_to_server,
            LedgerHandler(deps),
        ),
        Servicer(
            report_service_pb2.DESCRIPTOR.services_by_name["ReportService"],
            report_service_pb2_grpc.add_ReportServiceServicer_to_server,
            ReportHandler(deps),
        ),
        Servicer(
            my_bill_service_pb2.DESCRIPTOR.services_by_name["MyBillService"],
            my_bill_service_pb2_grpc.add_MyBillServiceServicer_to_server,
            MyBillHandler(deps),
        ),
        Servicer(
            public_bill_service_pb2.DESCRIPTOR.services_by_name["PublicBillService"],
            public_bill_service_pb2_grpc.add_PublicBillServiceServicer_to_server,
            PublicBillHandler(deps),
        ),
        Servicer(
            person_link_service_pb2.DESCRIPTOR.services_by_name["PersonLinkService"],
            person_link_service_pb2_grpc.add_PersonLinkServiceServicer_to_server,
            PersonLinkHandler(deps),
        ),
    )
