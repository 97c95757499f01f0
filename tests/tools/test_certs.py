"""Certificates: who signed them, whom they name, and when they are made anew."""

from __future__ import annotations

import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from tools import certs

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SERVICES = ("auth", "billing")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    certs.ensure_certificates(tmp_path, services=SERVICES, now=NOW)
    return tmp_path


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / name / "cert.pem").read_bytes())


def test_each_component_has_its_spiffe_id(folder: Path) -> None:
    for name in ("edge", "mesh", *SERVICES):
        names = certificate(folder, name).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://billmesh/{name}"]
        assert names.get_values_for_type(x509.DNSName) == [name]


def test_browsers_find_the_loopback_addresses_in_the_edges_certificate(folder: Path) -> None:
    names = certificate(folder, "edge-server").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert {str(address) for address in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1"}


def test_the_edge_and_the_mesh_trust_different_authorities(folder: Path) -> None:
    assert (folder / "edge-server" / "ca.pem").read_bytes() != (folder / "edge" / "ca.pem").read_bytes()
    assert (folder / "edge" / "ca.pem").read_bytes() == (folder / "billing" / "ca.pem").read_bytes()
    certificate(folder, "billing").verify_directly_issued_by(certificate(folder, "mesh-ca"))
    certificate(folder, "edge-server").verify_directly_issued_by(certificate(folder, "edge-ca"))


def test_tls_libraries_load_them(folder: Path) -> None:
    context = ssl.create_default_context(cafile=str(folder / "billing" / "ca.pem"))
    context.load_cert_chain(folder / "billing" / "cert.pem", folder / "billing" / "key.pem")


def test_keys_are_for_their_owner_alone(folder: Path) -> None:
    for key in folder.glob("*/key.pem"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_nothing_changes_while_everything_is_valid(folder: Path) -> None:
    before = {file: file.read_bytes() for file in folder.glob("*/*.pem")}
    assert not certs.ensure_certificates(folder, services=SERVICES, now=NOW + dt.timedelta(days=300))
    assert {file: file.read_bytes() for file in folder.glob("*/*.pem")} == before


def test_leaves_are_renewed_a_month_before_they_expire(folder: Path) -> None:
    authority = (folder / "mesh-ca" / "cert.pem").read_bytes()
    assert certs.ensure_certificates(folder, services=SERVICES, now=NOW + dt.timedelta(days=370))
    assert certificate(folder, "billing").not_valid_after_utc > NOW + dt.timedelta(days=700)
    assert (folder / "mesh-ca" / "cert.pem").read_bytes() == authority


def test_a_new_service_gets_its_own_without_touching_others(folder: Path) -> None:
    before = (folder / "billing" / "cert.pem").read_bytes()
    assert certs.ensure_certificates(folder, services=(*SERVICES, "geo"), now=NOW)
    assert (folder / "billing" / "cert.pem").read_bytes() == before
    certificate(folder, "geo").verify_directly_issued_by(certificate(folder, "mesh-ca"))
