"""What authenticator apps understand: secrets, codes, otpauth URIs and QR codes."""

from __future__ import annotations

import io

import pyotp
import segno

from services.auth.domain.totp import DIGITS, STEP_SECONDS

# Base32 characters: 160 bits, as RFC 4226 recommends.
_SECRET_LENGTH = 32


def new_secret() -> str:
    """A secret in base32."""
    return pyotp.random_base32(_SECRET_LENGTH)


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    return pyotp.HOTP(secret, digits=DIGITS).at(step) if step >= 0 else ""


def otpauth_uri(secret: str, *, account_name: str, issuer_name: str) -> str:
    """What an app scans; it shows both names."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    return totp.provisioning_uri(name=account_name, issuer_name=issuer_name)


def qr_svg(uri: str) -> str:
    """`uri` as a QR code: one SVG element that scales with what it is put into."""
    out = io.BytesIO()
    segno.make_qr(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, nl=False, light="#fff"
    )
    return out.getvalue().decode()
