"""The tables as SQLAlchemy Core sees them; migrations/ makes them."""

from __future__ import annotations

from geoalchemy2 import Geography
from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, Uuid

metadata = MetaData()

stores = Table(
    "stores",
    metadata,
    Column("merchant_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("location", Geography("POINT", 4326, spatial_index=False), nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("external_code", Text, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Column("delete_time", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False),
    Column("is_test", Boolean, nullable=False),
)
