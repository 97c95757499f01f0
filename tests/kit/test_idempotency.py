"""The same request, one effect, one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from billmesh.inventory.v1 import stock_pb2, stock_service_pb2

from services.kit import idempotency
from services.kit.config import Settings
from services.kit.crypto import Vault
from services.kit.db import Database

Request = stock_service_pb2.AdjustStockRequest
OWNER = uuid4()


def claim(request: Request, owner: UUID = OWNER) -> idempotency.Once[str, stock_pb2.Stock]:
    return idempotency.once(request, stock_pb2.Stock, lambda value: stock_pb2.Stock(item_id=value), owner=owner)


def test_a_sealed_answer_is_given_again_and_not_readable(db: Database, kit_settings: Settings) -> None:
    vault, request = Vault(kit_settings), Request(request_id=str(uuid4()), note="+358401234567")

    def sealed() -> idempotency.Once[str, stock_pb2.Stock]:
        return idempotency.once(
            request, stock_pb2.Stock, lambda value: stock_pb2.Stock(item_id=value), owner=OWNER, vault=vault
        )

    with db.transaction() as tx:
        assert sealed().replay(tx) is None
        sealed().record(tx, "+358401234567")
    with db.transaction() as tx:
        answer = sealed().replay(tx)
        query = "SELECT fingerprint, response FROM idempotency WHERE request_id = %s"
        row = tx.exec_driver_sql(query, (request.request_id,)).one()
    assert answer is not None
    assert answer.item_id == "+358401234567"
    assert b"358401234567" not in bytes(row.response)
    assert bytes(row.fingerprint) != claim(request)._fingerprint


def apply(db: Database, request: Request, *, fail: bool = False, owner: UUID = OWNER) -> tuple[str, bool]:
    """The answer, and whether it had the effect."""
    once = claim(request, owner)
    with db.transaction() as tx:
        if (answer := once.replay(tx)) is not None:
            return answer.item_id, False
        effect = tx.exec_driver_sql("INSERT INTO effects (note) VALUES ('x') RETURNING id").scalar_one()
        if fail:
            raise RuntimeError
        return once.record(tx, str(effect)).item_id, True


def test_a_repeat_gets_the_first_answer(db: Database) -> None:
    request = Request(request_id=str(uuid4()), note="a")
    first, had_effect = apply(db, request)
    assert had_effect
    assert apply(db, request) == (first, False)


def test_another_body_or_another_caller_is_another_matter(db: Database) -> None:
    request_id = str(uuid4())
    first, _ = apply(db, Request(request_id=request_id, note="a"))
    with pytest.raises(idempotency.RequestIdReused):
        apply(db, Request(request_id=request_id, note="b"))
    other, had_effect = apply(db, Request(request_id=request_id, note="a"), owner=uuid4())
    assert had_effect
    assert other != first


def test_a_failed_first_try_leaves_the_id_free(db: Database) -> None:
    request = Request(request_id=str(uuid4()))
    with pytest.raises(RuntimeError):
        apply(db, request, fail=True)
    assert apply(db, request)[1]


def test_a_look_claims_nothing(db: Database) -> None:
    request = Request(request_id=str(uuid4()))
    with db.transaction() as tx:
        assert claim(request).peek(tx) is None
    first, had_effect = apply(db, request)
    assert had_effect
    with db.transaction() as tx:
        answer = claim(request).peek(tx)
    assert answer is not None
    assert answer.item_id == first


def test_fifty_at_once_have_one_effect(db: Database) -> None:
    request = Request(request_id=str(uuid4()))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: apply(db, request), range(50)))
    assert len({answer for answer, _ in answers}) == 1
    assert sum(had_effect for _, had_effect in answers) == 1
