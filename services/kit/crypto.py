"""Fields that a thief of the database must not read: envelope encryption per tenant, and blind indexes to look them up.

A tenant's data key encrypts its fields with AES-256-GCM-SIV (RFC 8452). The data key is stored wrapped by a master key
that the database never sees. What a field belongs to (column, row, tenant) is authenticated with it, so a ciphertext
cannot be moved to another row. A blind index is HMAC-SHA-256 of the normalised value under a key of its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from services.kit.sql import run

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from services.kit.config import Settings

# First byte of what `seal` makes; then the data key's version (1 byte), the nonce (12), ciphertext and tag.
_FORMAT = b"\x01"
_NONCE_BYTES = 12
_CACHED_KEYS = 10_000

_FIND_CURRENT = (
    "SELECT version, master_version, wrapped FROM data_keys WHERE tenant_id = %s ORDER BY version DESC LIMIT 1"
)
_FIND_VERSION = "SELECT version, master_version, wrapped FROM data_keys WHERE tenant_id = %s AND version = %s"
_CREATE = """
INSERT INTO data_keys (tenant_id, version, master_version, wrapped) VALUES (%s, 1, %s, %s) ON CONFLICT DO NOTHING
"""


class MasterKeys:
    """Wrap and unwrap data keys; the current one wraps, all unwrap."""

    def __init__(self, settings: Settings) -> None:
        """Raises ValueError unless each is 32 bytes and the one that is to wrap is there."""
        self._keys = _parse(settings.master_keys.get_secret_value())
        self.current = settings.wrapping_key or max(self._keys)
        if self.current not in self._keys:
            raise ValueError(f"master key {self.current}, which is to wrap, is not configured")

    def wrap(self, tenant: str, data_key: bytes) -> bytes:
        """`data_key` of `tenant`, encrypted by the current master key."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCMSIV(self._keys[self.current]).encrypt(nonce, data_key, tenant.encode())

    def unwrap(self, tenant: str, master_version: int, wrapped: bytes) -> bytes:
        """The data key. Raises LookupError if that master key is not configured, InvalidTag if it does not fit."""
        master = self._keys.get(master_version)
        if master is None:
            raise LookupError(f"master key {master_version}, which wraps a tenant's data key, is not configured")
        return AESGCMSIV(master).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], tenant.encode())


class Vault:
    """Seals and opens fields. Safe to share between threads; keys that were read stay in memory."""

    def __init__(self, settings: Settings) -> None:
        self._masters = MasterKeys(settings)
        self._index_key = settings.index_key
        self._keys: dict[tuple[str, int], AESGCMSIV] = {}
        self._current: dict[str, tuple[int, AESGCMSIV]] = {}

    def seal(self, tx: Connection, tenant_id: UUID, column: str, row_id: UUID, text: str) -> bytes:
        """Encrypts `text` for `column` ("customers.phone") of one row. Makes the tenant's key on first use."""
        return self.seal_bytes(tx, tenant_id, column, row_id, text.encode())

    def seal_bytes(self, tx: Connection, tenant_id: UUID, column: str, row_id: UUID, content: bytes) -> bytes:
        """As `seal`, for what is no text."""
        version, key = self._current_key(tx, str(tenant_id))
        nonce = os.urandom(_NONCE_BYTES)
        sealed = key.encrypt(nonce, content, _context(tenant_id, column, row_id, version))
        return _FORMAT + bytes((version,)) + nonce + sealed

    def open(self, tx: Connection, tenant_id: UUID, column: str, row_id: UUID, blob: bytes) -> str:
        """The text that was sealed. Raises cryptography's InvalidTag if it is of another row, column or tenant."""
        return self.open_bytes(tx, tenant_id, column, row_id, blob).decode()

    def open_bytes(self, tx: Connection, tenant_id: UUID, column: str, row_id: UUID, blob: bytes) -> bytes:
        """As `open`, for what is no text."""
        if blob[:1] != _FORMAT:
            raise ValueError("unknown format of a sealed field")
        version = blob[1]
        key = self._keys.get((str(tenant_id), version))
        if key is None:
            row = run(tx, _FIND_VERSION, (str(tenant_id), version)).one()
            key = self._remember(str(tenant_id), version, row.master_version, bytes(row.wrapped))
        nonce, sealed = blob[2 : 2 + _NONCE_BYTES], blob[2 + _NONCE_BYTES :]
        return key.decrypt(nonce, sealed, _context(tenant_id, column, row_id, version))

    def index(self, purpose: str, normalised: str) -> bytes:
        """32 bytes, the same for the same value and purpose ("phone"), by which to look a sealed field up."""
        return hmac.digest(self._index_key, f"{purpose}\0{normalised}".encode(), hashlib.sha256)

    def _current_key(self, tx: Connection, tenant: str) -> tuple[int, AESGCMSIV]:
        known = self._current.get(tenant)
        if known is not None:
            return known
        row = run(tx, _FIND_CURRENT, (tenant,)).one_or_none()
        if row is None:
            wrapped = self._masters.wrap(tenant, os.urandom(32))
            created = run(tx, _CREATE, (tenant, self._masters.current, wrapped)).rowcount
            row = run(tx, _FIND_CURRENT, (tenant,)).one()
            if created:
                # Not remembered: if this transaction rolls back, the key was never there.
                return row.version, AESGCMSIV(self._masters.unwrap(tenant, row.master_version, bytes(row.wrapped)))
        key = self._remember(tenant, row.version, row.master_version, bytes(row.wrapped))
        self._current[tenant] = current = (row.version, key)
        return current

    def _remember(self, tenant: str, version: int, master_version: int, wrapped: bytes) -> AESGCMSIV:
        if len(self._keys) >= _CACHED_KEYS:
            self._current.clear()
            self._keys.clear()
        key = self._keys[tenant, version] = AESGCMSIV(self._masters.unwrap(tenant, master_version, wrapped))
        return key


def _context(tenant_id: UUID, column: str, row_id: UUID, version: int) -> bytes:
    return f"{tenant_id}|{column}|{row_id}|{version}".encode()


def _parse(text: str) -> dict[int, bytes]:
    """Parses "1:<base64>,2:<base64>"."""
    keys = {}
    for entry in text.split(","):
        version, _, encoded = entry.strip().partition(":")
        key = base64.b64decode(encoded, validate=True)
        if len(key) != 32:  # noqa: PLR2004 - AES-256
            raise ValueError("a master key is 32 bytes")
        keys[int(version)] = key
    return keys
