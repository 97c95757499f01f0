"""WebAuthn: what browsers are told, and what is made of their answers.

The relying party is the edge: its host name is the id, its origin the only one that is taken. Passkeys verify their
person (a finger, a face, a PIN) and are found without a name. Attestation is not asked for: which make it is does not
matter here, and people are not to be told apart by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.auth.domain.errors.passkeys import PasskeyRefused
from services.auth.domain.passkey import Assertion, Credential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.auth.domain.passkey import Passkey

# Milliseconds that the browser gives its person.
_PATIENCE = 5 * 60 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """For whom a passkey is made."""

    # Random to everyone else, the same for all passkeys of one account: authenticators keep one for each.
    handle: bytes
    name: str
    display_name: str

    def __repr__(self) -> str:
        """Names nobody: reprs end in logs."""
        return "NewUser(…)"


class RelyingParty:
    """The edge, as browsers know it."""

    def __init__(self, *, origin: str, name: str) -> None:
        """`origin`: of the edge, without a slash at its end. `name`: what browsers show."""
        self._origin = origin
        self._id = urlsplit(origin).hostname or ""
        self._name = name

    def creation_options(self, user: NewUser, *, challenge: bytes, existing: Sequence[Passkey]) -> str:
        """PublicKeyCredentialCreationOptionsJSON. `existing`: what the account has, so that none is made twice."""
        return options_to_json(
            generate_registration_options(
                rp_id=self._id,
                rp_name=self._name,
                user_id=user.handle,
                user_name=user.name,
                user_display_name=user.display_name,
                challenge=challenge,
                timeout=_PATIENCE,
                attestation=AttestationConveyancePreference.NONE,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=[_descriptor(passkey) for passkey in existing],
            )
        )

    def request_options(self, *, challenge: bytes) -> str:
        """PublicKeyCredentialRequestOptionsJSON; the challenge is all that varies."""
        return options_to_json(
            generate_authentication_options(
                rp_id=self._id,
                challenge=challenge,
                timeout=_PATIENCE,
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def verify_registration(self, answer: str, *, challenge: bytes) -> Credential:
        """The credential that RegistrationResponseJSON brings. Raises PasskeyRefused."""
        try:
            parsed = parse_registration_credential_json(answer)
            verified = verify_registration_response(
                credential=parsed,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except Exception as error:
            raise PasskeyRefused from error
        return Credential(
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            portable=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            backed_up=verified.credential_backed_up,
            transports=tuple(sorted({transport.value for transport in parsed.response.transports or ()})),
        )

    def read_assertion(self, answer: str) -> Assertion:
        """Which credential AuthenticationResponseJSON is of; nothing of it is verified yet. Raises PasskeyRefused."""
        try:
            parsed = parse_authentication_credential_json(answer)
        except Exception as error:
            raise PasskeyRefused from error
        return Assertion(credential_id=parsed.raw_id, user_handle=parsed.response.user_handle, json=answer)

    def verify_assertion(self, assertion: Assertion, passkey: Passkey, *, challenge: bytes) -> Credential:
        """What the passkey says of itself now. Raises PasskeyRefused.

        Its count is for the caller to judge: a count that did not grow is a copy, not a bad signature.
        """
        try:
            verified = verify_authentication_response(
                credential=assertion.json,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
                credential_public_key=passkey.credential.public_key,
                # -1 is less than any count, so the library leaves the judgement to us.
                credential_current_sign_count=-1,
                require_user_verification=True,
            )
        except Exception as error:
            raise PasskeyRefused from error
        return Credential(
            credential_id=passkey.credential.credential_id,
            public_key=passkey.credential.public_key,
            sign_count=verified.new_sign_count,
            portable=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            backed_up=verified.credential_backed_up,
            transports=passkey.credential.transports,
        )


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(name) for name in passkey.credential.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential.credential_id, transports=transports or None)
