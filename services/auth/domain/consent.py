"""What a person allowed a third party's client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from services.auth.domain.names import ApiClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """It holds until it is taken back. The names are those that the person was shown."""

    client_id: ApiClientId
    client_name: str
    publisher_name: str
    scopes: frozenset[str]
    create_time: datetime
    update_time: datetime
