"""Merchants, as members and other services see them."""

from __future__ import annotations

import zoneinfo
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from services.auth.domain import merchant as rules
from services.auth.domain.audit import Action
from services.auth.domain.errors.merchants import LimitReached, MerchantChanged, MerchantNotFound
from services.auth.domain.errors.people import AccountNotFound
from services.auth.domain.member import Member, MemberState
from services.auth.domain.merchant import Merchant, MerchantDraft, PostalAddress, check_place
from services.auth.domain.names import AccountId, MemberId, MerchantId
from services.auth.domain.roles import Role
from services.auth.store import accounts, members, merchants
from services.auth.usecases import audit
from services.kit import paging
from services.kit.db import become
from services.kit.failure import InvalidRequest
from services.kit.ids import to_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Listed, Page


# Of a test tenant's name, so that "(test)" still fits.
_TEST_NAME_LENGTH = 93


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def create_merchant(deps: Deps, *, once: Once[Merchant, M], account_id: AccountId, draft: MerchantDraft) -> M:
    """Opens a merchant with the caller as its owner. Raises PlaceUnknown, LimitReached or AccountNotFound."""
    check_place(draft, time_zones=_time_zones(), prefix="merchant")
    now = deps.clock.now()
    merchant = Merchant(
        id=MerchantId(deps.ids.new()),
        display_name=draft.display_name,
        legal_name=draft.legal_name,
        country_code=draft.country_code,
        time_zone=draft.time_zone,
        address=draft.address,
        create_time=now,
        revision=1,
        role=Role.OWNER,
    )
    with deps.db.transaction(merchant=merchant.id, account=account_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        owner = accounts.load_for_update(tx, account_id, vault=deps.vault)
        if owner is None:
            raise AccountNotFound
        if members.count_owned(tx, account_id) >= rules.MOST_OWNED:
            raise LimitReached("merchants", rules.MOST_OWNED)
        merchants.create(tx, merchant.id, merchant=merchant)
        member = Member(
            id=MemberId(deps.ids.new()),
            merchant_id=merchant.id,
            account_id=account_id,
            display_name=owner.display_name,
            phone=owner.phone if owner.phone_verify_time else None,
            role=Role.OWNER,
            state=MemberState.ACTIVE,
            create_time=now,
            join_time=now,
            expire_time=None,
        )
        members.create(tx, merchant.id, vault=deps.vault, member=member, invited_by=None)
        audit.note(tx, deps, Action.MERCHANT_CREATED, merchant=merchant.id)
        return once.record(tx, merchant)


def ensure_test_tenant(tx: Connection, deps: Deps, *, merchant: Merchant) -> MerchantId:
    """The test tenant of a live merchant that is loaded for update; made now if it has none."""
    if found := merchants.find_test_tenant(tx, merchant.id):
        return found
    tenant = replace(
        merchant,
        id=MerchantId(deps.ids.new()),
        display_name=f"{merchant.display_name[:_TEST_NAME_LENGTH]} (test)",
        create_time=deps.clock.now(),
        revision=1,
        test_of=merchant.id,
    )
    become(tx, merchant=tenant.id)
    merchants.create(tx, tenant.id, merchant=tenant)
    become(tx, merchant=merchant.id)
    audit.note(tx, deps, Action.TEST_TENANT_CREATED, merchant=merchant.id, target=to_text("mer", tenant.id))
    return tenant.id


def get_merchant(deps: Deps, *, merchant_id: MerchantId, account_id: AccountId | None, asked: MerchantId) -> Merchant:
    """The token's merchant; `asked` must be that one. Raises MerchantNotFound."""
    if asked != merchant_id:
        raise MerchantNotFound
    with deps.db.transaction(merchant=merchant_id, account=account_id) as tx:
        merchant = merchants.load(tx, merchant_id)
        if merchant is None:
            raise MerchantNotFound
        return replace(merchant, role=members.load_role(tx, merchant_id, account_id) if account_id else None)


def get_profile(deps: Deps, *, merchant_id: MerchantId) -> Merchant:
    """Any merchant, for another service. Raises MerchantNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        merchant = merchants.load(tx, merchant_id)
    if merchant is None:
        raise MerchantNotFound
    return merchant


def list_merchants(deps: Deps, *, account_id: AccountId, page: Page) -> Listed[Merchant]:
    """A page of the merchants where the person works, newest first."""
    before = paging.row_after(page)
    with deps.db.transaction(account=account_id) as tx:
        found = merchants.load_of_member(tx, account_id, before=before, limit=page.size + 1)
    return paging.cut(found, page, key=lambda one: (one.id,))


def update_merchant(
    deps: Deps,
    *,
    merchant_id: MerchantId,
    account_id: AccountId | None,
    asked: MerchantId,
    etag_revision: int | None,
    changes: dict[str, str | PostalAddress | None],
) -> Merchant:
    """Writes `changes` of display_name, legal_name, time_zone and address; an empty legal name is the display name.

    Raises MerchantNotFound, MerchantChanged, PlaceUnknown or InvalidRequest.
    """
    if asked != merchant_id:
        raise MerchantNotFound
    if changes.get("display_name") == "":
        raise InvalidRequest.of("merchant.display_name", "must not be empty")
    with deps.db.transaction(merchant=merchant_id, account=account_id) as tx:
        merchant = merchants.load_for_update(tx, merchant_id)
        if merchant is None:
            raise MerchantNotFound
        if etag_revision is not None and etag_revision != merchant.revision:
            raise MerchantChanged
        changed: Merchant = replace(merchant, **changes)  # type: ignore[arg-type] # convert.py makes the dict, by field
        changed = replace(changed, legal_name=changed.legal_name or changed.display_name)
        check_place(changed, time_zones=_time_zones(), prefix="merchant")
        role = members.load_role(tx, merchant_id, account_id) if account_id else None
        fields = ", ".join(sorted(changes))
        audit.note(tx, deps, Action.MERCHANT_UPDATED, merchant=merchant_id, fields=fields)
        return merchants.save(tx, merchant_id, merchant=changed, role=role)
