"""`python -m tools.token ROLE`: signs in as one of the demo's people, password and authenticator, and prints a token.

ROLE is one of those that `make run` lists, for example merchant-in or shopper.
"""

from __future__ import annotations

import argparse
import sys

from tools.client.edge import Edge
from tools.client.people import Person
from tools.stack import runfile
from tools.stack.state import State


def main() -> None:
    """Prints an access token, good for ten minutes: a merchant's for an owner, else a person's."""
    parser = argparse.ArgumentParser(prog="python -m tools.token", description=__doc__)
    parser.add_argument("role")
    role = parser.parse_args().role
    try:
        run = runfile.read(State.current())
    except FileNotFoundError:
        sys.exit("nothing runs: `make run` first")
    sign_ins = {sign_in["role"]: sign_in for sign_in in run["demo_sign_ins"]}
    if role not in sign_ins:
        sys.exit(f"no such role; there are {', '.join(sign_ins)}")
    edge = Edge.from_run(run)
    print(Person.from_run(edge, sign_ins[role]).token(sign_ins[role].get("merchant_id", "")))
    edge.close()


if __name__ == "__main__":
    main()
