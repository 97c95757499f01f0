"""The process that does the jobs: `python -m services.auth.worker`."""

from __future__ import annotations

from functools import partial

from services.auth.clients import MeshMessages, MeshPersonLinks
from services.auth.config import AuthSettings
from services.auth.usecases import api_clients, jobs, later, signing_keys
from services.auth.usecases.deps import JobDeps
from services.auth.usecases.signing_keys import Rotating
from services.kit.clock import SystemClock
from services.kit.crypto import Vault
from services.kit.db import Database
from services.kit.ids import TimeOrderedIds
from services.kit.logging import configure
from services.kit.mesh import Mesh
from services.kit.worker import Worker


def main() -> None:
    """Works until it is told to stop."""
    settings = AuthSettings.model_validate({})
    configure("auth-worker", settings.log_level)
    mesh = Mesh(settings)
    deps = JobDeps(
        db=Database(settings, name="auth-worker"),
        clock=SystemClock(),
        vault=Vault(settings),
        messages=MeshMessages(mesh.channel),
        person_links=MeshPersonLinks(mesh.channel),
        public_url=settings.public_url,
    )
    rotating = Rotating(db=deps.db, clock=deps.clock, ids=TimeOrderedIds(deps.clock), vault=deps.vault)
    worker = Worker(
        settings,
        name="auth",
        tasks={
            "auth.send_phone_code": partial(jobs.send_phone_code, deps),
            "auth.send_email_code": partial(jobs.send_email_code, deps),
            "auth.send_recovery_code": partial(jobs.send_recovery_code, deps),
            "auth.send_security_notice": partial(jobs.send_security_notice, deps),
            "auth.note": partial(later.note, deps),
            "auth.notice_sign_up": partial(jobs.notice_sign_up, deps),
            "auth.send_invitation": partial(jobs.send_invitation, deps),
            "auth.link_phone": partial(jobs.link_phone, deps),
            api_clients.FORGET: partial(api_clients.forget_client, deps),
        },
        daily={
            "auth.sweep": partial(jobs.sweep, deps),
            "auth.rotate_signing_key": partial(signing_keys.rotate_if_old, rotating),
        },
    )
    try:
        worker.run()
    finally:
        mesh.close()
        deps.db.dispose()


if __name__ == "__main__":
    main()
