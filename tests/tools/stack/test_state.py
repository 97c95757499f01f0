"""What a stack remembers between two starts."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from tools.stack.secrets import Secrets
from tools.stack.state import ROOT, SERVICES, Ports, State


def test_a_named_state_directory_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BILLMESH_STATE", raising=False)
    assert State.current().directory == ROOT / ".billmesh"
    monkeypatch.setenv("BILLMESH_STATE", str(tmp_path))
    assert State.current().directory == tmp_path
    assert State.current().cache == ROOT / ".billmesh" / "cache"


def test_a_name_keeps_its_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    edge, mesh = ports["edge"], ports["mesh"]
    assert edge != mesh
    assert Ports(tmp_path / "ports.json")["edge"] == edge


def test_only_a_taken_port_is_replaced(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports.json")
    edge, mesh = ports["edge"], ports["mesh"]
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", edge))
        stranger.listen()
        assert ports.forget_taken() == ["edge"]
        assert ports["edge"] != edge
    assert ports["mesh"] == mesh


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    made = Secrets.load_or_make(file)
    assert Secrets.load_or_make(file) == made
    assert Secrets.load_or_make(tmp_path / "other.json") != made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(made.database_passwords) == {f"{kind}_{name}" for kind in ("owner", "svc") for name in SERVICES}
    assert json.loads(file.read_text())["index_key"] == made.index_key


def test_a_stamp_is_of_one_digest(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert not state.is_stamped("migrations", "a")
    state.set_stamp("migrations", "a")
    assert state.is_stamped("migrations", "a")
    assert not state.is_stamped("migrations", "b")
