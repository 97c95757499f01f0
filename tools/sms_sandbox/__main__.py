"""`python -m tools.sms_sandbox --listen 127.0.0.1:PORT --state DIR`: serves until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tools.sms_sandbox.carrier import Carrier, Pace
from tools.sms_sandbox.mail import MailServer
from tools.sms_sandbox.server import Sandbox
from tools.sms_sandbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Runs the sandbox; the exit status is 0 after SIGTERM or SIGINT."""
    given = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for talkative in ("httpx", "mail.log"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    host, _, port = str(given.listen).rpartition(":")
    store = Store(given.state)
    carrier = Carrier(
        store,
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        ca_file=given.callback_ca,
        pace=Pace(given.until_sent, given.until_end),
    )
    sandbox = Sandbox(
        (host, int(port)), store=store, carrier=carrier, account_sid=given.account_sid, auth_token=given.auth_token
    )
    smtp_host, _, smtp_port = str(given.listen_smtp).rpartition(":")
    mail = MailServer((smtp_host, int(smtp_port)), store=store)
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    serving = threading.Thread(target=sandbox.serve_forever, kwargs={"poll_interval": 0.1}, name="http")
    carrier.start()
    serving.start()
    mail_url, inbox_url = f"smtp://{smtp_host}:{mail.port}", f"http://{host}:{sandbox.server_port}/"
    print(f"SMS sandbox: mail at {mail_url} inbox at {inbox_url}", flush=True)
    stop.wait()
    sandbox.shutdown()
    serving.join()
    sandbox.server_close()
    mail.close()
    carrier.stop()
    store.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.sms_sandbox",
        description="A local Twilio and mail server, with an inbox. Every option may come as SMS_SANDBOX_… instead.",
    )
    _option(parser, "--listen", "SMS_SANDBOX_LISTEN", default="127.0.0.1:0", help="host:port; port 0 takes a free one")
    _option(
        parser,
        "--listen-smtp",
        "SMS_SANDBOX_LISTEN_SMTP",
        default="127.0.0.1:0",
        help="address:port for e-mail, on loopback; port 0 takes a free one",
    )
    _option(parser, "--state", "SMS_SANDBOX_DIRECTORY", type=Path, help="folder for what is kept")
    _option(parser, "--account-sid", "SMS_SANDBOX_ACCOUNT_SID", help="AC…, the user name of the API")
    _option(parser, "--auth-token", "SMS_SANDBOX_AUTH_TOKEN", help="its password, and the key of callback signatures")
    _option(parser, "--callback-ca", "SMS_SANDBOX_CA_FILE", type=_file, default="", help="PEM of whom callbacks trust")
    _option(
        parser, "--until-sent", "SMS_SANDBOX_UNTIL_SENT", type=float, default="0.3", help="seconds from queued to sent"
    )
    _option(
        parser, "--until-end", "SMS_SANDBOX_UNTIL_END", type=float, default="0.7", help="seconds from sent to its end"
    )
    return parser


def _option(
    parser: argparse.ArgumentParser,
    name: str,
    variable: str,
    *,
    help: str,  # noqa: A002 - argparse's name
    type: Callable[[str], object] = str,  # noqa: A002 - as above
    default: str | None = None,
) -> None:
    value = os.environ.get(variable, default)
    parser.add_argument(name, default=value, required=value is None, help=help, type=type)


def _file(text: str) -> Path | None:
    return Path(text) if text else None


if __name__ == "__main__":
    raise SystemExit(main())
