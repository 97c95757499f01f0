"""An installation's chores, and that docker-compose.yml asks for what they make."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from tests.harness import Postgres
from tools.deployment import gateways, material, probe, schema
from tools.ports import free_port
from tools.stack import programs
from tools.stack.state import ROOT, SERVICES


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return content


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("deployment") / "secrets"
    material.make(directory, host="bills.example.com")
    return directory


def test_secrets_are_kept_and_closed_to_others(made: Path) -> None:
    before = {file: file.read_bytes() for file in made.rglob("*") if file.is_file()}
    (made / "twilio_auth_token").write_text("Twilio's own\n")
    material.make(made, host="bills.example.com")
    after = {file: file.read_bytes() for file in made.rglob("*") if file.is_file()}
    assert {file.name for file in before if before[file] != after[file]} == {"twilio_auth_token"}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_compose_asks_for_secrets_and_certificates_that_are_made(compose: dict[str, Any], made: Path) -> None:
    asked = {entry["file"].rpartition("/")[2] for entry in compose["secrets"].values()}
    assert asked == {file.name for file in made.iterdir() if file.is_file()} - {"secrets.json"}
    for name, service in compose["services"].items():
        for secret in service.get("secrets", ()):
            assert (secret if isinstance(secret, str) else secret["source"]) in compose["secrets"], name
        for volume in service.get("volumes", ()):
            if "/tls/" in volume:
                assert (made / "tls" / volume.split("/tls/")[1].split(":")[0].rstrip("}") / "key.pem").exists()


def test_compose_runs_every_service_with_replicas_and_a_worker(compose: dict[str, Any]) -> None:
    for service in SERVICES:
        assert compose["services"][service]["deploy"]["replicas"] >= 2
        assert "healthcheck" in compose["services"][service]
        has_worker = (ROOT / "services" / service / "worker.py").exists()
        assert (f"{service}-worker" in compose["services"]) == has_worker


def test_only_the_edge_is_open_to_the_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["edge"]


def test_envoy_accepts_what_is_written_for_it(made: Path, tmp_path: Path) -> None:
    environment = {"BILLMESH_PUBLIC_URL": "https://bills.example.com/", "BILLMESH_TLS": str(made / "tls")}
    gateways.write(tmp_path, environment | {"BILLMESH_PAGES": "web:3000", "BILLMESH_CORS_ORIGINS": "https://a.example"})
    for name in ("edge", "mesh"):
        binary = programs.envoy(name, tmp_path).command[0]
        command = [
            binary,
            "--mode",
            "validate",
            "--config-path",
            str(tmp_path / f"{name}.yaml"),
            "--log-level",
            "error",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
    edge = (tmp_path / "edge.yaml").read_text()
    assert str(ROOT) not in edge
    assert "https://bills.example.com" in edge
    assert "https://bills.example.com/" not in edge


def test_a_public_url_that_is_no_https_origin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="https"):
        gateways.write(tmp_path, {"BILLMESH_PUBLIC_URL": "http://bills.example.com"})


def test_the_database_is_prepared_twice_without_harm(postgres: Postgres) -> None:
    dsn = postgres.superuser_dsn
    place = dsn.rpartition("@")[2]
    environment = {
        "BILLMESH_DATABASE_HOST": place,
        "BILLMESH_SUPERUSER_PASSWORD": dsn.split(":")[2].split("@")[0],
    }
    # The passwords that the harness gave the roles; other tests use them.
    for service in SERVICES:
        environment[f"BILLMESH_PASSWORD_OWNER_{service.upper()}"] = "test"
        environment[f"BILLMESH_PASSWORD_SVC_{service.upper()}"] = "test"
    schema.prepare(environment)
    schema.prepare(environment)
    session = psycopg2.connect(dsn)
    try:
        with session, session.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM inventory.products")
            assert cursor.fetchone() != (0,)
    finally:
        session.close()


def test_a_server_that_is_away_is_not_healthy(made: Path) -> None:
    environment = {
        "BILLMESH_LISTEN": f"0.0.0.0:{free_port()}",
        "BILLMESH_TLS_DIR": str(made / "tls" / "billing"),
        "BILLMESH_SERVICE": "billing",
    }
    assert not probe.serves(environment)
