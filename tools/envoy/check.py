"""Lets Envoy itself read what the templates make."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tools import contract
from tools.envoy.binary import envoy_binary
from tools.envoy.parameters import Address, EdgeParameters, Identity, MeshParameters
from tools.envoy.render import render_edge, render_mesh


def invalid(config: str) -> str | None:
    """What Envoy says against `config`; None when it would start with it. The files it names must exist."""
    with tempfile.TemporaryDirectory(prefix="billmesh-envoy-") as scratch:
        file = Path(scratch, "envoy.yaml")
        file.write_text(config, encoding="utf-8")
        result = subprocess.run(
            [str(envoy_binary()), "--mode", "validate", "--config-path", str(file), "--log-level", "error"],
            capture_output=True,
            text=True,
            check=False,
        )
    return None if result.returncode == 0 else (result.stdout + result.stderr).strip()


def check() -> dict[str, str]:
    """Every variant of both configurations that Envoy refuses, with what it says."""
    with _identity() as identity:
        owners = sorted({method.owner for method in contract.methods(contract.load())})
        local = {name: (Address("127.0.0.1", 9001), Address("127.0.0.1", 9002)) for name in owners}
        named = {name: (Address(f"{name}.billmesh.svc", 8443),) for name in owners}
        listen = Address("127.0.0.1", 8443)
        variants = {
            "edge": render_edge(
                EdgeParameters(
                    listen=listen,
                    certificate=identity,
                    identity=identity,
                    services=local,
                    public_url="https://localhost:8443",
                )
            ),
            "edge with pages, foreign origins, an admin port and names for addresses": render_edge(
                EdgeParameters(
                    listen=listen,
                    certificate=identity,
                    identity=identity,
                    services=named,
                    public_url="https://billmesh.example",
                    pages=Address("web.billmesh.svc", 3000),
                    cors_origins=("https://app.example",),
                    trusted_proxies=1,
                    admin=Address("127.0.0.1", 9901),
                )
            ),
            "mesh": render_mesh(MeshParameters(listen=listen, identity=identity, services=local)),
            "mesh with names for addresses": render_mesh(
                MeshParameters(listen=listen, identity=identity, services=named, admin=Address("127.0.0.1", 9901))
            ),
        }
        found = {name: invalid(config) for name, config in variants.items()}
    return {name: complaint for name, complaint in found.items() if complaint is not None}


@contextmanager
def _identity() -> Iterator[Identity]:
    """A certificate for Envoy to read; nobody is to believe it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "check")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    with tempfile.TemporaryDirectory(prefix="billmesh-envoy-") as scratch:
        certificate_file = Path(scratch, "cert.pem")
        files = Identity(certificate_file, Path(scratch, "key.pem"), certificate_file)
        files.certificate.write_bytes(certificate)
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        yield files
