"""A status callback through the real edge: the form, the query and the address arrive as the signature wants them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from services.notification.clients.twilio import TwilioReports
from services.notification.config import NotificationSettings
from services.notification.domain.message import MessageState
from services.notification.handlers.callbacks import CallbackHandler
from tests.contract.rig import Rig
from tests.harness import Authority
from tests.services.notification.conftest import ACCOUNT_SID, AUTH_TOKEN, World
from tools.sms_sandbox.carrier import signature

METHOD = "/billmesh.notification.v1.CallbackService/ReceiveTwilioStatus"


@pytest.fixture
def rig(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("rig"), authority)
    try:
        rig.start()
        yield rig
    finally:
        rig.close()


def test_a_report_comes_through(rig: Rig, world: World, settings: NotificationSettings) -> None:
    world.deps = replace(world.deps, public_url=rig.url)
    reports = TwilioReports(settings.model_copy(update={"public_url": rig.url}))
    rig.answers[METHOD] = CallbackHandler(world.deps, reports).ReceiveTwilioStatus  # type: ignore[assignment] # narrower
    message = world.send()
    world.work()
    (taken,) = world.provider.taken
    form = {
        "AccountSid": ACCOUNT_SID,
        "MessageSid": taken.provider_id,
        "MessageStatus": "delivered",
        "To": taken.phone,
        "Strange": "ü + % & = \u20b9",
    }
    with rig.http() as client:

        def call(signed: str, **changes: str) -> httpx.Response:
            return client.post(taken.callback_url, data=form | changes, headers={"X-Twilio-Signature": signed})

        forged = call(signature("another token", taken.callback_url, form))
        assert forged.status_code == 403
        assert forged.json()["details"][0]["reason"] == "CALLBACK_SIGNATURE_INVALID"
        changed = call(signature(AUTH_TOKEN, taken.callback_url, form), MessageStatus="failed")
        assert changed.status_code == 403
        assert world.detail(message).message.state is MessageState.ACCEPTED
        good = call(signature(AUTH_TOKEN, taken.callback_url, form))
        assert (good.status_code, good.content) == (204, b"")
        assert call(signature(AUTH_TOKEN, taken.callback_url, form)).status_code == 204
    assert world.detail(message).message.state is MessageState.DELIVERED
