"""An operator appoints support staff: `python -m services.auth.staff add|remove acc_…`, with auth's configuration."""

from __future__ import annotations

import argparse
import sys

from services.auth.config import AuthSettings
from services.auth.convert.values import account_id
from services.auth.passwords import Passwords
from services.auth.server import dependencies
from services.auth.usecases import support_access
from services.kit.clock import SystemClock
from services.kit.failure import Failure
from services.kit.ids import InvalidId


def main() -> None:
    """Changes one account, and says so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("add", "remove"))
    parser.add_argument("account", help="acc_…")
    given = parser.parse_args()
    settings = AuthSettings.model_validate({})
    passwords = Passwords(workers=1)
    deps = dependencies(settings, clock=SystemClock(), passwords=passwords)
    try:
        support_access.appoint(deps, account_id=account_id(given.account), is_staff=given.verb == "add")
    except (Failure, InvalidId) as error:
        sys.exit(f"{given.account}: {error}")
    finally:
        passwords.close()
        deps.db.dispose()
    sys.stdout.write(f"{given.account}: {'is' if given.verb == 'add' else 'is no longer'} support staff\n")


if __name__ == "__main__":
    main()
