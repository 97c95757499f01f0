"""Identifiers of what billing knows. Inside they are UUIDs; the text forms exist on the wire alone."""

from typing import NewType
from uuid import UUID

MerchantId = NewType("MerchantId", UUID)
AccountId = NewType("AccountId", UUID)
CustomerId = NewType("CustomerId", UUID)
BillId = NewType("BillId", UUID)
PaymentId = NewType("PaymentId", UUID)
LegId = NewType("LegId", UUID)
RefundId = NewType("RefundId", UUID)
CreditNoteId = NewType("CreditNoteId", UUID)
ItemId = NewType("ItemId", UUID)
StoreId = NewType("StoreId", UUID)
# A person as billing knows them: a telephone number that bills were sent to, linked to an account or not yet.
PersonId = NewType("PersonId", UUID)
EntryId = NewType("EntryId", UUID)
AttemptId = NewType("AttemptId", UUID)
BankStatementId = NewType("BankStatementId", UUID)
StatementLineId = NewType("StatementLineId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
# A question to a customer about their balance.
ConfirmationId = NewType("ConfirmationId", UUID)
GatewayId = NewType("GatewayId", UUID)
PaymentLinkId = NewType("PaymentLinkId", UUID)
ConsentId = NewType("ConsentId", UUID)
ScheduleId = NewType("ScheduleId", UUID)
