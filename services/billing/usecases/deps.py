"""What the use cases are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.billing.clients import ItemDirectory, MerchantDirectory, Stock
    from services.billing.domain.gateway import Provider
    from services.billing.domain.ids import MerchantId
    from services.billing.gateways.base import PaymentGateway
    from services.billing.links import PublicLinks
    from services.billing.messenger import Messenger
    from services.billing.reading import FileReader
    from services.kit.clock import Clock
    from services.kit.crypto import Vault
    from services.kit.db import Database
    from services.kit.ids import Ids

_REMEMBERED = 100_000


class KnownMerchants:
    """Merchants that are known to have settings. Settings are never deleted, so this never goes stale."""

    def __init__(self) -> None:
        self._known: set[MerchantId] = set()

    def __contains__(self, merchant_id: MerchantId) -> bool:
        """Whether the merchant has been added."""
        return merchant_id in self._known

    def add(self, merchant_id: MerchantId) -> None:
        """Remembers the merchant; begins anew when there are very many."""
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known.add(merchant_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything outside of a use case."""

    db: Database
    clock: Clock
    ids: Ids
    vault: Vault
    merchants: MerchantDirectory
    items: ItemDirectory
    stock: Stock
    messenger: Messenger
    links: PublicLinks
    files: FileReader
    # All that the service knows; a merchant has none until it enters one.
    gateways: Mapping[Provider, PaymentGateway] = field(default_factory=dict)
    known_merchants: KnownMerchants = field(default_factory=KnownMerchants)
