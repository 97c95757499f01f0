"""Public links: https://edge/b/{token} to a bill, https://edge/c/{token} to a balance that a customer is asked about.

The token is 128 bits of an HMAC of the id, so it can be made again for every message and guessed by nobody. The
database keeps only its hash: who reads the database cannot open the pages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.billing.domain.ids import BillId, ConfirmationId

_TOKEN_BYTES = 16


class PublicLinks:
    """Makes links under one secret key."""

    def __init__(self, key: bytes, *, public_url: str) -> None:
        """`public_url`: the edge's origin, without a slash at the end."""
        self._key = key
        self._public_url = public_url

    @property
    def origin(self) -> str:
        """The edge's, without a slash at the end."""
        return self._public_url

    def token(self, bill_id: BillId) -> str:
        """26 characters of lower-case base32."""
        return self._token(b"bill\0" + bill_id.bytes)

    def url(self, bill_id: BillId) -> str:
        """The page of the bill."""
        return f"{self._public_url}/b/{self.token(bill_id)}"

    def balance_token(self, confirmation_id: ConfirmationId) -> str:
        """As `token`, of a question about a balance."""
        return self._token(b"balance\0" + confirmation_id.bytes)

    def balance_url(self, confirmation_id: ConfirmationId) -> str:
        """The page on which a customer answers."""
        return f"{self._public_url}/c/{self.balance_token(confirmation_id)}"

    @property
    def claims_url(self) -> str:
        """Where a merchant's staff verify what customers say to have paid."""
        return f"{self._public_url}/payments/pending"

    def _token(self, name: bytes) -> str:
        digest = hmac.digest(self._key, name, hashlib.sha256)
        return base64.b32encode(digest[:_TOKEN_BYTES]).decode().rstrip("=").lower()


def token_hash(token: str) -> bytes:
    """What the database knows of a token; upper case counts as lower case, for those who type it."""
    return hashlib.sha256(token.lower().encode()).digest()
