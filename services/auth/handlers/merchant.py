"""billmesh.auth.v1.MerchantService and MerchantDirectoryService."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import (
    merchant_directory_service_pb2,
    merchant_directory_service_pb2_grpc,
    merchant_pb2,
    merchant_service_pb2,
    merchant_service_pb2_grpc,
)

from services.auth.convert.merchants import (
    contacts_to_proto,
    merchant_changes,
    merchant_draft,
    merchant_to_proto,
    profile_to_proto,
)
from services.auth.convert.values import merchant_id, revision
from services.auth.domain.names import AccountId, MerchantId
from services.auth.usecases import contacts, merchants
from services.kit import context, idempotency, paging

if TYPE_CHECKING:
    import grpc

    from services.auth.usecases.deps import Deps


def _staff() -> AccountId | None:
    account_id = context.caller().account_id
    return AccountId(account_id) if account_id else None


class MerchantHandler(merchant_service_pb2_grpc.MerchantServiceServicer):
    """Merchants, as their members see them."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetMerchant(
        self, request: merchant_service_pb2.GetMerchantRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_pb2.Merchant:
        """Reads."""
        merchant = merchants.get_merchant(
            self._deps,
            merchant_id=MerchantId(context.caller().merchant),
            account_id=_staff(),
            asked=merchant_id(request.id),
        )
        return merchant_to_proto(merchant)

    def ListMerchants(
        self, request: merchant_service_pb2.ListMerchantsRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_service_pb2.ListMerchantsResponse:
        """Lists."""
        found = merchants.list_merchants(
            self._deps, account_id=AccountId(context.caller().account), page=paging.page(request)
        )
        return merchant_service_pb2.ListMerchantsResponse(
            merchants=[merchant_to_proto(merchant) for merchant in found.items], next_page_token=found.next_page_token
        )

    def CreateMerchant(
        self, request: merchant_service_pb2.CreateMerchantRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_pb2.Merchant:
        """Opens one."""
        return merchants.create_merchant(
            self._deps,
            once=idempotency.once(request, merchant_pb2.Merchant, merchant_to_proto),
            account_id=AccountId(context.caller().account),
            draft=merchant_draft(request.merchant),
        )

    def UpdateMerchant(
        self, request: merchant_service_pb2.UpdateMerchantRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_pb2.Merchant:
        """Changes."""
        merchant = merchants.update_merchant(
            self._deps,
            merchant_id=MerchantId(context.caller().merchant),
            account_id=_staff(),
            asked=merchant_id(request.merchant.id),
            etag_revision=revision(request.merchant.etag),
            changes=merchant_changes(request),
        )
        return merchant_to_proto(merchant)


class MerchantDirectoryHandler(merchant_directory_service_pb2_grpc.MerchantDirectoryServiceServicer):
    """Merchants, as other services see them."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetMerchantProfile(
        self, request: merchant_directory_service_pb2.GetMerchantProfileRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_directory_service_pb2.MerchantProfile:
        """Reads."""
        found = merchants.get_profile(self._deps, merchant_id=merchant_id(request.merchant_id))
        return profile_to_proto(found)

    def GetMerchantContacts(
        self, request: merchant_directory_service_pb2.GetMerchantContactsRequest, grpc_context: grpc.ServicerContext
    ) -> merchant_directory_service_pb2.MerchantContacts:
        """Reads whom to tell."""
        return contacts_to_proto(contacts.get_contacts(self._deps, merchant_id=merchant_id(request.merchant_id)))
