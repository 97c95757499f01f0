"""What billing needs of other services, in memory: the same Protocols as the adapters in services.billing.clients."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from services.billing.domain.errors import IssueInProgress, ItemNotFound, OutOfStock
from services.billing.domain.notices import Said
from services.billing.domain.settings import MerchantProfile
from services.kit.errors import PeerUnavailable
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.billing.domain.bill import LineTerms
    from services.billing.domain.consent import Channel
    from services.billing.domain.credit_note import CreditLine
    from services.billing.domain.drafting import ItemForSale
    from services.billing.domain.ids import AttemptId, BillId, CreditNoteId, ItemId, MerchantId, StoreId
    from services.billing.domain.notices import MerchantNotice, Notice, Place

S = TypeVar("S", bound=Said)

BENGALURU = MerchantProfile(
    display_name="Asha Stores", country_code="IN", time_zone="Asia/Kolkata", address="12 MG Road\nBengaluru 560001"
)
HELSINKI = MerchantProfile(
    display_name="Kulman Kauppa", country_code="FI", time_zone="Europe/Helsinki", address="Kuja 1\nHelsinki 00100"
)


@dataclass
class FakeMerchants:
    """MerchantDirectory. Merchants that were not added are Asha Stores."""

    profiles: dict[MerchantId, MerchantProfile] = field(default_factory=dict)
    away: bool = False
    calls: int = 0

    def profile(self, merchant_id: MerchantId) -> MerchantProfile:
        """See MerchantDirectory."""
        self.calls += 1
        if self.away:
            raise PeerUnavailable("auth")
        return self.profiles.get(merchant_id, BENGALURU)


@dataclass
class FakeInventory:
    """ItemDirectory and Stock, as strict about attempts as the real one."""

    items: dict[ItemId, ItemForSale] = field(default_factory=dict)
    left: dict[ItemId, Decimal] = field(default_factory=dict)
    away: bool = False
    # Called before a take has its effect, and after it; each may raise.
    before_take: Callable[[], None] = lambda: None
    after_take: Callable[[], None] = lambda: None
    _taken: dict[AttemptId, dict[ItemId, Decimal]] = field(default_factory=dict)
    _returned: set[AttemptId] = field(default_factory=set)
    _restocked: set[CreditNoteId] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, item_id: ItemId, item: ItemForSale, *, left: str) -> None:
        """Puts an item on the shelf."""
        self.items[item_id] = item
        self.left[item_id] = Decimal(left)

    def items_for_sale(
        self, merchant_id: MerchantId, store_id: StoreId | None, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, ItemForSale]:
        """See ItemDirectory."""
        if self.away:
            raise PeerUnavailable("inventory")
        missing = [position for position, item_id in enumerate(item_ids) if item_id not in self.items]
        if missing:
            raise ItemNotFound(*(f"item_ids[{position}]" for position in missing))
        return {item_id: self.items[item_id] for item_id in item_ids}

    def take(
        self,
        merchant_id: MerchantId,
        store_id: StoreId,
        *,
        attempt: AttemptId,
        bill_id: BillId,
        lines: Sequence[LineTerms],
    ) -> None:
        """See Stock."""
        if self.away:
            raise PeerUnavailable("inventory")
        self.before_take()
        with self._lock:
            if attempt in self._returned:
                raise IssueInProgress
            if attempt not in self._taken:
                wanted: dict[ItemId, Decimal] = {}
                for line in lines:
                    if line.item_id is not None:
                        wanted[line.item_id] = wanted.get(line.item_id, Decimal(0)) + line.quantity
                short = [item_id for item_id, quantity in wanted.items() if self.left[item_id] < quantity]
                if short:
                    raise OutOfStock(",".join(f"{to_text('item', i)}={self.left[i]:f}" for i in short))
                for item_id, quantity in wanted.items():
                    self.left[item_id] -= quantity
                self._taken[attempt] = wanted
        self.after_take()

    def give_back(self, merchant_id: MerchantId, *, attempt: AttemptId) -> None:
        """See Stock."""
        if self.away:
            raise PeerUnavailable("inventory")
        with self._lock:
            if attempt not in self._returned:
                self._returned.add(attempt)
                for item_id, quantity in self._taken.pop(attempt, {}).items():
                    self.left[item_id] += quantity

    def restock(
        self, merchant_id: MerchantId, store_id: StoreId, *, note_id: CreditNoteId, lines: Sequence[CreditLine]
    ) -> None:
        """See Stock."""
        if self.away:
            raise PeerUnavailable("inventory")
        with self._lock:
            if note_id not in self._restocked:
                self._restocked.add(note_id)
                for line in lines:
                    if line.sold.terms.item_id is not None:
                        self.left[line.sold.terms.item_id] += line.quantity


@dataclass
class FakeMessenger:
    """Messenger: keeps what was told, by key and channel, so that a repeat is told once."""

    told: dict[tuple[str, Channel], tuple[Notice, Place]] = field(default_factory=dict)
    merchants: dict[str, MerchantNotice] = field(default_factory=dict)
    away: bool = False
    # Called before something is told; may raise.
    before: Callable[[], None] = lambda: None

    def tell(self, notice: Notice, to: Place) -> None:
        """See Messenger."""
        self.before()
        if self.away:
            raise PeerUnavailable("notification")
        self.told.setdefault((notice.key, to.channel), (notice, to))

    def notify(self, notice: MerchantNotice) -> None:
        """See Messenger."""
        if self.away:
            raise PeerUnavailable("notification")
        self.merchants.setdefault(notice.key, notice)

    def said(self, kind: type[S]) -> list[S]:
        """What was said of that kind, the oldest first, as often as there were places."""
        return [notice.says for notice, _ in self.told.values() if isinstance(notice.says, kind)]

    def addresses(self, kind: type[Said]) -> list[str]:
        """Where it was said."""
        return [place.address for notice, place in self.told.values() if isinstance(notice.says, kind)]
