"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Implements services.kit.clock.Clock."""

    def __init__(self, moment: datetime | None = None) -> None:
        """Starts at `moment`, or at the machine's time, so that tokens and UUIDv7 partitions are of today."""
        self.moment = moment or datetime.now(UTC)

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Moves time."""
        self.moment += by
