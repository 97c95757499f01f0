"""A merchant's shop at one place."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

from services.geo.domain.errors import StoreChanged
from services.kit.failure import FieldViolation, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from services.geo.domain.identity import MerchantId, StoreId
    from services.kit.place import GeoPoint

DEFAULT_CATEGORY = "shop"


class StoreState(StrEnum):
    """Whether people find the store."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDetails:
    """What the merchant says about a store."""

    display_name: str
    category: str
    location: GeoPoint
    address: str
    state: StoreState
    # The merchant's own; empty for none.
    external_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store as it is kept. `version` counts every change from 1, the deletion too."""

    id: StoreId
    merchant_id: MerchantId
    details: StoreDetails
    create_time: datetime
    update_time: datetime
    version: int
    # A test tenant's: nobody else finds it, and nothing of it is offered.
    is_test: bool = False

    @property
    def etag(self) -> str:
        """The version as clients see it: opaque."""
        return f"v{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDraft:
    """What a request says about a store; None is left out."""

    display_name: str | None = None
    category: str | None = None
    location: GeoPoint | None = None
    address: str | None = None
    state: StoreState | None = None
    external_code: str | None = None


EDITABLE = frozenset(field.name for field in fields(StoreDraft))


@dataclass(frozen=True, slots=True)
class NearbyStore:
    """An open store and its distance from a point, in metres."""

    store: Store
    distance: float


def opened(draft: StoreDraft, *, path: str = "store") -> StoreDetails:
    """The details of a new store. Raises InvalidRequest that names what is left out, under `path`."""
    missing = [FieldViolation(f"{path}.{name}", "must be given") for name in missing_details(draft)]
    if missing or draft.display_name is None or draft.location is None:
        raise InvalidRequest(*missing)
    return StoreDetails(
        display_name=draft.display_name.strip(),
        category=draft.category or DEFAULT_CATEGORY,
        location=draft.location,
        address=(draft.address or "").strip(),
        state=draft.state or StoreState.OPEN,
        external_code=(draft.external_code or "").strip(),
    )


def missing_details(draft: StoreDraft) -> list[str]:
    """Names of what a new store must have and `draft` has not."""
    missing = []
    if not (draft.display_name or "").strip():
        missing.append("display_name")
    if draft.location is None:
        missing.append("location")
    return missing


def changed(store: Store, draft: StoreDraft, *, mask: Collection[str], etag: str) -> StoreDetails:
    """The details after an edit of the fields in `mask` ("*": all; empty: those that the draft has).

    Raises StoreChanged on an old etag, InvalidRequest for an unknown field or one that cannot be empty.
    """
    if etag and etag != store.etag:
        raise StoreChanged(store.etag)
    unknown = sorted(set(mask) - EDITABLE - {"*"})
    if unknown:
        raise InvalidRequest(
            *(FieldViolation("update_mask", f"names {name}, which is no editable field") for name in unknown)
        )
    wanted = EDITABLE if "*" in mask else set(mask) or {name for name in EDITABLE if getattr(draft, name) is not None}
    before = store.details
    after = StoreDraft(**{name: getattr(draft, name) if name in wanted else getattr(before, name) for name in EDITABLE})
    return opened(after)
