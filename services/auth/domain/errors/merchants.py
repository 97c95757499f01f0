"""How auth says no about merchants and their members."""

from __future__ import annotations

from services.kit.failure import Failure, FieldViolation, Kind


class MerchantNotFound(Failure):
    """Absent, or another's."""

    kind = Kind.NOT_FOUND
    reason = "MERCHANT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such merchant.")


class MerchantChanged(Failure):
    """The etag is stale."""

    kind = Kind.CONFLICT
    reason = "MERCHANT_CHANGED"

    def __init__(self) -> None:
        super().__init__("The merchant was changed since it was read.")


class PlaceUnknown(Failure):
    """No such country or time zone."""

    kind = Kind.INVALID
    reason = "PLACE_UNKNOWN"

    def __init__(self, *fields: FieldViolation) -> None:
        super().__init__("No such country or time zone.", fields=fields)


class MemberNotFound(Failure):
    """Absent, or another merchant's."""

    kind = Kind.NOT_FOUND
    reason = "MEMBER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such member.")


class MemberExists(Failure):
    """The phone is invited, or a member's."""

    kind = Kind.EXISTS
    reason = "MEMBER_EXISTS"

    def __init__(self) -> None:
        super().__init__("That phone is invited already, or a member's.")


class InvitationNotFound(Failure):
    """Absent, closed, or for another phone."""

    kind = Kind.NOT_FOUND
    reason = "INVITATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such invitation for your phone.")


class OwnerRequired(Failure):
    """The caller is not an owner, or not any more."""

    kind = Kind.DENIED
    reason = "OWNER_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Only an owner may do this.")


class LastOwner(Failure):
    """The merchant would be without an owner."""

    kind = Kind.PRECONDITION
    reason = "LAST_OWNER"

    def __init__(self) -> None:
        super().__init__("A merchant must keep an owner.")


class TestTenant(Failure):
    """A test tenant has no members, clients or support access of its own."""

    kind = Kind.PRECONDITION
    reason = "TEST_TENANT"

    def __init__(self) -> None:
        super().__init__("A test tenant has the members and clients of its live merchant. Use a token for that one.")


class MemberNotActive(Failure):
    """The invitation is not accepted yet."""

    kind = Kind.PRECONDITION
    reason = "MEMBER_NOT_ACTIVE"

    def __init__(self) -> None:
        super().__init__("The invitation was not accepted yet.")


class LimitReached(Failure):
    """As many as there may be."""

    kind = Kind.PRECONDITION
    reason = "LIMIT_REACHED"

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"There may be at most {most} {what}.", what=what, most=str(most))
