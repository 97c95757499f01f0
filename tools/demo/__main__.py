"""`python -m tools.demo`: the three flows, as JSON, as native gRPC and as gRPC-Web, told as they go.

--rounds N repeats them (for trying what a crash does); --quiet tells only what failed.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import Any

from tools.client.dialects import Dialect, all_three
from tools.client.edge import Edge
from tools.client.people import Person
from tools.demo import flows
from tools.demo.inbox import Inbox
from tools.stack import runfile
from tools.stack.state import State

# Seconds for which a call is repeated while a process is being replaced.
_PATIENCE = 30.0
# Seconds that an SMS may take: one whose sending was cut short is looked for at the provider before it goes again.
_SMS_PATIENCE = 90.0
# Kamppi, in the middle of the demo's map.
_START = (60.1690, 24.9330)
_LIST = ("2 milk", "rye bread", "500g tomatoes", "coffee", "bananas 1 kg", "toothpaste")


def main() -> None:
    """Runs the demo against the running stack."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quiet", action="store_true")
    arguments = parser.parse_args()
    try:
        run = runfile.read(State.current())
    except FileNotFoundError:
        sys.exit("nothing runs: `make run` first")
    for _ in range(arguments.rounds):
        play(run, quiet=arguments.quiet)


def play(run: dict[str, Any], *, quiet: bool) -> None:
    """One round of the three flows in the three dialects. Raises FlowError where the product breaks its word."""
    with (
        closing(Edge.from_run(run, patience=_PATIENCE)) as edge,
        closing(Inbox(run["sms_inbox_url"], patience=_SMS_PATIENCE)) as inbox,
    ):
        _play(run, edge, inbox, quiet=quiet)


def _play(run: dict[str, Any], edge: Edge, inbox: Inbox, *, quiet: bool) -> None:
    people = {sign_in["role"]: sign_in for sign_in in run["demo_sign_ins"]}
    owner_sign_in, shopper_sign_in = people["merchant-in"], people["shopper"]
    shopper = Person.from_run(edge, shopper_sign_in)
    shop = flows.Shop(Person.from_run(edge, owner_sign_in), owner_sign_in["merchant_id"], owner_sign_in["store_id"])
    phone = shopper_sign_in["identifier"]

    def say(text: str) -> None:
        if not quiet:
            print(text, flush=True)

    def tell(text: str) -> None:
        say(f"    {text}")

    def one(dialect: Dialect) -> None:
        say(f"\n{dialect.name}")
        say(f"  1 · {owner_sign_in['display_name']} sends a bill")
        issued = flows.bill(dialect, shop, phone=phone, inbox=inbox, tell=tell)
        page = flows.bill_page(issued.bill.public_url, ca=run["edge_ca"])
        flows.expect(holds=issued.bill.number in page and "<svg" in page, what="the link is a page with the bill")
        say("  2 · it is paid in parts")
        flows.payment(dialect, shop, issued, shopper, phone=phone, inbox=inbox, tell=tell)
        say(f"  3 · {shopper_sign_in['display_name']} goes shopping")
        flows.shopping(dialect, shopper, start=_START, lines=_LIST, tell=tell)

    for dialect in all_three(edge):
        one(dialect)
    say("\nAll three flows went as they must, in all three dialects.")


if __name__ == "__main__":
    main()
