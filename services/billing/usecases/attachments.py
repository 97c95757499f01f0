"""Files kept with bills."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from services.billing.domain.attachment import MOST_ON_A_BILL, Attachment, File
from services.billing.domain.audit import Action
from services.billing.domain.bill_event import EventKind
from services.billing.domain.errors import AttachmentLimitReached, AttachmentNotFound, BillNotFound, FileTypeUnfit
from services.billing.domain.files import media_type_of
from services.billing.domain.ids import AttachmentId
from services.billing.store import attachments as store
from services.billing.usecases import bill_events
from services.kit import audit
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, row_after

if TYPE_CHECKING:
    from services.billing.domain.ids import BillId, MerchantId
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def list_page(deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, page: Page) -> Listed[Attachment]:
    """A page of a bill's files without their bytes. Raises BillNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not store.bill_exists(tx, merchant_id, bill_id):
            raise BillNotFound
        rows = store.list_attachments(
            tx, merchant_id, bill_id, after=row_after(page), limit=page.size + 1, vault=deps.vault
        )
    return cut(rows, page, key=lambda attachment: (attachment.id,))


def download(deps: Deps, merchant_id: MerchantId, bill_id: BillId, attachment_id: AttachmentId) -> File:
    """A file with its bytes. Raises BillNotFound, AttachmentNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not store.bill_exists(tx, merchant_id, bill_id):
            raise BillNotFound
        found = store.load_file(tx, merchant_id, bill_id, attachment_id, deps.vault)
    if found is None:
        raise AttachmentNotFound
    return found


def add(
    deps: Deps, merchant_id: MerchantId, bill_id: BillId, *, name: str, content: bytes, once: Once[Attachment, M]
) -> M:
    """Keeps a file with a bill. Raises FileTypeUnfit, BillNotFound, AttachmentLimitReached."""
    media_type = media_type_of(content)
    with deps.db.transaction(merchant=merchant_id) as tx:
        count = store.hold_and_count(tx, merchant_id, bill_id)
        if count is None:
            raise BillNotFound
        answer = once.replay(tx)
        if answer is not None:
            return answer
        if media_type is None:
            raise FileTypeUnfit("file", "a PDF, PNG, JPEG or WebP")
        if count >= MOST_ON_A_BILL:
            raise AttachmentLimitReached(MOST_ON_A_BILL)
        attachment = Attachment(
            id=AttachmentId(deps.ids.new()),
            bill_id=bill_id,
            file_name=name,
            media_type=media_type,
            size=len(content),
            sha256=hashlib.sha256(content).digest(),
            create_time=deps.clock.now(),
        )
        store.insert_attachment(tx, merchant_id, attachment, content, deps.vault)
        reference = to_text("att", attachment.id)
        bill_events.note(tx, deps, merchant_id, bill_id, EventKind.FILE_ADDED, reference=reference)
        return once.record(tx, attachment)


def delete(deps: Deps, merchant_id: MerchantId, bill_id: BillId, attachment_id: AttachmentId) -> None:
    """Removes a file. Raises BillNotFound, AttachmentNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not store.bill_exists(tx, merchant_id, bill_id):
            raise BillNotFound
        if not store.delete_attachment(tx, merchant_id, bill_id, attachment_id):
            raise AttachmentNotFound
        reference = to_text("att", attachment_id)
        bill_events.note(tx, deps, merchant_id, bill_id, EventKind.FILE_REMOVED, reference=reference)
        audit.note(
            tx,
            deps,
            Action.ATTACHMENT_DELETED,
            merchant=merchant_id,
            target=to_text("bill", bill_id),
            attachment=reference,
        )
