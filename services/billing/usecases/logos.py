"""The logo at the head of a merchant's documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.billing.domain.attachment import File
from services.billing.domain.audit import Action
from services.billing.domain.errors import FileTypeUnfit, LogoNotFound
from services.billing.domain.files import image_size, media_type_of
from services.billing.store import attachments as store
from services.billing.usecases.settings import ensure, settings_of
from services.kit import audit

if TYPE_CHECKING:
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps

# Pixels a side. Whoever draws it unpacks all of them, however few bytes they came in.
_LARGEST_SIDE: Final = 2_000


def get(deps: Deps, merchant_id: MerchantId) -> File:
    """The logo. Raises LogoNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        logo = store.load_logo(tx, merchant_id)
    if logo is None:
        raise LogoNotFound
    return logo


def put(deps: Deps, merchant_id: MerchantId, content: bytes) -> MerchantSettings:
    """Puts a logo in place of the one before. Raises FileTypeUnfit."""
    size, media_type = image_size(content), media_type_of(content)
    if size is None or media_type is None or not all(0 < side <= _LARGEST_SIDE for side in size):
        raise FileTypeUnfit("image", f"a whole PNG or JPEG of at most {_LARGEST_SIDE} pixels a side")
    ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        store.keep_logo(tx, merchant_id, File(content, media_type, ""))
        audit.note(tx, deps, Action.SETTINGS_CHANGED, merchant=merchant_id, fields="logo")
        return settings_of(tx, merchant_id)


def delete(deps: Deps, merchant_id: MerchantId) -> MerchantSettings:
    """Takes the logo away. Raises LogoNotFound."""
    ensure(deps, merchant_id)
    with deps.db.transaction(merchant=merchant_id) as tx:
        if not store.drop_logo(tx, merchant_id):
            raise LogoNotFound
        audit.note(tx, deps, Action.SETTINGS_CHANGED, merchant=merchant_id, fields="logo")
        return settings_of(tx, merchant_id)
