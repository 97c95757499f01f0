"""The tables, as migrations/ makes them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, SmallInteger, Table, Text, Uuid

metadata = MetaData()

messages = Table(
    "messages",
    metadata,
    Column("merchant_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("dedupe_key", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("masked_phone", Text),
    Column("phone_index", LargeBinary),
    Column("phone", LargeBinary),
    Column("masked_email", Text),
    Column("email_index", LargeBinary),
    Column("email", LargeBinary),
    Column("locale", Text, nullable=False),
    Column("encoding", Text),
    Column("segments", SmallInteger),
    Column("dlt_template_id", Text, nullable=False),
    Column("fault", Text),
    Column("provider_code", Integer, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
    Column("expire_time", DateTime(timezone=True), nullable=False),
    Column("text_purge_time", DateTime(timezone=True), nullable=False),
)

message_texts = Table(
    "message_texts",
    metadata,
    Column("merchant_id", Uuid, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("text", LargeBinary, nullable=False),
    Column("subject_line", LargeBinary),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("purge_time", DateTime(timezone=True), nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("merchant_id", Uuid, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("provider_id", Text),
    Column("fault", Text),
    Column("provider_code", Integer, nullable=False),
    Column("start_time", DateTime(timezone=True), nullable=False),
    Column("end_time", DateTime(timezone=True)),
)

templates = Table(
    "templates",
    metadata,
    Column("merchant_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("locale", Text, primary_key=True),
    Column("text", Text),
    Column("dlt_template_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("counter", Text, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("window_start", DateTime(timezone=True), primary_key=True),
    Column("count", Integer, nullable=False),
)
