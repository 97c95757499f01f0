"""How the notification service says no. Reasons are those of errors.proto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.failure import Failure, FieldViolation, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta


class MessageNotFound(Failure):
    """No such message for this caller."""

    kind = Kind.NOT_FOUND
    reason = "MESSAGE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such message.")


class TemplateNotFound(Failure):
    """No such kind and locale, or not a merchant's."""

    kind = Kind.NOT_FOUND
    reason = "TEMPLATE_NOT_FOUND"

    def __init__(self, template: str) -> None:
        super().__init__(f"There is no template {template}.", template=template)


class TemplateChanged(Failure):
    """The etag is not the present one."""

    kind = Kind.CONFLICT
    reason = "TEMPLATE_CHANGED"

    def __init__(self) -> None:
        super().__init__("The template has changed since it was read. Read it again.")


class PlaceholderUnknown(Failure):
    """Wording with a gap that nothing would fill."""

    kind = Kind.INVALID
    reason = "PLACEHOLDER_UNKNOWN"

    def __init__(self, placeholders: Sequence[str], *, allowed: Sequence[str]) -> None:
        super().__init__(
            f"The text has placeholders that this kind does not have: {', '.join(placeholders)}.",
            fields=(FieldViolation("template.text", f"may have only these placeholders: {', '.join(allowed)}"),),
            placeholders=",".join(placeholders),
        )


class PlaceholderMissing(Failure):
    """Wording without something that the recipient needs."""

    kind = Kind.INVALID
    reason = "PLACEHOLDER_MISSING"

    def __init__(self, placeholders: Sequence[str]) -> None:
        super().__init__(
            f"The text lacks placeholders that recipients need: {', '.join(placeholders)}.",
            fields=(FieldViolation("template.text", f"must have these placeholders: {', '.join(placeholders)}"),),
            placeholders=",".join(placeholders),
        )


class PhoneInvalid(Failure):
    """No number that could exist."""

    kind = Kind.INVALID
    reason = "PHONE_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "The phone is no number that could exist.",
            fields=(FieldViolation("phone", "must be a possible phone number in E.164 form"),),
        )


class EmailInvalid(Failure):
    """No address that mail could be sent to."""

    kind = Kind.INVALID
    reason = "EMAIL_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "The e-mail is no address that mail could be sent to.",
            fields=(FieldViolation("email", "must be an e-mail address in ASCII"),),
        )


class DedupeKeyReused(Failure):
    """The key is taken by another message."""

    kind = Kind.INVALID
    reason = "DEDUPE_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "This dedupe_key names a message of another kind or to another recipient.",
            fields=(FieldViolation("dedupe_key", "must be new for a new message"),),
        )


class PhoneLimitReached(Failure):
    """Enough for this phone and hour."""

    kind = Kind.EXHAUSTED
    reason = "PHONE_LIMIT_REACHED"

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__("This phone has been sent as many messages as it may be in an hour.", retry_after=retry_after)


class EmailLimitReached(Failure):
    """Enough for this address and hour."""

    kind = Kind.EXHAUSTED
    reason = "EMAIL_LIMIT_REACHED"

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__(
            "This e-mail address has been sent as many messages as it may be in an hour.", retry_after=retry_after
        )


class MerchantLimitReached(Failure):
    """Enough for this merchant and day."""

    kind = Kind.EXHAUSTED
    reason = "MERCHANT_LIMIT_REACHED"

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__("The merchant has sent as many messages as it may in a day.", retry_after=retry_after)


class ContentNotAllowed(Failure):
    """Not this service's to send."""

    kind = Kind.DENIED
    reason = "CONTENT_NOT_ALLOWED"

    def __init__(self, message_kind: str) -> None:
        super().__init__(f"{message_kind} is not this service's to send.", kind=message_kind)


class CallbackSignatureInvalid(Failure):
    """Not from the provider, or not at the address that it was given."""

    kind = Kind.DENIED
    reason = "CALLBACK_SIGNATURE_INVALID"

    def __init__(self) -> None:
        super().__init__("The signature does not fit.")
