"""The supervisor: its configuration out of `Program`s, and a client for the running one."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
import xmlrpc.client
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.stack.files import write_atomically
from tools.stack.programs import ORDER
from tools.stack.state import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tools.stack.programs import Program

_KEEPER = Path(__file__).with_name("keeper.sh")
_WITHOUT_WAITING = False
_PAUSE_SECONDS = 0.05
_LONGEST_STOP_SECONDS = 90.0
_STOPPED = ("STOPPED", "EXITED", "FATAL")


class Starts(Enum):
    """Whether a supervisor starts its processes by itself."""

    # While a stack comes up: each group when its time has come.
    WHEN_ASKED = "false"
    # Once it is up: a supervisor that was killed and started again has to bring everything back.
    AT_ONCE = "true"


class SupervisorError(Exception):
    """The supervisor did not start, or a process could not be started at all."""


class Supervisor:
    """The one that restarts whatever ends. It is asked over HTTP on loopback, with a password."""

    def __init__(self, configuration: Path, *, port: int, password: str, identifier: str) -> None:
        self._configuration = configuration
        self._port = port
        self._password = password
        # Tells our supervisor from another one that got its port.
        self._identifier = identifier
        self._client = xmlrpc.client.ServerProxy(f"http://billmesh:{password}@127.0.0.1:{port}/RPC2")

    def configure(self, programs: Iterable[Program], *, logs: Path, marker: tuple[str, str], starts: Starts) -> None:
        """Write the configuration. `marker` is an environment variable that every process carries.

        `starts` says whether a supervisor that reads it starts the processes by itself.
        """
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = list(programs)
        sections = [self._own_section(logs, marker)]
        sections += [_program_section(program, logs, starts) for program in known]
        for priority, group in enumerate(ORDER):
            members = [program.name for program in known if program.group == group]
            if members:
                sections.append(f"[group:{group}]\nprograms={','.join(members)}\npriority={(priority + 1) * 100}\n")
        write_atomically(self._configuration, "\n".join(sections))

    def is_running(self) -> bool:
        """Tell whether our supervisor answers; false also for the second in which it is started again."""
        try:
            return bool(self._call("getIdentification") == self._identifier)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def start(self) -> None:
        """Start the supervisor in the background, with somebody who starts it again if it is killed."""
        directory = self._configuration.parent
        self._keep.touch()
        command = ["setsid", "--fork", "sh", str(_KEEPER), str(directory)]
        command += [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)]
        output = directory / "supervisord.out"
        with output.open("w") as file:
            subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=True)
        try:
            _wait(self.is_running, seconds=10, otherwise="the supervisor does not answer")
        except SupervisorError as failure:
            raise SupervisorError(f"{failure}:\n{output.read_text(errors='replace')[-2_000:]}") from None

    def start_group(self, name: str) -> None:
        """Start every process of a group; returns without waiting for them to be ready."""
        for process in self.processes():
            if process["group"] == name and process["statename"] in _STOPPED:
                self._call("startProcess", f"{name}:{process['name']}", _WITHOUT_WAITING)

    def processes(self) -> list[dict[str, Any]]:
        """Return what the supervisor says of every process: group, name, statename, pid, spawnerr."""
        answer: list[dict[str, Any]] = self._call("getAllProcessInfo")
        return answer

    def stop(self) -> None:
        """Stop every process in order, then the supervisor itself and its keeper; wait until they are gone."""
        self._keep.unlink(missing_ok=True)
        asked = False
        deadline = time.monotonic() + _LONGEST_STOP_SECONDS
        while self._is_kept() or self.is_running():
            if not asked and self.is_running():
                self._call("shutdown")
                asked = True
            if time.monotonic() > deadline:
                raise SupervisorError("the supervisor does not stop")
            time.sleep(_PAUSE_SECONDS)

    @property
    def _keep(self) -> Path:
        return self._configuration.with_name("keep")

    def _is_kept(self) -> bool:
        """Whether the keeper lives, and with it, or soon, the supervisor."""
        try:
            process = self._configuration.with_name("keeper.pid").read_text(encoding="ascii").strip()
            stat = Path("/proc", process, "stat").read_text(encoding="ascii")
            command = Path("/proc", process, "cmdline").read_bytes()
        except OSError:
            return False
        # A dead child that nobody waited for yet is a zombie; its state follows the name in brackets.
        is_zombie = stat.rpartition(") ")[2].startswith("Z")
        return not is_zombie and str(_KEEPER).encode() in command

    def close(self) -> None:
        """End the connection; the next question opens another."""
        self._client("close")()

    def _call(self, method: str, *arguments: str | bool) -> Any:  # XML-RPC answers have no static type
        return getattr(self._client.supervisor, method)(*arguments)

    def _own_section(self, logs: Path, marker: tuple[str, str]) -> str:
        return "\n".join(
            [
                "[supervisord]",
                f"identifier={self._identifier}",
                f"directory={_escaped(str(ROOT))}",
                f"logfile={_escaped(str(logs / 'supervisord.log'))}",
                "logfile_maxbytes=5MB",
                "logfile_backups=1",
                f"pidfile={_escaped(str(self._configuration.with_suffix('.pid')))}",
                f"childlogdir={_escaped(str(logs))}",
                "nodaemon=true",
                # Its keeper would show it all twice.
                "silent=true",
                "minfds=4096",
                f"environment={_environment(dict([marker]))}",
                "",
                "[inet_http_server]",
                f"port=127.0.0.1:{self._port}",
                "username=billmesh",
                f"password={_escaped(self._password)}",
                "",
                "[rpcinterface:supervisor]",
                "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
                "",
            ]
        )


def _program_section(program: Program, logs: Path, starts: Starts) -> str:
    return "\n".join(
        [
            f"[program:{program.name}]",
            f"command={_escaped(_shell_joined((*_ends_with_us(program), *program.command)))}",
            f"directory={_escaped(str(program.directory))}",
            f"environment={_environment(program.environment)}",
            # Whatever way a process ends, it comes back; one that cannot start is tried ever more slowly.
            f"autostart={starts.value}",
            "autorestart=true",
            "startsecs=1",
            "startretries=1000000",
            f"stopsignal={program.stop_signal}",
            f"stopwaitsecs={program.stop_seconds}",
            "stopasgroup=false",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_escaped(str(logs / program.name))}.log",
            "stdout_logfile_maxbytes=10MB",
            "stdout_logfile_backups=1",
            "",
        ]
    )


def _ends_with_us(program: Program) -> tuple[str, ...]:
    """The prefix by which a process is told to stop when the supervisor dies, however it dies."""
    if program.ends_by_itself:
        return ()
    return ("setpriv", "--pdeathsig", program.stop_signal, "--")


def _environment(values: dict[str, str]) -> str:
    return ",".join(f"{name}={_escaped(_quoted(value))}" for name, value in values.items())


def _shell_joined(command: Sequence[str]) -> str:
    return " ".join(f"'{_unquoted(word)}'" if not word or " " in word else _unquoted(word) for word in command)


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """A value, which may hold double quotes (JSON has them), though not at its ends: there the format strips them."""
    if '"' not in text or text != text.strip('"'):
        return f'"{_unquoted(text)}"'
    _unquoted(text.replace('"', ""))
    return f"'{text}'"


def _unquoted(text: str) -> str:
    # The configuration's format cannot say them: it takes every quote for its own.
    if {'"', "'", "\n"} & set(text):
        raise SupervisorError(f"a quote or a line break in what the supervisor is told: {text!r}")
    return text


def _wait(condition: Callable[[], bool], *, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SupervisorError(otherwise)
        time.sleep(_PAUSE_SECONDS)
