"""Support access."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.auth.v1 import support_access_service_pb2

from services.auth.convert.values import time_to_proto
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.auth.domain.support import SupportGrant


def support_access_to_proto(grant: SupportGrant | None) -> support_access_service_pb2.SupportAccess:
    """Empty for none."""
    if grant is None:
        return support_access_service_pb2.SupportAccess()
    return support_access_service_pb2.SupportAccess(
        expire_time=time_to_proto(grant.expire_time),
        grant_account_id=to_text("acc", grant.account_id),
        grant_time=time_to_proto(grant.grant_time),
    )
