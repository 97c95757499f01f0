"""The audit log, invitations by e-mail, limits of members, test tenants and support access."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
