"""What is written down for ever: who did what, to what, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from services.auth.domain.names import AccountId, MerchantId


class Action(StrEnum):
    """What auth itself notes; other services' actions come as text. docs/audit.md says what each means."""

    ACCOUNT_CREATED = "account.created"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105 - the name of an action
    PHONE_VERIFIED = "account.phone_verified"
    EMAIL_VERIFIED = "account.email_verified"
    EMAIL_CHANGED = "account.email_changed"

    SIGNED_IN = "sign_in.succeeded"
    FACTOR_REFUSED = "sign_in.factor_refused"
    LOCKED = "sign_in.locked"
    STEPPED_UP = "sign_in.stepped_up"

    SESSION_REVOKED = "session.revoked"
    SESSIONS_REVOKED = "session.all_revoked"
    CODE_REUSED = "session.code_reused"
    REFRESH_REUSED = "session.refresh_reused"

    AUTHENTICATOR_ADDED = "authenticator.added"
    AUTHENTICATOR_REMOVED = "authenticator.removed"
    RECOVERY_CODES_MADE = "recovery_codes.made"
    RECOVERY_CODE_USED = "recovery_codes.used"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_CLONED = "passkey.cloned"

    RECOVERY_STARTED = "recovery.started"
    RECOVERY_WAITING = "recovery.waiting"
    RECOVERY_CANCELLED = "recovery.cancelled"
    RECOVERY_FINISHED = "recovery.finished"
    FACTORS_RESET = "recovery.factors_reset"

    CONSENT_GIVEN = "consent.given"
    CONSENT_DENIED = "consent.denied"
    CONSENT_REVOKED = "consent.revoked"
    DEVICE_ALLOWED = "device.allowed"
    DEVICE_DENIED = "device.denied"

    MERCHANT_CREATED = "merchant.created"
    MERCHANT_UPDATED = "merchant.updated"
    TEST_TENANT_CREATED = "merchant.test_tenant_created"
    MEMBER_INVITED = "member.invited"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_LIMITS_CHANGED = "member.limits_changed"
    MEMBER_REMOVED = "member.removed"

    CLIENT_CREATED = "client.created"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - the name of an action
    CLIENT_DELETED = "client.deleted"
    CLIENT_REFUSED = "client.refused"

    SUPPORT_GRANTED = "support.granted"
    SUPPORT_REVOKED = "support.revoked"
    STAFF_APPOINTED = "support.staff_appointed"
    STAFF_DISMISSED = "support.staff_dismissed"
    SUPPORT_TOKEN_ISSUED = "support.token_issued"  # noqa: S105 - the name of an action


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One of them. It is of a merchant, or of a person, or of both: each sees it."""

    id: UUID
    create_time: datetime
    merchant_id: MerchantId | None
    account_id: AccountId | None
    action: str
    # Ids as they are on the wire, for they are of many kinds: "acc_…", "cli_…", or the name of a service.
    actor_id: str
    impersonator_id: str = ""
    client_id: str = ""
    target_id: str = ""
    network: str = ""
    country_code: str = ""
    request_id: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which events; what is empty or None asks for nothing."""

    # With a dot at its end: all that begin so.
    action: str = ""
    actor_id: str = ""
    target_id: str = ""
    start_time: datetime | None = None
    end_time: datetime | None = None
