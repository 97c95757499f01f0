"""The same request twice has one effect and one answer.

The answer is stored in the transaction of its effect, under the caller's tenant and the `request_id`. A repeat that
arrives while the first is still running waits for it: both insert the same key, and PostgreSQL lets the second one go
on when the first has committed (it finds the answer) or has rolled back (it takes over).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from google.protobuf.message import Message

from services.kit import context
from services.kit.failure import Failure, FieldViolation, Kind
from services.kit.sql import later, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.kit.crypto import Vault

M = TypeVar("M", bound=Message)
D = TypeVar("D")

_COLUMN = "idempotency.response"
_CLAIM = """
INSERT INTO idempotency (owner_id, request_id, fingerprint) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_FIND = "SELECT fingerprint, response FROM idempotency WHERE owner_id = %s AND request_id = %s"
_RECORD = "UPDATE idempotency SET response = %s WHERE owner_id = %s AND request_id = %s"


class RequestIdReused(Failure):
    """The id belongs to another request."""

    kind = Kind.INVALID
    reason = "REQUEST_ID_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "This request_id was used for another request.",
            fields=(FieldViolation("request_id", "must be new for a new request"),),
        )


class Once(Generic[D, M]):
    """One request's claim on its effect. Made by the handler, used by the use case inside its transaction."""

    def __init__(
        self,
        owner: UUID,
        request_id: UUID,
        fingerprint: bytes,
        response: type[M],
        encode: Callable[[D], M],
        *,
        vault: Vault | None,
    ) -> None:
        self._owner = owner
        self._key = (str(owner), str(request_id))
        self._fingerprint = fingerprint
        self._response = response
        self._encode = encode
        self._vault = vault
        self.request_id = request_id

    def replay(self, tx: Connection) -> M | None:
        """The first answer if there was one; else None, and the claim is this transaction's.

        Waits for an unfinished twin. Raises RequestIdReused.
        """
        claimed = run(tx, _CLAIM, (*self._key, self._fingerprint)).rowcount
        return None if claimed else self.peek(tx)

    def peek(self, tx: Connection) -> M | None:
        """As `replay`, but claims nothing and waits for nobody: for a look before a call to a peer."""
        row = run(tx, _FIND, self._key).one_or_none()
        if row is None:
            return None
        if bytes(row.fingerprint) != self._fingerprint:
            raise RequestIdReused
        kept = bytes(row.response)
        if self._vault is not None:
            kept = self._vault.open_bytes(tx, self._owner, _COLUMN, self.request_id, kept)
        return self._response.FromString(kept)

    def record(self, tx: Connection, value: D) -> M:
        """Encodes the answer and keeps it with its effect."""
        answer = self._encode(value)
        kept = answer.SerializeToString()
        if self._vault is not None:
            kept = self._vault.seal_bytes(tx, self._owner, _COLUMN, self.request_id, kept)
        later(tx, _RECORD, (kept, *self._key))
        return answer


def once(
    request: Message,
    response: type[M],
    encode: Callable[[D], M],
    *,
    owner: UUID | None = None,
    vault: Vault | None = None,
) -> Once[D, M]:
    """The claim of `request`, which has a validated `request_id`. `owner`: the caller's tenant unless given.

    `vault` is given where request or answer hold personal data: the answer is sealed, and what tells one request from
    another is keyed, so that nobody can try values against it.
    """
    request_id = UUID(request.request_id)  # type: ignore[attr-defined] # every message that comes here has the field
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("request_id")
    named = request.DESCRIPTOR.full_name.encode() + b"\0" + bare.SerializeToString(deterministic=True)
    fingerprint = hashlib.sha256(named).digest()
    if vault is not None:
        fingerprint = vault.index("idempotency", fingerprint.hex())
    return Once(owner or context.caller().owner, request_id, fingerprint, response, encode, vault=vault)
