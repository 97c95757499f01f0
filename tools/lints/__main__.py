"""Runs every rule over the sources; prints one line a fault and ends with status 1 if there are any."""

from __future__ import annotations

import sys

from tools.lints import length, tenants
from tools.stack.state import ROOT


def main() -> int:
    """0 when no rule finds a fault."""
    faults = [*tenants.faults(ROOT), *length.faults(ROOT)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
