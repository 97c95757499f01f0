"""What happens after a message is taken: it is sent, it arrives or does not, and each step is reported."""

from __future__ import annotations

import base64
import hmac
import logging
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from tools.sms_sandbox import wire

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.sms_sandbox.store import Callback, Store, Stored

_LOG = logging.getLogger(__name__)
# Seconds between two looks for work, when nothing wakes it.
_TICK = 0.05
# A report that is not taken is made again after 1, 2, 4 … 30 seconds. Twilio gives up sooner; this helps restarts.
_TRIES = 20
_LONGEST_PAUSE = 30.0
_ENDS = frozenset(("delivered", "undelivered", "failed"))


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds from being taken to being sent, and from there to the end."""

    until_sent: float = 0.3
    until_end: float = 0.7


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature: HMAC-SHA-1 over the address and the sorted fields, base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(auth_token.encode(), signed.encode(), "sha1")).decode()


class Carrier:
    """Moves messages on and reports it, in threads of its own."""

    def __init__(self, store: Store, *, account_sid: str, auth_token: str, ca_file: Path | None, pace: Pace) -> None:
        self._store = store
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._pace = pace
        verify = ssl.create_default_context(cafile=str(ca_file)) if ca_file else True
        self._http = httpx.Client(verify=verify, trust_env=False, timeout=5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="carrier", daemon=True)
        self._reporters = ThreadPoolExecutor(4, thread_name_prefix="report")
        self._reporting: set[int] = set()

    def start(self) -> None:
        """Begins, with whatever was left undone before."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is undone stays on disk."""
        self._stop.set()
        self._thread.join()
        self._reporters.shutdown(wait=True, cancel_futures=True)
        self._http.close()

    def first_due(self, now: float) -> float:
        """When a message that is taken now is sent."""
        return now + self._pace.until_sent

    def _work(self) -> None:
        while not self._stop.wait(_TICK):
            try:
                now = time.time()
                if not self._store.is_on("hold"):
                    for stored in self._store.due(now):
                        self._step(stored, now)
                if not self._store.is_on("hold_callbacks"):
                    for callback in self._store.due_callbacks(now):
                        if callback.id not in self._reporting:
                            self._reporting.add(callback.id)
                            self._reporters.submit(self._report, callback)
            except Exception:  # noqa: BLE001 - the thread goes on, and what stumbled is tried again
                _LOG.exception("carrier stumbled")

    def _step(self, stored: Stored, now: float) -> None:
        if stored.status == "queued":
            status, error_code, due = "sent", None, now + self._pace.until_end
        else:
            status, error_code = self._store.outcome(stored.recipient)
            due = None
        changes = {"status": status, "error_code": error_code, "updated": now, "due": due}
        if status == "sent":
            changes["sent"] = now
            if self._store.outcome(stored.recipient)[0] == "sent":
                # An operator that never tells.
                changes["due"] = None
        callback = None
        if stored.callback_url:
            form = wire.report(stored, status, error_code, account_sid=self._account_sid, now=now)
            callback = (stored.callback_url, form)
        self._store.move(stored.sid, changes, callback=callback)

    def _report(self, callback: Callback) -> None:
        try:
            signed = signature(self._auth_token, callback.url, callback.form)
            headers = {"X-Twilio-Signature": signed, "I-Twilio-Idempotency-Token": f"sandbox-{callback.id}"}
            try:
                answer = self._http.post(callback.url, data=callback.form, headers=headers)
                taken, why = answer.is_success, f"HTTP {answer.status_code}"
            except httpx.HTTPError as error:
                taken, why = False, type(error).__name__
            if taken or callback.tries + 1 >= _TRIES:
                self._store.end_callback(callback.id)
            else:
                _LOG.info("callback not taken (%s), try %d", why, callback.tries + 1)
                pause = min(2.0**callback.tries, _LONGEST_PAUSE)
                self._store.postpone_callback(callback.id, due=time.time() + pause)
        except Exception:  # noqa: BLE001 - as above
            _LOG.exception("callback stumbled")
        finally:
            self._reporting.discard(callback.id)
