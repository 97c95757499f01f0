"""What each role may do: the one table of scopes."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a member is at a merchant."""

    OWNER = "owner"
    MANAGER = "manager"
    CASHIER = "cashier"
    ACCOUNTANT = "accountant"
    VIEWER = "viewer"


# A person acting for themselves. `openid`, `email` and `phone` are those of OpenID Connect.
PERSON_SCOPES = frozenset(("account", "profile", "openid", "email", "phone", "bills:own", "shopping"))

_READ = frozenset(
    (
        "merchant:read",
        "customers:read",
        "bills:read",
        "payments:read",
        "settings:read",
        "items:read",
        "stock:read",
        "stores:read",
        "messages:read",
        "reports:read",
    )
)
_MANAGE = _READ | frozenset(
    (
        "merchant:write",
        "members:read",
        "clients:read",
        "audit:read",
        "customers:write",
        "bills:write",
        "payments:write",
        "settings:write",
        "items:write",
        "stock:write",
        "stores:write",
    )
)

ROLE_SCOPES = {
    Role.OWNER: _MANAGE | {"members:write", "clients:write"},
    Role.MANAGER: _MANAGE,
    Role.CASHIER: frozenset(
        (
            "merchant:read",
            "customers:read",
            "customers:write",
            "bills:read",
            "bills:write",
            "payments:read",
            "payments:write",
            "settings:read",
            "items:read",
            "stock:read",
            "stores:read",
        )
    ),
    Role.ACCOUNTANT: _READ | {"payments:write", "settings:write"},
    Role.VIEWER: _READ,
}

MERCHANT_SCOPES = ROLE_SCOPES[Role.OWNER]
ALL_SCOPES = PERSON_SCOPES | MERCHANT_SCOPES
# What only our own applications may have: with it one could make oneself more.
FIRST_PARTY_SCOPES = frozenset(
    ("account", "members:read", "members:write", "clients:read", "clients:write", "audit:read")
)
PARTNER_SCOPES = ALL_SCOPES - FIRST_PARTY_SCOPES


def effective_scopes(granted: frozenset[str], role: Role | None) -> frozenset[str]:
    """Of what was granted at sign-in, what a token may carry: for `role` at a merchant, or for the person alone."""
    return granted & (PERSON_SCOPES if role is None else ROLE_SCOPES[role])
