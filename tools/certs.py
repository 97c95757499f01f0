"""Two certificate authorities and the certificates they sign: one that browsers meet, one inside the mesh.

Each identity gets a folder of its own with ca.pem, cert.pem and key.pem, which is all that a process needs to see.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.stack.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

TRUST_DOMAIN = "billmesh"
_AUTHORITY_DAYS = 3650
_LEAF_DAYS = 397
_RENEW_BEFORE = dt.timedelta(days=30)
# Clocks of two machines differ; a certificate must not be "not yet valid" on the slower one.
_BACKDATE = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority with its key at hand."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificates(
    folder: Path, *, services: tuple[str, ...], now: dt.datetime, hosts: tuple[str, ...] = ("localhost",)
) -> bool:
    """Make what is missing or expires within 30 days below `folder`; tell whether anything changed.

    edge-server: what clients of the edge see (`hosts` and the loopback addresses). edge, mesh and each service: mutual
    TLS inside, named spiffe://billmesh/<name>.
    """
    edge_authority, edge_changed = _ensure_authority(folder / "edge-ca", name="Billmesh local edge CA", now=now)
    mesh_authority, mesh_changed = _ensure_authority(folder / "mesh-ca", name="Billmesh local mesh CA", now=now)
    changed = edge_changed or mesh_changed
    if edge_changed or _is_stale(folder / "edge-server", now=now):
        names: list[x509.GeneralName] = [
            *(x509.DNSName(host) for host in hosts),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            x509.IPAddress(ipaddress.ip_address("::1")),
        ]
        _issue(folder / "edge-server", edge_authority, common_name=hosts[0], names=names, now=now)
        changed = True
    for name in ("edge", "mesh", *services):
        if mesh_changed or _is_stale(folder / name, now=now):
            _issue(folder / name, mesh_authority, common_name=name, names=_mesh_names(name), now=now)
            changed = True
    return changed


def spiffe_id(name: str) -> str:
    """Return the identity under which a component is known inside the mesh."""
    return f"spiffe://{TRUST_DOMAIN}/{name}"


def _mesh_names(name: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(spiffe_id(name)), x509.DNSName(name)]


def _is_stale(folder: Path, *, now: dt.datetime) -> bool:
    if not all((folder / file).exists() for file in ("ca.pem", "cert.pem", "key.pem")):
        return True
    certificate = x509.load_pem_x509_certificate((folder / "cert.pem").read_bytes())
    return certificate.not_valid_after_utc < now + _RENEW_BEFORE


def _ensure_authority(folder: Path, *, name: str, now: dt.datetime) -> tuple[Authority, bool]:
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    if certificate_file.exists() and key_file.exists():
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        usable = certificate.not_valid_after_utc > now + dt.timedelta(days=_LEAF_DAYS)
        if usable and isinstance(key, ec.EllipticCurvePrivateKey):
            return Authority(certificate, key), False
    authority = _make_authority(name, now=now)
    write_atomically(key_file, _key_pem(authority.key))
    write_atomically(certificate_file, _certificate_pem(authority.certificate), mode=0o644)
    return authority, True


def _make_authority(name: str, *, now: dt.datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _key_usage(certificate_signing=True)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + dt.timedelta(days=_AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def _issue(
    folder: Path, authority: Authority, *, common_name: str, names: list[x509.GeneralName], now: dt.datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + dt.timedelta(days=_LEAF_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(certificate_signing=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    write_atomically(folder / "ca.pem", _certificate_pem(authority.certificate), mode=0o644)
    write_atomically(folder / "key.pem", _key_pem(key))
    write_atomically(folder / "cert.pem", _certificate_pem(certificate), mode=0o644)


def _key_usage(*, certificate_signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificate_signing,
        key_cert_sign=certificate_signing,
        crl_sign=certificate_signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
