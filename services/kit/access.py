"""The access option of every method, read from the descriptors once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from billmesh.options.v1 import access_pb2
from google.protobuf.descriptor_pb2 import MethodOptions

from services.kit.context import Audience

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.descriptor import ServiceDescriptor

_AUDIENCES = {
    access_pb2.AUDIENCE_PUBLIC: Audience.PUBLIC,
    access_pb2.AUDIENCE_PERSON: Audience.PERSON,
    access_pb2.AUDIENCE_MERCHANT: Audience.MERCHANT,
    access_pb2.AUDIENCE_MESH: Audience.MESH,
}
# What "recent" means in ASSURANCE_RECENT_TWO_FACTORS.
_RECENT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call one method."""

    audience: Audience
    scopes: frozenset[str]
    mesh_callers: frozenset[str]
    # How long ago both factors may have been given; None: at any time in the session.
    max_auth_age: timedelta | None
    # Whether it is declared free of effects.
    reads: bool


def read(services: Iterable[ServiceDescriptor]) -> dict[str, Access]:
    """Path of each method ("/billmesh.billing.v1.BillService/GetBill") to its access.

    A method without a valid option is left out, and so refused to everyone.
    """
    table = {}
    for service in services:
        for method in service.methods:
            option = method.GetOptions().Extensions[access_pb2.access]
            audience = _AUDIENCES.get(option.audience)
            if audience is None:
                continue
            table[f"/{service.full_name}/{method.name}"] = Access(
                audience=audience,
                scopes=frozenset(option.scopes),
                mesh_callers=frozenset(option.mesh_callers),
                max_auth_age=max_auth_age(option),
                reads=method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
            )
    return table


def max_auth_age(option: access_pb2.Access) -> timedelta | None:
    """How long ago both factors may have been given; None: at any time in the session."""
    ages = []
    if option.min_assurance == access_pb2.ASSURANCE_RECENT_TWO_FACTORS:
        ages.append(_RECENT)
    if option.max_auth_age_seconds:
        ages.append(timedelta(seconds=option.max_auth_age_seconds))
    return min(ages, default=None)
