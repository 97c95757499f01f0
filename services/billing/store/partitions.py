"""Monthly partitions of the bills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.sql import run

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

_MAKE = "SELECT make_partitions(%(first_month)s, %(months)s)"


def make_partitions(tx: Connection, *, first_month: date, months: int) -> int:  # no tenant: partitions are everyone's
    """Makes what is missing of `months` months from the one of `first_month` on; how many tables that took."""
    made: int = run(tx, _MAKE, {"first_month": first_month, "months": months}).scalar_one()
    return made
