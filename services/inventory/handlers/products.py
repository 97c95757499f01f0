"""ProductService: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billmesh.inventory.v1 import product_service_pb2, product_service_pb2_grpc

from services.inventory.convert import products as convert
from services.inventory.convert.pages import name_and_id_key, products_to_proto
from services.inventory.usecases import products
from services.kit import paging

if TYPE_CHECKING:
    import grpc
    from billmesh.inventory.v1 import product_pb2

    from services.inventory.usecases.deps import Deps

_USUAL_HITS = 10
_MOST_HITS = 50


class ProductHandler(product_service_pb2_grpc.ProductServiceServicer):
    """Serves ProductService."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def GetProduct(
        self, request: product_service_pb2.GetProductRequest, context: grpc.ServicerContext
    ) -> product_pb2.Product:
        """One product."""
        product_id = convert.product_id_from_proto(request.id, "id")
        return convert.product_to_proto(products.get_product(self._deps, product_id))

    def ListProducts(
        self, request: product_service_pb2.ListProductsRequest, context: grpc.ServicerContext
    ) -> product_service_pb2.ListProductsResponse:
        """A page of the catalogue."""
        page = paging.page(request)
        after = name_and_id_key(page)
        found = products.list_products(self._deps, category=request.category, after=after, limit=page.size + 1)
        return products_to_proto(page, found)

    def SearchProducts(
        self, request: product_service_pb2.SearchProductsRequest, context: grpc.ServicerContext
    ) -> product_service_pb2.SearchProductsResponse:
        """What a query may mean."""
        limit = min(request.page_size or _USUAL_HITS, _MOST_HITS)
        found = products.search_products(self._deps, query=request.query, limit=limit)
        return product_service_pb2.SearchProductsResponse(products=map(convert.product_to_proto, found))
