"""What merchants changed in their wording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects import postgresql

from services.notification.domain.message import MessageKind
from services.notification.domain.template import Customisation, TemplateKey
from services.notification.store.tables import templates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from services.notification.domain.message import TenantId


def find_customisation(tx: Connection, tenant: TenantId, key: TemplateKey) -> Customisation | None:
    """What the merchant changed in one template; None if nothing ever."""
    row = tx.execute(_select(tenant).where(*_is(key))).one_or_none()
    return None if row is None else _customisation(row)


def list_customisations(tx: Connection, tenant: TenantId) -> Mapping[TemplateKey, Customisation]:
    """All that the merchant changed."""
    rows = tx.execute(_select(tenant))
    return {TemplateKey(MessageKind(row.kind), row.locale): _customisation(row) for row in rows}


def lock_customisation(tx: Connection, tenant: TenantId, key: TemplateKey, *, now: datetime) -> Customisation:
    """As `find_customisation`, and nobody else changes it until this transaction ends. Version 0: no change yet."""
    # The empty row first, so that two first changes meet at its lock.
    empty = postgresql.insert(templates).values(
        merchant_id=tenant,
        kind=key.kind.value,
        locale=key.locale,
        text=None,
        dlt_template_id="",
        version=0,
        update_time=now,
    )
    tx.execute(empty.on_conflict_do_nothing())
    return _customisation(tx.execute(_select(tenant).where(*_is(key)).with_for_update()).one())


def update_customisation(tx: Connection, tenant: TenantId, key: TemplateKey, changed: Customisation) -> None:
    """Writes a locked customisation."""
    tx.execute(
        update(templates)
        .where(templates.c.merchant_id == tenant, *_is(key))
        .values(
            text=changed.text,
            dlt_template_id=changed.dlt_template_id,
            version=changed.version,
            update_time=changed.update_time,
        )
    )


def _select(tenant: TenantId) -> Select[Any]:
    return select(templates).where(templates.c.merchant_id == tenant)


def _is(key: TemplateKey) -> tuple[Any, ...]:
    return (templates.c.kind == key.kind.value, templates.c.locale == key.locale)


def _customisation(row: Row[Any]) -> Customisation:
    return Customisation(
        text=row.text, dlt_template_id=row.dlt_template_id, version=row.version, update_time=row.update_time
    )
