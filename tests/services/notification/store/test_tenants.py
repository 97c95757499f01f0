"""Row-level security: a merchant's transaction sees and writes its own rows, whatever the query forgets."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError

from services.notification.domain.template import TemplateKey
from services.notification.store import messages
from services.notification.store.tables import attempts, message_texts, templates
from services.notification.store.tables import messages as messages_table
from services.notification.usecases.templates import TemplateChange, update_template
from tests.services.notification.conftest import World

TABLES = (messages_table, message_texts, attempts, templates)


@pytest.fixture
def filled(world: World) -> World:
    world.send()
    world.work()
    change = TemplateChange(text="Pay {link}", dlt_template_id=None, version=None)
    update_template(world.tenant, TemplateKey.parse("bill_issued.en"), change, deps=world.deps)
    return world


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_rows_of_others_are_not_there(filled: World, other_merchant: UUID, table: object) -> None:
    counted = select(func.count()).select_from(table)  # type: ignore[arg-type] # a parameter, one of TABLES
    for merchant, expected in ((filled.tenant, 1), (other_merchant, 0), (None, 0)):
        with filled.deps.db.transaction(merchant=merchant) as tx:
            assert tx.execute(counted).scalar_one() == expected


def test_a_row_cannot_be_written_for_another(filled: World, other_merchant: UUID) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        filled.deps.db.transaction(merchant=other_merchant) as tx,
    ):
        templates_row = templates.insert().values(
            merchant_id=filled.tenant, kind="K", locale="en", dlt_template_id="", version=0, update_time=func.now()
        )
        tx.execute(templates_row)


def test_the_chore_sees_only_what_is_due(filled: World) -> None:
    with filled.deps.db.transaction() as tx:
        tx.exec_driver_sql("SELECT set_config('app.chore', 'forget_texts', true)")
        assert tx.execute(select(func.count()).select_from(message_texts)).scalar_one() == 0
        assert tx.execute(select(func.count()).select_from(messages_table)).scalar_one() == 0


def test_a_provider_id_is_one_attempts(filled: World) -> None:
    second = filled.send()
    filled.work()
    (attempt,) = filled.attempts(second)
    with filled.deps.db.transaction(merchant=filled.tenant) as tx:
        assert attempt.provider_id is not None
        assert messages.find_holder(tx, filled.tenant, attempt.provider_id) == (second.id, 1)
        assert messages.provider_ids_taken(tx, filled.tenant, [attempt.provider_id, "SMx"]) == {attempt.provider_id}
