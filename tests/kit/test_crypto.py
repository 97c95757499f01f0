"""Sealed fields and blind indexes."""

from __future__ import annotations

import base64
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from services.kit.config import Settings
from services.kit.crypto import Vault
from services.kit.db import Database


def test_a_field_opens_only_where_it_was_sealed(db: Database, kit_settings: Settings) -> None:
    vault, tenant, row = Vault(kit_settings), uuid4(), uuid4()
    with db.transaction() as tx:
        blob = vault.seal(tx, tenant, "customers.phone", row, "+919812345678")
        assert b"98123" not in blob
        assert vault.open(tx, tenant, "customers.phone", row, blob) == "+919812345678"
        for column, other in (("customers.email", row), ("customers.phone", uuid4())):
            with pytest.raises(InvalidTag):
                vault.open(tx, tenant, column, other, blob)
        stranger = uuid4()
        vault.seal(tx, stranger, "customers.phone", row, "x")
        with pytest.raises(InvalidTag):
            vault.open(tx, stranger, "customers.phone", row, blob)


def test_another_process_opens_it(db: Database, kit_settings: Settings) -> None:
    tenant, row = uuid4(), uuid4()
    with db.transaction() as tx:
        blob = Vault(kit_settings).seal(tx, tenant, "c", row, "text")
    with db.transaction() as tx:
        assert Vault(kit_settings).open(tx, tenant, "c", row, blob) == "text"


def test_a_key_of_a_rolled_back_transaction_is_forgotten(db: Database, kit_settings: Settings) -> None:
    vault, tenant, row = Vault(kit_settings), uuid4(), uuid4()
    with pytest.raises(RuntimeError), db.transaction() as tx:
        vault.seal(tx, tenant, "c", row, "never")
        raise RuntimeError
    with db.transaction() as tx:
        blob = vault.seal(tx, tenant, "c", row, "text")
    with db.transaction() as tx:
        assert Vault(kit_settings).open(tx, tenant, "c", row, blob) == "text"


def test_an_older_master_key_still_unwraps(db: Database, kit_settings: Settings) -> None:
    tenant, row = uuid4(), uuid4()
    with db.transaction() as tx:
        blob = Vault(kit_settings).seal(tx, tenant, "c", row, "text")
    newer = "2:" + base64.b64encode(b"n" * 32).decode()
    both = kit_settings.model_copy(
        update={"master_keys": type(kit_settings.master_keys)(f"{kit_settings.master_keys.get_secret_value()},{newer}")}
    )
    with db.transaction() as tx:
        assert Vault(both).open(tx, tenant, "c", row, blob) == "text"
    only_new = kit_settings.model_copy(update={"master_keys": type(kit_settings.master_keys)(newer)})
    with db.transaction() as tx, pytest.raises(LookupError, match="master key 1"):
        Vault(only_new).open(tx, tenant, "c", row, blob)


def test_the_blind_index_depends_on_value_and_purpose(kit_settings: Settings) -> None:
    vault = Vault(kit_settings)
    assert vault.index("phone", "+358401234567") == vault.index("phone", "+358401234567")
    assert vault.index("phone", "+358401234567") != vault.index("phone", "+358401234568")
    assert vault.index("phone", "+358401234567") != vault.index("email", "+358401234567")
    assert len(vault.index("phone", "")) == 32
