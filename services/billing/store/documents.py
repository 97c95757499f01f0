"""Documents: what is to be printed, and what is. Their contents name people, so they are sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.billing.domain.document import DocumentKey, StoredDocument
from services.kit.sql import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from services.billing.domain.ids import MerchantId
    from services.kit.crypto import Vault

_KEY = """
merchant_id = %(merchant_id)s AND kind = %(kind)s AND subject_id = %(subject_id)s AND layout = %(layout)s
    AND locale = %(locale)s
"""
# Constants alone make these texts.
_LOAD = f"""
SELECT fingerprint, file_name, printed, content, ahead, want_time FROM documents WHERE {_KEY}
"""  # noqa: S608
_IS_KEPT = f"SELECT 1 FROM documents WHERE {_KEY} AND fingerprint = %(fingerprint)s"  # noqa: S608
_KEEP = """
INSERT INTO documents (merchant_id, kind, subject_id, layout, locale, fingerprint, file_name, printed, content, ahead,
    want_time)
VALUES (%(merchant_id)s, %(kind)s, %(subject_id)s, %(layout)s, %(locale)s, %(fingerprint)s, %(file_name)s, %(printed)s,
    %(content)s, %(ahead)s, %(want_time)s)
ON CONFLICT (merchant_id, kind, subject_id, layout, locale) DO UPDATE SET fingerprint = excluded.fingerprint,
    file_name = excluded.file_name, printed = excluded.printed, content = excluded.content, ahead = excluded.ahead,
    want_time = excluded.want_time
"""
# Unless meanwhile something else is to be printed.
_FINISH = f"""
UPDATE documents SET printed = true, content = %(content)s
WHERE {_KEY} AND fingerprint = %(fingerprint)s AND NOT printed
"""  # noqa: S608
_SWEEP = "SELECT sweep_documents(%(before)s, %(most)s)"


def load_document(tx: Connection, merchant_id: MerchantId, key: DocumentKey, vault: Vault) -> StoredDocument | None:
    """The document, or None if it was never wanted or is swept."""
    row = run(tx, _LOAD, _named(merchant_id, key)).one_or_none()
    if row is None:
        return None
    content = vault.open_bytes(tx, merchant_id, _column(key), key.subject_id, bytes(row.content))
    return StoredDocument(
        fingerprint=bytes(row.fingerprint),
        file_name=row.file_name,
        printed=row.printed,
        content=content,
        ahead=row.ahead,
        want_time=row.want_time,
    )


def is_kept(tx: Connection, merchant_id: MerchantId, key: DocumentKey, fingerprint: bytes) -> bool:
    """Whether the document, made of just that, is printed or ordered."""
    values = {**_named(merchant_id, key), "fingerprint": fingerprint}
    return run(tx, _IS_KEPT, values).one_or_none() is not None


def keep_document(
    tx: Connection, merchant_id: MerchantId, key: DocumentKey, document: StoredDocument, vault: Vault
) -> None:
    """Puts it in the place of the one that was there."""
    values = {
        **_named(merchant_id, key),
        "fingerprint": document.fingerprint,
        "file_name": document.file_name,
        "printed": document.printed,
        "content": vault.seal_bytes(tx, merchant_id, _column(key), key.subject_id, document.content),
        "ahead": document.ahead,
        "want_time": document.want_time,
    }
    run(tx, _KEEP, values)


def finish_document(
    tx: Connection, merchant_id: MerchantId, key: DocumentKey, *, fingerprint: bytes, pdf: bytes, vault: Vault
) -> bool:
    """Puts the PDF in the place of its order; False if by now something else is wanted."""
    sealed = vault.seal_bytes(tx, merchant_id, _column(key), key.subject_id, pdf)
    values = {**_named(merchant_id, key), "fingerprint": fingerprint, "content": sealed}
    return run(tx, _FINISH, values).rowcount == 1


def sweep_documents(tx: Connection, *, before: datetime, most: int) -> int:  # no tenant: all merchants' old ones
    """Forgets up to `most` documents that were last made before that moment; how many."""
    count: int = run(tx, _SWEEP, {"before": before, "most": most}).scalar_one()
    return count


def _named(merchant_id: MerchantId, key: DocumentKey) -> Mapping[str, object]:
    return {
        "merchant_id": merchant_id,
        "kind": key.kind.value,
        "subject_id": key.subject_id,
        "layout": key.layout.value,
        "locale": key.locale,
    }


def _column(key: DocumentKey) -> str:
    """What the content is sealed for: that of another paper or language is not taken for it."""
    return f"documents.content.{key.kind}.{key.layout}.{key.locale}"
