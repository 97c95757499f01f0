"""Files kept with bills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from services.billing.domain.files import MediaType
    from services.billing.domain.ids import AttachmentId, BillId

MOST_ON_A_BILL: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file without its bytes."""

    id: AttachmentId
    bill_id: BillId
    file_name: str
    media_type: MediaType
    size: int
    sha256: bytes
    create_time: datetime


@dataclass(frozen=True, slots=True)
class File:
    """Bytes and what they are."""

    content: bytes
    media_type: MediaType
    name: str
