"""Merchants' own clients: an owner makes them, gives them new secrets and removes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from services.auth.clients import SecurityEvent
from services.auth.domain import api_client as rules
from services.auth.domain.api_client import ApiClient, ApiClientDraft
from services.auth.domain.audit import Action
from services.auth.domain.client import Authentication
from services.auth.domain.errors.clients import ApiClientNotFound
from services.auth.domain.errors.merchants import LimitReached
from services.auth.domain.names import ApiClientId
from services.auth.domain.session import EndReason
from services.auth.store import api_clients, sessions
from services.auth.usecases import audit, notices
from services.auth.usecases.deps import digest, new_secret
from services.auth.usecases.merchants import ensure_test_tenant
from services.auth.usecases.owners import as_owner
from services.kit import jobs, paging
from services.kit.db import become
from services.kit.ids import to_text

if TYPE_CHECKING:
    from datetime import timedelta

    from services.auth.domain.names import AccountId, MerchantId
    from services.auth.usecases.deps import Deps, JobDeps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Listed, Page

FORGET = "auth.forget_client"


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A client, and the secret that it is to be given; empty: it has none."""

    client: ApiClient
    secret: str

    def __repr__(self) -> str:
        """Hides the secret: reprs end in logs."""
        return f"WithSecret({self.client.id})"


def get_api_client(deps: Deps, *, merchant_id: MerchantId, client_id: ApiClientId) -> ApiClient:
    """One of the merchant's. Raises ApiClientNotFound."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = api_clients.load(tx, merchant_id, client_id)
    if found is None:
        raise ApiClientNotFound
    return found


def list_api_clients(deps: Deps, *, merchant_id: MerchantId, page: Page) -> Listed[ApiClient]:
    """A page of the merchant's, newest first."""
    before = paging.row_after(page)
    with deps.db.transaction(merchant=merchant_id) as tx:
        found = api_clients.load_page(tx, merchant_id, before=before, limit=page.size + 1)
    return paging.cut(found, page, key=lambda client: (client.id,))


def create_api_client(
    deps: Deps, *, once: Once[WithSecret, M], merchant_id: MerchantId, account_id: AccountId, draft: ApiClientDraft
) -> M:
    """Registers a client; for test mode, at the merchant's test tenant.

    Raises ScopeUnknown, ClientSettingsInvalid, RedirectUriInvalid, MerchantNotFound, TestTenant, OwnerRequired or
    LimitReached.
    """
    rules.check(draft)
    secret = new_secret() if draft.authentication is Authentication.SECRET else ""
    with deps.db.transaction(merchant=merchant_id, account=account_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        merchant = as_owner(tx, merchant_id, account_id)
        if api_clients.count(tx, merchant_id) >= rules.MOST_CLIENTS:
            raise LimitReached("API clients", rules.MOST_CLIENTS)
        client = ApiClient(
            id=ApiClientId(deps.ids.new()),
            merchant_id=merchant_id,
            display_name=draft.display_name,
            test_mode=draft.test_mode,
            acts_for=ensure_test_tenant(tx, deps, merchant=merchant) if draft.test_mode else merchant_id,
            grant_types=draft.grant_types,
            scopes=draft.scopes,
            authentication=draft.authentication,
            keys=draft.keys,
            redirect_uris=draft.redirect_uris,
            create_time=deps.clock.now(),
            create_account_id=account_id,
        )
        api_clients.create(tx, merchant_id, client=client, secret_digest=digest(secret) if secret else None)
        audit.note(
            tx,
            deps,
            Action.CLIENT_CREATED,
            merchant=merchant_id,
            target=to_text("cli", client.id),
            scopes=" ".join(sorted(client.scopes)),
            mode="test" if client.test_mode else "live",
        )
        notices.tell(tx, deps, account_id, SecurityEvent.API_CLIENT_CREATED)
        return once.record(tx, WithSecret(client, secret))


def rotate_secret(
    deps: Deps,
    *,
    once: Once[WithSecret, M],
    merchant_id: MerchantId,
    account_id: AccountId,
    client_id: ApiClientId,
    keep_old_for: timedelta,
) -> M:
    """Gives the client another secret; the old one is taken for `keep_old_for`, the one before that no more.

    Raises MerchantNotFound, TestTenant, OwnerRequired, ApiClientNotFound or ClientSettingsInvalid.
    """
    secret = new_secret()
    with deps.db.transaction(merchant=merchant_id, account=account_id) as tx:
        if (answer := once.replay(tx)) is not None:
            return answer
        as_owner(tx, merchant_id, account_id)
        client = api_clients.load(tx, merchant_id, client_id)
        if client is None:
            raise ApiClientNotFound
        rules.check_has_secret(client)
        until = deps.clock.now() + keep_old_for if keep_old_for else None
        changed = api_clients.save_secret(tx, merchant_id, client_id, digest=digest(secret), keep_old_until=until)
        kept = until.isoformat(timespec="seconds") if until else ""
        target = to_text("cli", client_id)
        audit.note(tx, deps, Action.CLIENT_SECRET_ROTATED, merchant=merchant_id, target=target, old_until=kept)
        return once.record(tx, WithSecret(changed, secret))


def delete_api_client(deps: Deps, *, merchant_id: MerchantId, account_id: AccountId, client_id: ApiClientId) -> None:
    """Removes a client: nothing of it is taken any more. A job ends its sessions, so that people see that they ended.

    Raises MerchantNotFound, TestTenant, OwnerRequired or ApiClientNotFound.
    """
    with deps.db.transaction(merchant=merchant_id, account=account_id) as tx:
        as_owner(tx, merchant_id, account_id)
        if not api_clients.remove(tx, merchant_id, client_id):
            raise ApiClientNotFound
        audit.note(tx, deps, Action.CLIENT_DELETED, merchant=merchant_id, target=to_text("cli", client_id))
        jobs.enqueue(tx, FORGET, {"client_id": str(client_id)})


def forget_client(deps: JobDeps, *, client_id: str) -> None:
    """The job: ends the sessions of a client that is gone, and forgets what people had allowed it."""
    client = ApiClientId(UUID(client_id))
    with deps.db.transaction() as tx:
        api_clients.forget_consents(tx, client_id=client)
    with deps.db.transaction() as tx:
        found = sessions.find_people_of(tx, client_id=to_text("cli", client))
        for account_id in found:
            become(tx, account=account_id)
            sessions.end_of_client(
                tx,
                account_id,
                client_id=to_text("cli", client),
                reason=EndReason.CLIENT_DELETED,
                now=deps.clock.now(),
            )
