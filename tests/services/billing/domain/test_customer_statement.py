"""What the ledger's kinds of entry are in a statement."""

from __future__ import annotations

from services.billing.domain.customer_statement import RowKind, kind_of
from services.billing.domain.ledger import EntryKind


def test_every_kind_of_entry_has_a_word() -> None:
    found = {kind_of(kind) for kind in EntryKind}
    assert None not in found
    assert found == set(RowKind)


def test_a_kind_that_is_not_known_yet_has_none() -> None:
    assert kind_of("SOMETHING_NEW") is None
