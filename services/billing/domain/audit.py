"""What of this service is in the audit log; docs/audit.md says what each means."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What staff do to bills, payments and settings."""

    BILL_DELETED = "bill.deleted"
    BILL_VOIDED = "bill.voided"
    PAYMENT_VERIFIED = "payment.verified"
    PAYMENT_REJECTED = "payment.rejected"
    SETTINGS_CHANGED = "billing_settings.changed"
