"""For which merchants tokens may act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.auth.domain.names import MerchantId
from services.auth.domain.session import Tenant
from services.auth.oauth.answers import Refused
from services.auth.store import members, merchants
from services.kit.ids import InvalidId, from_text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from services.auth.domain.client import Client
    from services.auth.domain.names import AccountId


def of_client(client: Client, merchant: str | None) -> Tenant:
    """The client's own, whether or not the form names it. Raises Refused."""
    if client.acts_for is None or (merchant and merchant_id(merchant) != client.acts_for):
        raise Refused("invalid_target", "The client acts for no other merchant than its own.")
    return Tenant(merchant_id=client.acts_for, role=None, test_mode=client.test_mode)


def of_person(tx: Connection, account_id: AccountId, client: Client, merchant: str) -> Tenant:
    """The merchant of that name, in the role that the person has there; `tx` acts for them. Raises Refused.

    A test client acts for its own test tenant alone.
    """
    wanted = merchant_id(merchant)
    standing = members.load_standing(tx, wanted, account_id)
    if standing is None or (client.test_mode and wanted != client.acts_for):
        raise not_a_member()
    found = merchants.load(tx, wanted)
    return Tenant(
        merchant_id=wanted,
        role=standing.role,
        test_mode=found is not None and found.test_of is not None,
        refund_ceiling=standing.refund_ceiling,
    )


def merchant_id(text: str) -> MerchantId:
    """From its name on the wire. Raises Refused, as for a merchant where one is no member."""
    try:
        return MerchantId(from_text("mer", text))
    except InvalidId as error:
        raise not_a_member() from error


def not_a_member() -> Refused:
    """The same whether there is such a merchant or not."""
    return Refused("invalid_target", "You are no member of this merchant.")
