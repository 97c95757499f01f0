"""What a token's claims make of its caller, and claims that must not be overlooked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey

from services.kit import ids
from services.kit.context import Audience, Caller
from services.kit.money import Money
from services.kit.tokens import TokenInvalid, Verifier
from tests.harness import ASSURANCE, Tokens

if TYPE_CHECKING:
    from services.kit.config import Settings
    from tests.fakes.clock import FixedClock


class Door:
    """Mints, and verifies what it minted."""

    def __init__(self, settings: Settings, clock: FixedClock) -> None:
        self.tokens = Tokens(clock)
        self._verifier = Verifier(settings, source=self.tokens, clock=clock)

    def caller(self, **claims: Any) -> Caller:
        """Of a token with these values of `Tokens.mint`; staff of a merchant unless they say otherwise."""
        token = self.tokens.mint(**{"account": uuid4(), "merchant": uuid4(), "scopes": ["bills:read"], **claims})
        return self._verifier.verify(token)


@pytest.fixture
def door(kit_settings: Settings, clock: FixedClock) -> Door:
    return Door(kit_settings, clock)


def test_staff(door: Door, clock: FixedClock) -> None:
    account, merchant = uuid4(), uuid4()
    caller = door.caller(account=account, merchant=merchant, roles=["cashier"], refund_ceiling=Money(50_000, "INR"))
    assert caller == Caller(
        audience=Audience.MERCHANT,
        account_id=account,
        merchant_id=merchant,
        session_id=account,
        client_id="billmesh-cli",
        scopes=frozenset({"bills:read"}),
        roles=frozenset({"cashier"}),
        auth_time=datetime.fromtimestamp(int(clock.now().timestamp()), UTC),
        assurance=ASSURANCE,
        refund_ceiling=Money(50_000, "INR"),
    )


def test_a_client_acts_on_its_own(door: Door) -> None:
    client, merchant = uuid4(), uuid4()
    caller = door.caller(account=None, client=client, merchant=merchant, test_mode=True)
    assert caller == Caller(
        audience=Audience.MERCHANT,
        merchant_id=merchant,
        client_id=ids.to_text("cli", client),
        scopes=frozenset({"bills:read"}),
        test_mode=True,
    )
    # It has not signed in, whatever its token says.
    boasting = door.caller(account=None, acr=ASSURANCE, auth_time=1)
    assert (boasting.assurance, boasting.auth_time) == (None, None)


def test_support_staff(door: Door) -> None:
    account, actor = uuid4(), uuid4()
    caller = door.caller(account=account, merchant=None, actor=actor)
    assert (caller.account_id, caller.actor_id, caller.auth_time) == (account, actor, None)


def test_a_bound_token_names_its_key(door: Door) -> None:
    key = ECKey.generate_key("P-256")
    assert door.caller(bound_to=key).bound_to == key.thumbprint()
    assert door.caller().bound_to is None


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "somebody"},
        {"sub": "cli_00000000000000000000000001"},
        {"sub": "mer_00000000000000000000000001"},
        {"act": {}},
        {"act": "acc_00000000000000000000000001"},
        {"act": {"sub": "cli_00000000000000000000000001"}},
        {"mode": "live?"},
        {"mode": True},
        {"limits": "none"},
        {"limits": {"refund": 5}},
        {"limits": {"refund": {"minor": "5", "currency": "INR"}}},
        {"limits": {"refund": {"minor": True, "currency": "INR"}}},
        {"limits": {"refund": {"minor": -1, "currency": "INR"}}},
        {"limits": {"refund": {"minor": 5, "currency": "XXX"}}},
        {"limits": {"refund": {"minor": 5}}},
        {"cnf": {}},
        {"cnf": {"jkt": ""}},
        {"cnf": {"jkt": 1}},
        {"cnf": {"x5t#S256": "abc"}},
        {"cnf": "abc"},
        {"tid": 7},
    ],
    ids=str,
)
def test_what_is_not_understood_is_refused(door: Door, claims: dict[str, object]) -> None:
    with pytest.raises(TokenInvalid):
        door.caller(**claims)
