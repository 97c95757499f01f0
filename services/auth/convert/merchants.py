"""Merchants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import merchant_directory_service_pb2, merchant_pb2, merchant_service_pb2

from services.auth.convert.members import role_to_proto
from services.auth.convert.values import paths, time_to_proto
from services.auth.domain.merchant import Merchant, MerchantDraft, PostalAddress
from services.kit.ids import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.auth.domain.merchant import Contact

_MERCHANT_FIELDS = ("display_name", "legal_name", "time_zone", "address")


def merchant_draft(merchant: merchant_pb2.Merchant) -> MerchantDraft:
    """What a merchant is made from; without a legal name, its display name."""
    return MerchantDraft(
        display_name=merchant.display_name,
        legal_name=merchant.legal_name or merchant.display_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address(merchant),
    )


def merchant_changes(
    request: merchant_service_pb2.UpdateMerchantRequest,
) -> dict[str, str | PostalAddress | None]:
    """What is to change, by field. Raises FieldNotUpdatable."""
    merchant = request.merchant
    named = paths(request.update_mask, _MERCHANT_FIELDS, merchant)
    return {path: _address(merchant) if path == "address" else getattr(merchant, path) for path in named}


def merchant_to_proto(merchant: Merchant) -> merchant_pb2.Merchant:
    """As a member sees it."""
    return merchant_pb2.Merchant(
        id=to_text("mer", merchant.id),
        display_name=merchant.display_name,
        legal_name=merchant.legal_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address_to_proto(merchant.address),
        role=role_to_proto(merchant.role),
        create_time=time_to_proto(merchant.create_time),
        etag=str(merchant.revision),
        live_merchant_id=to_text("mer", merchant.test_of) if merchant.test_of else "",
    )


def profile_to_proto(merchant: Merchant) -> merchant_directory_service_pb2.MerchantProfile:
    """As other services see it."""
    return merchant_directory_service_pb2.MerchantProfile(
        id=to_text("mer", merchant.id),
        display_name=merchant.display_name,
        legal_name=merchant.legal_name,
        country_code=merchant.country_code,
        time_zone=merchant.time_zone,
        address=_address_to_proto(merchant.address),
        is_test=merchant.test_of is not None,
    )


def contacts_to_proto(contacts: Sequence[Contact]) -> merchant_directory_service_pb2.MerchantContacts:
    """Whom to tell."""
    return merchant_directory_service_pb2.MerchantContacts(
        contacts=[
            merchant_directory_service_pb2.MerchantContact(
                account_id=to_text("acc", contact.account_id),
                phone=contact.phone,
                email=contact.email,
                locale=contact.locale,
            )
            for contact in contacts
        ]
    )


def _address(merchant: merchant_pb2.Merchant) -> PostalAddress | None:
    if not merchant.HasField("address"):
        return None
    address = merchant.address
    return PostalAddress(
        lines=tuple(address.lines),
        locality=address.locality,
        administrative_area=address.administrative_area,
        postal_code=address.postal_code,
    )


def _address_to_proto(address: PostalAddress | None) -> merchant_pb2.PostalAddress | None:
    if address is None:
        return None
    return merchant_pb2.PostalAddress(
        lines=address.lines,
        locality=address.locality,
        administrative_area=address.administrative_area,
        postal_code=address.postal_code,
    )
