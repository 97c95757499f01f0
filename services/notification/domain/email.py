"""An e-mail address as a type, and the way it is shown to people who need not know all of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 254
_LONGEST_LOCAL = 64
# RFC 5321's dot-string and domain, in ASCII. Quoted local parts and address literals are legal, nobody's, and refused:
# what is left can hold nothing that a mail header or an SMTP command would take for the end of an address.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")


@dataclass(frozen=True, slots=True)
class Email:
    """An address of ASCII, for example "asha@example.com"; made by `parse`."""

    address: str

    def __repr__(self) -> str:
        """Masked, so that no log line or trace shows an address."""
        return f"Email({self.masked})"

    @property
    def masked(self) -> str:
        """First characters and the top-level domain, for example "a•••@e•••.com"."""
        local, _, domain = self.address.rpartition("@")
        name, dot, top = domain.rpartition(".")
        return f"{local[0]}•••@{(name or top)[0]}•••{dot}{top if dot else ''}"

    @property
    def normalised(self) -> str:
        """By which it is recognised: mail servers that tell case apart are not met in practice."""
        return self.address.lower()

    @property
    def mailbox(self) -> str:
        """Where it most likely ends: without the "+tag", so that tags do not multiply what one person may be sent."""
        local, _, domain = self.normalised.rpartition("@")
        return f"{local.partition('+')[0] or local}@{domain}"


def parse(text: str) -> Email | None:
    """The address that `text` is; None if no mail could be sent to it."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST or len(found[1]) > _LONGEST_LOCAL:
        return None
    return Email(text)
