"""The messages of one chain, as our services send them to PostgreSQL, made into a script of pgbench.

What the server logs of two chains is laid side by side: literals that are the same in both stay; ids, hashes and
numbers that differ become pgbench's variables, so that each run writes rows of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2

from tools.cluster import binaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_APPLICATION = "billing"
_ENTRY = re.compile(r"^(?P<application>[^|]*)\|\d+\|LOG:  statement: ")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX = re.compile(r"(?<=')(?:\\\\x[0-9a-f]{64}|\\x[0-9a-f]{64}|[0-9A-F]{22}|[0-9a-f]{22})(?=')")
_NUMBER = re.compile(r"'(?P<prefix>[A-Z0-9]{1,4}/[0-9-]+/)(?P<sequence>\d{6})'")
# pgbench's `random`, in twelve decimal digits that are hexadecimal ones, too.
_RANDOM = "\\set {name} random(100000000000, 999999999999)"
_TAIL = 12
_RATE = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)", re.MULTILINE)


def statements(dsn: str, log: Path, chain: Callable[[], None]) -> list[str]:
    """What `chain` makes billing's servers send, message by message. `dsn`: the superuser's; `log`: the server's."""
    with _logging(dsn):
        before = log.stat().st_size
        chain()
        text = log.read_bytes()[before:].decode(errors="replace")
    found: list[str] = []
    ours = False
    for line in text.splitlines():
        if entry := _ENTRY.match(line):
            ours = entry["application"] == _APPLICATION
            if ours:
                found.append(line[entry.end() :])
        elif line.startswith("\t"):
            if ours:
                found[-1] += "\n" + line[1:]
        else:
            ours = False
    return found


def script(first: list[str], second: list[str]) -> str:
    """The script that repeats the chain of `first`. `second` is another run of it, which tells what varies."""
    varying = _words(first) - _words(second)
    names = {word: f"v{position}" for position, word in enumerate(sorted(varying))}
    lines = [_RANDOM.format(name=name) for name in names.values()]
    for message in first:
        numbered = _NUMBER.sub(r"('\g<prefix>' || lpad(:last_number::text, 6, '0'))", message.strip().rstrip(";"))
        if "INSERT INTO bill_numbers" in numbered:
            numbered = re.sub(r", \d+, (?=\(')", ", :last_number, ", numbered, count=1)
        for word, name in names.items():
            numbered = numbered.replace(word, f"{word[:-_TAIL]}:{name}")
        # What went to the server in one message does so here.
        numbered = numbered.replace(";\n", "\\;\n")
        lines.append(numbered + ("\n\\gset" if "INSERT INTO number_series" in numbered else ";"))
    return "\n".join(lines) + "\n"


class Pgbench:
    """pgbench on a script, as billing's own role, under its row-level security."""

    def __init__(self, dsn: str, file: Path, *, clients: int, chains: int) -> None:
        """`dsn`: the superuser's; `chains` are shared among the clients."""
        each = max(chains // clients, 1)
        self.chains = each * clients
        self._command = [
            *(str(binaries() / "pgbench"), "--no-vacuum", "--client", str(clients), "--jobs", str(clients)),
            *("--transactions", str(each), "--file", str(file), dsn),
        ]

    def run(self) -> float:
        """Seconds, without those for connecting. Raises RuntimeError if any of its transactions failed."""
        options = {"PGOPTIONS": "-c role=svc_billing -c search_path=billing,public"}
        done = subprocess.run(self._command, env={**os.environ, **options}, capture_output=True, text=True, check=False)
        rate = _RATE.search(done.stdout)
        if done.returncode or rate is None or "aborted" in done.stderr:
            raise RuntimeError(done.stderr[-2_000:])
        return self.chains / float(rate[1])


def _words(chain: list[str]) -> set[str]:
    """Every id, hash and reference in it."""
    text = "\n".join(chain)
    return set(_UUID.findall(text)) | set(_HEX.findall(text))


@contextmanager
def _logging(dsn: str) -> Iterator[None]:
    """Has the server log every statement, with the application that sent it."""
    settings: dict[str, Any] = {"log_statement": "all", "log_line_prefix": "%a|%p|"}
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(f"ALTER SYSTEM SET {name} = %s", (value,))
            cursor.execute("SELECT pg_reload_conf(), pg_sleep(0.5)")
            yield
            for name in settings:
                cursor.execute(f"ALTER SYSTEM RESET {name}")
            cursor.execute("SELECT pg_reload_conf(), pg_sleep(0.5)")
    finally:
        connection.close()
