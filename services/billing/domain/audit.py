"""What of this service is in the audit log; docs/audit.md says what each means."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What staff do to bills, payments and settings."""

    BILL_DELETED = "bill.deleted"
    BILL_VOIDED = "bill.voided"
    PAYMENT_VERIFIED = "payment.verified"
    PAYMENT_REJECTED = "payment.rejected"
    PAYMENT_REFUNDED = "payment.refunded"
    CREDIT_REFUNDED = "credit.refunded"
    CREDIT_NOTE_ISSUED = "credit_note.issued"
    ATTACHMENT_DELETED = "bill.attachment_deleted"
    SCHEDULE_DELETED = "bill_schedule.deleted"
    SETTINGS_CHANGED = "billing_settings.changed"
    CREDIT_LIMIT_CHANGED = "customer.credit_limit_changed"
    CREDIT_LIMIT_IGNORED = "bill.credit_limit_ignored"
    CUSTOMERS_IMPORTED = "customer.imported"
    GATEWAY_CREATED = "gateway.created"
    GATEWAY_CHANGED = "gateway.changed"
    STATEMENT_IMPORTED = "bank_statement.imported"
    STATEMENT_LINE_MATCHED = "bank_statement_line.matched"
    STATEMENT_LINE_DISMISSED = "bank_statement_line.dismissed"
    CUSTOMER_DELETED = "customer.deleted"
    CUSTOMER_ERASED = "customer.erased"
    CUSTOMERS_MERGED = "customer.merged"
