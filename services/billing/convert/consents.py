"""Consents between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.billing.v1 import customer_consent_pb2, customer_service_pb2

from services.billing.convert.money import timestamp
from services.billing.domain.consent import Channel, ConsentTerms
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.billing.domain.consent import Consent
    from services.kit.paging import Listed

_CHANNEL = "CONSENT_CHANNEL_"


def terms_from_proto(consent: customer_consent_pb2.CustomerConsent) -> ConsentTerms:
    """What is said, of values that the contract's validation has let through."""
    return ConsentTerms(
        channel=Channel(customer_consent_pb2.ConsentChannel.Name(consent.channel).removeprefix(_CHANNEL)),
        granted=consent.state == customer_consent_pb2.CUSTOMER_CONSENT_STATE_GRANTED,
        source=consent.source,
    )


def consent_to_proto(consent: Consent) -> customer_consent_pb2.CustomerConsent:
    """A line of the log."""
    granted = customer_consent_pb2.CUSTOMER_CONSENT_STATE_GRANTED
    withdrawn = customer_consent_pb2.CUSTOMER_CONSENT_STATE_WITHDRAWN
    return customer_consent_pb2.CustomerConsent(
        id=to_text("ccn", consent.id),
        channel=customer_consent_pb2.ConsentChannel.Value(f"{_CHANNEL}{consent.terms.channel}"),
        state=granted if consent.terms.granted else withdrawn,
        source=consent.terms.source,
        create_time=timestamp(consent.create_time),
    )


def page_to_proto(listed: Listed[Consent]) -> customer_service_pb2.ListCustomerConsentsResponse:
    """A page of the log."""
    return customer_service_pb2.ListCustomerConsentsResponse(
        consents=[consent_to_proto(consent) for consent in listed.items], next_page_token=listed.next_page_token
    )
