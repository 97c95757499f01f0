"""Reading and changing a merchant's wording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit import audit
from services.notification.domain import template as rules
from services.notification.domain.audit import Action
from services.notification.domain.errors import TemplateChanged
from services.notification.domain.template import MERCHANT_KEYS, Customisation, Template, TemplateKey
from services.notification.domain.wording import SHIPPED
from services.notification.store import templates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from services.notification.domain.message import TenantId
    from services.notification.usecases.deps import Deps


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange:
    """What to change; None leaves it. An empty `text` is the shipped wording. `version` None: whatever it is now."""

    text: str | None
    dlt_template_id: str | None
    version: int | None


def in_force(tx: Connection, tenant: TenantId, key: TemplateKey) -> Template:
    """The wording that a message gets now."""
    found = None if key.kind.is_of_the_platform else templates.find_customisation(tx, tenant, key)
    return _template(key, found)


def get_template(tenant: TenantId, key: TemplateKey, *, deps: Deps) -> Template:
    """One template as this merchant has it."""
    with deps.db.transaction(merchant=tenant) as tx:
        return in_force(tx, tenant, key)


def list_templates(tenant: TenantId, *, after: str, limit: int, deps: Deps) -> Sequence[Template]:
    """Templates by identifier, those after `after`."""
    with deps.db.transaction(merchant=tenant) as tx:
        changed = templates.list_customisations(tx, tenant)
    keys = [key for key in MERCHANT_KEYS if key.text > after]
    return [_template(key, changed.get(key)) for key in keys[:limit]]


def update_template(tenant: TenantId, key: TemplateKey, change: TemplateChange, *, deps: Deps) -> Template:
    """Changes wording, registration or both. Raises PlaceholderUnknown, PlaceholderMissing, TemplateChanged."""
    if change.text:
        rules.check(key.kind, change.text)
    now = deps.clock.now()
    with deps.db.transaction(merchant=tenant) as tx:
        present = templates.lock_customisation(tx, tenant, key, now=now)
        if change.version is not None and change.version != present.version:
            raise TemplateChanged
        text = present.text if change.text is None else change.text or None
        # A registration belongs to the very wording that was registered.
        kept_registration = present.dlt_template_id if text == present.text else ""
        registration = kept_registration if change.dlt_template_id is None else change.dlt_template_id
        changed = replace(
            present, text=text, dlt_template_id=registration, version=present.version + 1, update_time=now
        )
        templates.update_customisation(tx, tenant, key, changed)
        kind, locale = key.kind.value, key.locale
        audit.note(tx, deps, Action.TEMPLATE_CHANGED, merchant=tenant, kind=kind, locale=locale)
    return _template(key, changed)


def _template(key: TemplateKey, changed: Customisation | None) -> Template:
    shipped = SHIPPED[key.kind][key.locale]
    if changed is None or changed.version == 0:
        return Template(key=key, text=shipped, customised=False)
    return Template(
        key=key,
        text=changed.text or shipped,
        customised=changed.text is not None,
        dlt_template_id=changed.dlt_template_id,
        version=changed.version,
        update_time=changed.update_time,
    )
