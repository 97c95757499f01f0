"""What a recipient reads: the wording in force, filled with what the sender gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.notification.domain.mail import BODIES, SUBJECT_LINES
from services.notification.domain.message import Channel
from services.notification.domain.template import TemplateKey, locale_for
from services.notification.domain.text import Size, one_line, size
from services.notification.usecases import templates, wording
from services.notification.usecases.wording import Regions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.notification.domain.content import Content
    from services.notification.domain.message import TenantId
    from services.notification.usecases.recipients import Recipient

# Longer ones are cut by mail programs anyway.
_LONGEST_SUBJECT_LINE = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as written. An SMS has a size, an e-mail a subject line."""

    locale: str
    text: str = field(repr=False)
    subject_line: str = ""
    size: Size | None = None
    dlt_template_id: str = ""


def write(tx: Connection, tenant: TenantId, content: Content, *, to: Recipient, requested: str, country: str) -> Letter:
    """The letter in the language that `requested` (BCP 47 or "") and the recipient's country ask for.

    `country`: the merchant's, "" where Billmesh itself writes.
    """
    locale = locale_for(requested, to.region)
    key = TemplateKey(content.kind, locale)
    by_sms = to.channel is Channel.SMS
    asked = requested.rpartition("-")[2] if "-" in requested else ""
    regions = Regions(requested=asked, merchant=country, phone=to.region)

    def fill(text: str) -> str:
        return wording.fill(text, content, language=locale, regions=regions, by_sms=by_sms)

    if by_sms:
        template = templates.in_force(tx, tenant, key)
        text = fill(template.text)
        return Letter(locale=locale, text=text, size=size(text), dlt_template_id=template.dlt_template_id)
    body = BODIES[content.kind][locale] if content.kind in BODIES else templates.in_force(tx, tenant, key).text
    return Letter(
        locale=locale,
        # Gaps that were filled with nothing leave no spaces at the ends of lines.
        text="\n".join(line.rstrip() for line in fill(body).splitlines()),
        subject_line=one_line(fill(SUBJECT_LINES[content.kind][locale]), longest=_LONGEST_SUBJECT_LINE),
    )
