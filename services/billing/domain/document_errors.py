"""What is refused about documents."""

from __future__ import annotations

from datetime import timedelta

from services.kit.failure import Failure, Kind

_SOON = timedelta(seconds=1)


class DocumentInProgress(Failure):
    """The document is being made; it is there in a moment."""

    kind = Kind.UNAVAILABLE
    reason = "DOCUMENT_IN_PROGRESS"

    def __init__(self) -> None:
        super().__init__("The document is being made. Ask again in a second.", retry_after=_SOON)


class NothingReceived(Failure):
    """No money of the payment has come, so there is nothing to give a receipt for."""

    kind = Kind.PRECONDITION
    reason = "NOTHING_RECEIVED"

    def __init__(self) -> None:
        super().__init__("Nothing of the payment was received.")
