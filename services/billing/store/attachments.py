"""Files kept with bills, sealed; and merchants' logos, which are printed for everyone to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.billing.domain.attachment import Attachment, File
from services.billing.domain.files import MediaType
from services.billing.domain.ids import AttachmentId
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from services.billing.domain.ids import BillId, MerchantId
    from services.kit.crypto import Vault

_NAME, _CONTENT = "bill_attachments.file_name", "bill_attachments.content"
_HOLD = "SELECT 1 FROM bills WHERE merchant_id = %(merchant_id)s AND id = %(bill_id)s FOR UPDATE"
_EXISTS = "SELECT 1 FROM bills WHERE merchant_id = %(merchant_id)s AND id = %(bill_id)s"
_COUNT = "SELECT count(*) FROM bill_attachments WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s"
_INSERT = """
INSERT INTO bill_attachments (merchant_id, bill_id, id, file_name, media_type, size_bytes, sha256, content, create_time)
VALUES (%(merchant_id)s, %(bill_id)s, %(id)s, %(file_name)s, %(media_type)s, %(size)s, %(sha256)s, %(content)s,
    %(create_time)s)
"""
_LIST = """
SELECT id, file_name, media_type, size_bytes, sha256, create_time FROM bill_attachments
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id LIMIT %(limit)s
"""
_LOAD = """
SELECT id, file_name, media_type, content FROM bill_attachments
WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND id = %(id)s
"""
_DELETE = """
DELETE FROM bill_attachments WHERE merchant_id = %(merchant_id)s AND bill_id = %(bill_id)s AND id = %(id)s
"""
_LOGO = "SELECT media_type, content FROM merchant_logos WHERE merchant_id = %(merchant_id)s"
_KEEP_LOGO = """
WITH named AS (
    UPDATE settings SET logo_sha256 = sha256(%(content)s), version = version + 1 WHERE merchant_id = %(merchant_id)s
)
INSERT INTO merchant_logos (merchant_id, media_type, content)
VALUES (%(merchant_id)s, %(media_type)s, %(content)s)
ON CONFLICT (merchant_id) DO UPDATE SET media_type = EXCLUDED.media_type, content = EXCLUDED.content
"""
_DROP_LOGO = """
WITH gone AS (
    DELETE FROM merchant_logos WHERE merchant_id = %(merchant_id)s RETURNING merchant_id
)
UPDATE settings SET logo_sha256 = NULL, version = version + 1
WHERE merchant_id = %(merchant_id)s AND merchant_id IN (SELECT merchant_id FROM gone)
"""


def bill_exists(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> bool:
    """Whether the merchant has such a bill."""
    key = {"merchant_id": merchant_id, "bill_id": bill_id}
    return run(tx, _EXISTS, key).one_or_none() is not None


def hold_and_count(tx: Connection, merchant_id: MerchantId, bill_id: BillId) -> int | None:
    """How many files the bill has, which does not change until `tx` ends; None if there is no such bill."""
    key = {"merchant_id": merchant_id, "bill_id": bill_id}
    if run(tx, _HOLD, key).one_or_none() is None:
        return None
    # A statement of its own sees what was committed while the first one waited.
    count: int = run(tx, _COUNT, key).scalar_one()
    return count


def insert_attachment(
    tx: Connection, merchant_id: MerchantId, attachment: Attachment, content: bytes, vault: Vault
) -> None:
    """Keeps a file."""
    run(
        tx,
        _INSERT,
        {
            "merchant_id": merchant_id,
            "bill_id": attachment.bill_id,
            "id": attachment.id,
            "file_name": vault.seal(tx, merchant_id, _NAME, attachment.id, attachment.file_name),
            "media_type": attachment.media_type.value,
            "size": attachment.size,
            "sha256": attachment.sha256,
            "content": vault.seal_bytes(tx, merchant_id, _CONTENT, attachment.id, content),
            "create_time": attachment.create_time,
        },
    )


def list_attachments(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, *, after: UUID | None, limit: int, vault: Vault
) -> Sequence[Attachment]:
    """A bill's files in the order in which they came, from above the id `after`."""
    rows = run(tx, _LIST, {"merchant_id": merchant_id, "bill_id": bill_id, "after": after, "limit": limit})
    return [
        Attachment(
            id=AttachmentId(row.id),
            bill_id=bill_id,
            file_name=vault.open(tx, merchant_id, _NAME, row.id, bytes(row.file_name)),
            media_type=MediaType(row.media_type),
            size=row.size_bytes,
            sha256=bytes(row.sha256),
            create_time=row.create_time,
        )
        for row in rows.all()
    ]


def load_file(
    tx: Connection, merchant_id: MerchantId, bill_id: BillId, attachment_id: AttachmentId, vault: Vault
) -> File | None:
    """A file with its bytes."""
    row: Any = run(tx, _LOAD, {"merchant_id": merchant_id, "bill_id": bill_id, "id": attachment_id}).one_or_none()
    if row is None:
        return None
    content = vault.open_bytes(tx, merchant_id, _CONTENT, row.id, bytes(row.content))
    name = vault.open(tx, merchant_id, _NAME, row.id, bytes(row.file_name))
    return File(content, MediaType(row.media_type), name)


def delete_attachment(tx: Connection, merchant_id: MerchantId, bill_id: BillId, attachment_id: AttachmentId) -> bool:
    """Removes a file; False if there was none."""
    key = {"merchant_id": merchant_id, "bill_id": bill_id, "id": attachment_id}
    return run(tx, _DELETE, key).rowcount == 1


def load_logo(tx: Connection, merchant_id: MerchantId) -> File | None:
    """The merchant's logo."""
    row = run(tx, _LOGO, {"merchant_id": merchant_id}).one_or_none()
    if row is None:
        return None
    media_type = MediaType(row.media_type)
    return File(bytes(row.content), media_type, f"logo{media_type.suffix}")


def keep_logo(tx: Connection, merchant_id: MerchantId, logo: File) -> None:
    """Puts the logo in place of the one before; the settings' version goes up by one."""
    run(
        tx,
        _KEEP_LOGO,
        {"merchant_id": merchant_id, "media_type": logo.media_type.value, "content": logo.content},
    )


def drop_logo(tx: Connection, merchant_id: MerchantId) -> bool:
    """Takes the logo away; False if there was none."""
    return run(tx, _DROP_LOGO, {"merchant_id": merchant_id}).rowcount == 1
