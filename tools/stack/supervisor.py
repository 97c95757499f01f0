"""The supervisor: its configuration out of `Program`s, and a client for the running one."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
import xmlrpc.client
from typing import TYPE_CHECKING, Any

from tools.stack.files import write_atomically
from tools.stack.programs import ORDER
from tools.stack.state import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tools.stack.programs import Program

_WITHOUT_WAITING = False
_STOPPED = ("STOPPED", "EXITED", "FATAL")


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

    def configure(self, programs: Iterable[Program], *, logs: Path, marker: tuple[str, str]) -> None:
        """Write the configuration. `marker` is an environment variable that every process carries."""
        logs.mkdir(parents=True, exist_ok=True)
        known = list(programs)
        sections = [self._own_section(logs, marker)]
        sections += [_program_section(program, logs) for program in known]
        for priority, group in enumerate(ORDER):
            members = [program.name for program in known if program.group == group]
            if members:
                sections.append(f"[group:{group}]\nprograms={','.join(members)}\npriority={(priority + 1) * 100}\n")
        write_atomically(self._configuration, "\n".join(sections))

    def is_running(self) -> bool:
        """Tell whether our supervisor answers."""
        try:
            return bool(self._call("getIdentification") == self._identifier)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def start(self) -> None:
        """Start the supervisor as a daemon; processes start only when `start_group` asks for them."""
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)]
        answer = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if answer.returncode != 0:
            raise SupervisorError(f"the supervisor did not start:\n{answer.stderr or answer.stdout}")
        _wait(self.is_running, seconds=10, otherwise="the supervisor does not answer")

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
        """Stop every process in order, then the supervisor itself; wait until it is gone."""
        if self.is_running():
            self._call("shutdown")
            _wait(lambda: not self.is_running(), seconds=90, otherwise="the supervisor does not stop")

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
                "nodaemon=false",
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


def _program_section(program: Program, logs: Path) -> str:
    return "\n".join(
        [
            f"[program:{program.name}]",
            f"command={_escaped(_shell_joined(program.command))}",
            f"directory={_escaped(str(program.directory))}",
            f"environment={_environment(program.environment)}",
            # Whatever way a process ends, it comes back; one that cannot start is tried ever more slowly.
            "autostart=false",
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


def _environment(values: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in values.items())


def _escaped(text: str) -> str:
    # The configuration format gives % and quotes a meaning of their own.
    if '"' in text or "\n" in text:
        raise SupervisorError("a value in the supervisor's configuration has a quote or a line break")
    return text.replace("%", "%%")


def _shell_joined(command: Sequence[str]) -> str:
    return " ".join(f"'{word}'" if not word or " " in word else word for word in command)


def _wait(condition: Callable[[], bool], *, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SupervisorError(otherwise)
        time.sleep(0.05)
