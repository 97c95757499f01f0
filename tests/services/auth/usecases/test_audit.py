"""Who did what: written once, for ever, and shown to whom it is about."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import ProgrammingError

from services.auth.convert.audit import events_to_csv
from services.auth.domain.audit import Action, AuditEvent, Search
from services.auth.domain.roles import Role
from services.auth.usecases import audit, members
from services.kit import paging
from services.kit.context import Audience, Call, Caller, entered
from services.kit.ids import to_text
from services.kit.paging import Page
from tests.services.auth.shops import add_staff, open_shop

if TYPE_CHECKING:
    from services.auth.domain.names import MerchantId
    from services.auth.usecases.deps import Deps
    from tests.fakes.clock import FixedClock
    from tests.harness import Postgres
    from tests.services.auth.people import People

ALL = Page(500, None, b"")
EVERYTHING = Search()


def events(deps: Deps, shop: MerchantId, search: Search = EVERYTHING) -> list[AuditEvent]:
    return list(audit.list_events(deps, merchant_id=shop, search=search, page=ALL).items)


def test_who_what_from_where(people: People, deps: Deps) -> None:
    owner, cashier = people.sign_up(), people.sign_up()
    shop = open_shop(deps, owner)
    member = add_staff(deps, shop, cashier, role=Role.CASHIER)
    caller = Caller(
        audience=Audience.MERCHANT, account_id=owner.account_id, client_id="billmesh-web", network="203.0.113.77"
    )
    with entered(Call(method="/x", request_id="req-1", expires_at=0.0, caller=caller)):
        members.update_role(deps, merchant_id=shop, account_id=owner.account_id, member_id=member, role=Role.MANAGER)
    (event,) = events(deps, shop)
    assert (event.action, event.actor_id, event.target_id) == (
        "member.role_changed",
        to_text("acc", owner.account_id),
        to_text("mbr", member),
    )
    assert (event.network, event.client_id, event.request_id) == ("203.0.113.0/24", "billmesh-web", "req-1")
    assert event.details == {"before": "cashier", "after": "manager"}
    assert event.create_time == deps.clock.now()


def test_what_is_rolled_back_is_not_noted(people: People, deps: Deps) -> None:
    shop = open_shop(deps, people.sign_up())
    with pytest.raises(ZeroDivisionError), deps.db.transaction(merchant=shop) as tx:
        audit.note(tx, deps, Action.MERCHANT_UPDATED, merchant=shop)
        raise ZeroDivisionError
    assert events(deps, shop) == []


def test_each_sees_their_own(people: People, deps: Deps) -> None:
    owner, other = people.sign_up(), people.sign_up()
    shop, elsewhere = open_shop(deps, owner), open_shop(deps, owner)
    with deps.db.transaction() as tx:
        audit.note(tx, deps, Action.MERCHANT_UPDATED, merchant=shop)
        audit.note(tx, deps, Action.SUPPORT_GRANTED, account=other.account_id)
    assert [event.action for event in events(deps, shop)] == ["merchant.updated"]
    assert events(deps, elsewhere) == []
    own = audit.list_own(deps, account_id=other.account_id, page=ALL).items
    (granted,) = [event for event in own if event.action == "support.granted"]
    assert granted.actor_id == to_text("acc", other.account_id)
    assert "support.granted" not in {
        event.action for event in audit.list_own(deps, account_id=owner.account_id, page=ALL).items
    }


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events", "TRUNCATE audit_events"]
)
def test_nothing_is_changed_or_removed(people: People, deps: Deps, postgres: Postgres, statement: str) -> None:
    shop = open_shop(deps, people.sign_up())
    with deps.db.transaction() as tx:
        audit.note(tx, deps, Action.MERCHANT_UPDATED, merchant=shop)
    with pytest.raises(ProgrammingError, match="permission denied"), deps.db.transaction(merchant=shop) as tx:
        tx.exec_driver_sql(statement)
    assert len(events(deps, shop)) == 1


def test_searched(people: People, deps: Deps, clock: FixedClock) -> None:
    owner = people.sign_up()
    shop = open_shop(deps, owner)
    began = clock.now()
    notes = (
        (Action.MEMBER_INVITED, "cli_a", "mbr_1"),
        (Action.MEMBER_REMOVED, "cli_b", "mbr_1"),
        (Action.MERCHANT_UPDATED, "cli_a", ""),
    )
    for action, actor, target in notes:
        clock.advance(timedelta(minutes=1))
        with deps.db.transaction() as tx:
            audit.note(tx, deps, action, merchant=shop, actor=actor, target=target)

    def found(**asked: object) -> list[str]:
        return [event.action for event in events(deps, shop, replace(EVERYTHING, **asked))]  # type: ignore[arg-type] # as below

    assert found() == ["merchant.updated", "member.removed", "member.invited"]
    assert found(action="member.") == ["member.removed", "member.invited"]
    assert found(action="member.removed") == ["member.removed"]
    assert found(action="member_") == []
    assert found(actor_id="cli_a") == ["merchant.updated", "member.invited"]
    assert found(target_id="mbr_1", actor_id="cli_b") == ["member.removed"]
    assert found(start_time=began + timedelta(minutes=2), end_time=began + timedelta(minutes=3)) == ["member.removed"]
    page = audit.list_events(deps, merchant_id=shop, search=EVERYTHING, page=Page(2, None, b"12345678"))
    token = page.next_page_token
    assert len(page.items) == 2
    rest = audit.list_events(deps, merchant_id=shop, search=EVERYTHING, page=Page(2, _key(token), b"12345678"))
    assert ([event.action for event in rest.items], rest.next_page_token) == (["member.invited"], "")


def _key(token: str) -> tuple[str, ...] | None:
    return paging._after(token, b"12345678")


def test_exported_as_a_file_that_runs_nothing(people: People, deps: Deps) -> None:
    shop = open_shop(deps, people.sign_up())
    with deps.db.transaction() as tx:
        audit.note(tx, deps, Action.MERCHANT_UPDATED, merchant=shop, actor="=1+1", target="x,y")
    file = b"".join(events_to_csv(audit.each_event(deps, merchant_id=shop, search=EVERYTHING))).decode("utf-8-sig")
    heading, row = csv.reader(io.StringIO(file, newline=""))
    cells = dict(zip(heading, row, strict=True))
    assert (cells["actor_id"], cells["target_id"], cells["action"]) == ("'=1+1", "x,y", "merchant.updated")


def test_an_event_of_another_service_is_written_once(people: People, deps: Deps) -> None:
    shop = open_shop(deps, people.sign_up())
    event = AuditEvent(
        id=deps.ids.new(),
        create_time=deps.clock.now(),
        merchant_id=shop,
        account_id=None,
        action="bill.voided",
        actor_id="billing",
    )
    for _ in range(2):
        audit.record_event(deps, event=event)
    assert events(deps, shop) == [event]
