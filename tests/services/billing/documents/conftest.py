"""One press for all tests: its fonts are read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.billing.documents.press import Press

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.billing.documents.document import Document

    Set = Callable[..., bytes]


@pytest.fixture(scope="session")
def press() -> Press:
    return Press()


@pytest.fixture(scope="session")
def set_(press: Press) -> Set:
    """Sets a document."""

    def setting(document: Document, logo: bytes = b"") -> bytes:
        order = document.order(logo)
        return press.set(order.document, order.logo)

    return setting
