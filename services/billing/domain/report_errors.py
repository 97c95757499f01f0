"""What reports refuse, one class a reason of errors.proto."""

from __future__ import annotations

from services.kit.failure import Failure, Kind


class ReturnNotApplicable(Failure):
    """The merchant files no such return."""

    kind = Kind.PRECONDITION
    reason = "RETURN_NOT_APPLICABLE"

    def __init__(self) -> None:
        super().__init__("The merchant files no GSTR-1: it takes Indian GST, a GSTIN and no composition levy.")
