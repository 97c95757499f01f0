"""Documents' papers."""

from __future__ import annotations

from billmesh.billing.v1 import document_service_pb2 as pb

from services.billing.domain.document import Layout

_LAYOUTS = {
    pb.DOCUMENT_LAYOUT_UNSPECIFIED: Layout.A4,
    pb.DOCUMENT_LAYOUT_A4: Layout.A4,
    pb.DOCUMENT_LAYOUT_THERMAL_80: Layout.THERMAL_80,
    pb.DOCUMENT_LAYOUT_THERMAL_58: Layout.THERMAL_58,
}


def layout_from_proto(layout: pb.DocumentLayout.ValueType) -> Layout:
    """The paper; A4 if none is named."""
    return _LAYOUTS[layout]
