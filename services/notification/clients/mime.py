"""From a mail to the bytes that a mail server takes: headers, plain text and HTML."""

from __future__ import annotations

import base64
import re
import unicodedata
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notification.domain.mail import FOOTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.notification.clients.mailer import Mail

# Everything in ASCII, whatever the script: no server on the way needs an extension for it.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_CODE = re.compile(r"[0-9]{4,10}")
# An encoded word has 75 characters at most (RFC 2047), of which "=?utf-8?b?" and "?=" leave 63 of base64.
_WORD_BYTES = 45
# What may follow a link in a sentence and is not part of it.
_AFTER_LINK = ".,;:!?।)"


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class _Paragraph:
    parts: tuple[_Part, ...]

    @property
    def is_code(self) -> bool:
        """Whether it is nothing but a code, which is to be read at a glance."""
        return len(self.parts) == 1 and _CODE.fullmatch(self.parts[0].text) is not None


class Composer:
    """Writes mails of one sender: `sender` is "Name <address>" taken apart, `origin` that of the product's links."""

    def __init__(self, *, sender: Address, origin: str) -> None:
        self._sender = sender
        # Only links to the product itself become links: names and wording that merchants give stay text.
        self._link = re.compile(rf"({re.escape(origin)}(?:/[^\s<>\"']*)?)(?=\s|$)")
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("mail.html")

    def message_id(self, mail: Mail) -> str:
        """The same for every attempt: mailboxes that know it already may drop the copy."""
        return f"<{mail.name}@{self._sender.domain}>"

    def compose(self, mail: Mail) -> bytes:
        """The message with its headers, lines ended by CR LF. Raises ValueError for a header that would break out."""
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._sender
        message["To"] = Address(addr_spec=mail.recipient)
        message["Date"] = format_datetime(mail.time)
        message["Message-ID"] = self.message_id(mail)
        # RFC 3834: no out-of-office answers, please; the second is for servers that know only it.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        footer = FOOTERS[mail.locale]
        message.set_content(f"{mail.text}\n\n-- \n{footer}\n")
        page = self._page.render(
            locale=mail.locale,
            subject_line=mail.subject_line,
            paragraphs=[_Paragraph(tuple(self._parts(text))) for text in mail.text.split("\n\n")],
            footer=footer,
        )
        message.add_alternative(page, subtype="html")
        message["Content-Language"] = mail.locale
        return _subject(mail.subject_line) + message.as_bytes()

    def _parts(self, text: str) -> Iterator[_Part]:
        for index, piece in enumerate(self._link.split(text)):
            if index % 2 == 0:
                if piece:
                    yield _Part(piece)
                continue
            link = piece.rstrip(_AFTER_LINK)
            yield _Part(link, is_link=True)
            if link != piece:
                yield _Part(piece[len(link) :])


def _subject(line: str) -> bytes:
    """The header, in encoded words unless it is ASCII. The library's own folding loses spaces between words of Hindi.

    Raises ValueError for a line with control characters in it.
    """
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in line):
        raise ValueError("a subject line is one line")
    if line.isascii() and "=?" not in line:
        return f"Subject: {line}\r\n".encode("ascii")
    words, word = [], b""
    for character in line:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    joined = b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(part) + b"?=" for part in (*words, word))
    return b"Subject: " + joined + b"\r\n"
