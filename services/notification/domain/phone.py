"""A phone number as a type, and the way it is shown to people who need not know all of it."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN_AT_START = 3
_SHOWN_AT_END = 4


@dataclass(frozen=True, slots=True)
class Phone:
    """An E.164 number, for example "+919876543210", and the ISO 3166 region it belongs to ("" where there is none)."""

    number: str
    region: str

    def __repr__(self) -> str:
        """Masked, so that no log line or trace shows a number."""
        return f"Phone({self.masked})"

    @property
    def masked(self) -> str:
        """First and last digits with dots between, for example "+91••••••3210"."""
        start, end = self.number[:_SHOWN_AT_START], self.number[-_SHOWN_AT_END:]
        return start + "•" * (len(self.number) - len(start) - len(end)) + end
