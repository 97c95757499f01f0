"""The secrets of one local stack: made at random once, kept in a file that only its owner can read."""

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.stack.files import write_atomically
from tools.stack.state import SERVICES


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys are base64 of 32 random bytes; `master_keys` has the form `version:key,…`, the last one is current."""

    master_keys: str
    index_key: str
    link_key: str
    twilio_account_sid: str
    twilio_auth_token: str
    redis_password: str
    supervisor_password: str
    # By role: owner_<service> migrates, svc_<service> serves.
    database_passwords: dict[str, str]

    @classmethod
    def load_or_make(cls, file: Path) -> "Secrets":
        """Read the secrets of an existing stack, or make those of a new one."""
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        made = cls(
            master_keys=f"1:{_key()}",
            index_key=_key(),
            link_key=_key(),
            twilio_account_sid=f"AC{secrets.token_hex(16)}",
            twilio_auth_token=secrets.token_hex(16),
            redis_password=secrets.token_urlsafe(24),
            supervisor_password=secrets.token_urlsafe(24),
            database_passwords={
                f"{kind}_{service}": secrets.token_urlsafe(24) for service in SERVICES for kind in ("owner", "svc")
            },
        )
        write_atomically(file, json.dumps(asdict(made), indent=2) + "\n")
        return made


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")
