"""What a person has allowed third parties' clients, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.audit import Action
from services.auth.domain.errors.clients import ConsentNotFound
from services.auth.domain.session import EndReason
from services.auth.store import consents, sessions
from services.auth.usecases import audit
from services.kit import paging
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.consent import Consent
    from services.auth.domain.names import AccountId, ApiClientId
    from services.auth.usecases.deps import Deps
    from services.kit.paging import Listed, Page


def list_consents(deps: Deps, *, account_id: AccountId, page: Page) -> Listed[Consent]:
    """A page of the person's, by client id."""
    after = paging.row_after(page)
    with deps.db.transaction(account=account_id) as tx:
        found = consents.load_page(tx, account_id, after=after, limit=page.size + 1)
    return paging.cut(found, page, key=lambda consent: (consent.client_id,))


def revoke_consent(deps: Deps, *, account_id: AccountId, client_id: ApiClientId) -> None:
    """Takes a consent back and ends the client's sessions for the person. Raises ConsentNotFound."""
    name = to_text("cli", client_id)
    with deps.db.transaction(account=account_id) as tx:
        if not consents.delete_one(tx, account_id, client_id=client_id):
            raise ConsentNotFound
        ended = sessions.end_of_client(
            tx, account_id, client_id=name, reason=EndReason.CONSENT_REVOKED, now=deps.clock.now()
        )
        audit.note(tx, deps, Action.CONSENT_REVOKED, account=account_id, target=name, sessions=str(ended))
