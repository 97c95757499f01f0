"""Secrets of an installation as files: one file a secret, one folder of certificates a component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.kit.clock import SystemClock
from tools import certs
from tools.stack.secrets import Secrets
from tools.stack.state import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

# Inside the containers.
_DATABASE = "postgres:5432/billmesh"


def make(directory: Path, *, host: str) -> None:
    """Make what is missing below `directory`, for an edge that clients reach as `host`.

    The directory itself is closed to others; the files in it are readable, because containers see each of them alone
    and as a user of their own.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    secrets = Secrets.load_or_make(directory / "secrets.json")
    passwords = secrets.database_passwords
    files = {
        "master_keys": secrets.master_keys,
        "index_key": secrets.index_key,
        "link_key": secrets.link_key,
        "redis_password": secrets.redis_password,
        "redis_url": f"redis://:{secrets.redis_password}@redis:6379/0",
        "postgres_password": secrets.supervisor_password,
        # Twilio's own go here.
        "twilio_account_sid": secrets.twilio_account_sid,
        "twilio_auth_token": secrets.twilio_auth_token,
        # The mail server's goes here; empty: no e-mail.
        "smtp_url": "",
    }
    for service in SERVICES:
        files[f"{service}_database_url"] = f"postgresql://svc_{service}:{passwords[f'svc_{service}']}@{_DATABASE}"
    for role, password in passwords.items():
        files[f"password_{role}"] = password
    for name, content in files.items():
        file = directory / name
        if not file.exists():
            file.write_text(f"{content}\n", encoding="ascii")
        file.chmod(0o644)
    certs.ensure_certificates(directory / "tls", services=SERVICES, now=SystemClock().now(), hosts=(host,))
    for file in (directory / "tls").rglob("*.pem"):
        # The authorities' own keys are needed only here, for the next certificate.
        file.chmod(0o600 if file.parent.name.endswith("-ca") else 0o644)
