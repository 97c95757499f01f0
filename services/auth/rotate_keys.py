"""An operator rotates the key that signs tokens: `python -m services.auth.rotate_keys`, with auth's configuration."""

from __future__ import annotations

import argparse
import sys

from services.auth.config import AuthSettings
from services.auth.usecases.signing_keys import Rotating, rotate
from services.kit.clock import SystemClock
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds


def main() -> None:
    """Rotates, and says what will happen when."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    settings = AuthSettings.model_validate({})
    clock = SystemClock()
    db = Database(settings, name="auth-rotate-keys")
    try:
        done = rotate(Rotating(db=db, clock=clock, ids=TimeOrderedIds(clock), vault=Vault(settings)))
    finally:
        db.dispose()
    when = done.sign_time.isoformat(timespec="seconds")
    told = "was told before to sign" if done.under_way else "signs"
    sys.stdout.write(f"{done.kid} {told} from {when} on\n")
    if done.old_kid and done.old_expire_time is not None:
        sys.stdout.write(f"{done.old_kid} is published until {done.old_expire_time.isoformat(timespec='seconds')}\n")


if __name__ == "__main__":
    main()
