"""Products between the wire and the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import product_pb2

from services.inventory.convert.fields import decimal_to_proto, uuid_of, uuid_or_none
from services.inventory.domain.ids import ProductId
from services.kit.ids import to_text

if TYPE_CHECKING:
    from services.inventory.domain.product import Product


def product_id_from_proto(text: str, field: str) -> ProductId:
    """An id that begins with prd_."""
    return ProductId(uuid_of("prd", text, field))


def product_id_or_none(text: str, field: str) -> ProductId | None:
    """An id that begins with prd_, None for an empty one."""
    found = uuid_or_none("prd", text, field)
    return None if found is None else ProductId(found)


def product_to_proto(product: Product) -> product_pb2.Product:
    """The product as everyone sees it."""
    package = None
    if product.package is not None:
        package = product_pb2.PackageSize(
            amount=decimal_to_proto(product.package.amount), unit_code=product.package.unit_code
        )
    return product_pb2.Product(
        id=to_text("prd", product.id),
        display_name=product.display_name,
        category=product.category,
        unit_code=product.unit_code,
        package_size=package,
        tax_class=product.tax_class,
        hsn_code=product.hsn_code,
        other_names=[
            product_pb2.ProductName(name=each.name, language_code=each.language) for each in product.other_names
        ],
    )
