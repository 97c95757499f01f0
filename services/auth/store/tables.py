"""The tables of the schema, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import CHAR, BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

_METADATA = MetaData()
_TIME = DateTime(timezone=True)

accounts = Table(
    "accounts",
    _METADATA,
    Column("id", Uuid, primary_key=True),
    Column("state", Text),
    Column("display_name", Text),
    Column("phone_sealed", LargeBinary),
    Column("phone_index", LargeBinary),
    Column("phone_verify_time", _TIME),
    Column("email_sealed", LargeBinary),
    Column("email_index", LargeBinary),
    Column("locale", Text),
    Column("password_hash", Text),
    Column("password_change_time", _TIME),
    Column("create_time", _TIME),
    Column("revision", BigInteger),
)
phone_claims = Table(
    "phone_claims",
    _METADATA,
    Column("phone_index", LargeBinary, primary_key=True),
    Column("account_id", Uuid),
    Column("create_time", _TIME),
)
sign_ups = Table(
    "sign_ups",
    _METADATA,
    Column("request_id", Uuid, primary_key=True),
    Column("fingerprint", LargeBinary),
    Column("account_id", Uuid),
    Column("authenticator_id", Uuid),
    Column("challenge_sealed", LargeBinary),
    Column("expire_time", _TIME),
)
authenticators = Table(
    "authenticators",
    _METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("display_name", Text),
    Column("state", Text),
    Column("secret_sealed", LargeBinary),
    Column("last_step", BigInteger),
    Column("last_use_time", _TIME),
    Column("request_id", Uuid),
    Column("create_time", _TIME),
)
phone_verifications = Table(
    "phone_verifications",
    _METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("id", Uuid),
    Column("phone_sealed", LargeBinary),
    Column("phone_index", LargeBinary),
    Column("tries", Integer),
    Column("sends", Integer),
    Column("expire_time", _TIME),
    Column("last_send_time", _TIME),
    Column("confirm_time", _TIME),
)
attempts = Table(
    "attempts",
    _METADATA,
    Column("purpose", Text, primary_key=True),
    Column("subject", LargeBinary, primary_key=True),
    Column("recent", ARRAY(_TIME)),
    Column("in_a_row", Integer),
    Column("update_time", _TIME),
)
challenges = Table(
    "challenges",
    _METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("stage", Text),
    Column("account_id", Uuid),
    Column("subject", LargeBinary),
    Column("enrolling", Uuid),
    Column("client_id", Text),
    Column("redirect_uri", Text),
    Column("scopes", ARRAY(Text)),
    Column("state", Text),
    Column("code_challenge", Text),
    Column("device_name", Text),
    Column("granted", ARRAY(Text)),
    Column("expire_time", _TIME),
)
authorization_codes = Table(
    "authorization_codes",
    _METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid),
    Column("session_id", Uuid),
    Column("client_id", Text),
    Column("redirect_uri", Text),
    Column("code_challenge", Text),
    Column("device_name", Text),
    Column("granted", ARRAY(Text)),
    Column("auth_time", _TIME),
    Column("expire_time", _TIME),
    Column("use_time", _TIME),
)
sessions = Table(
    "sessions",
    _METADATA,
    Column("account_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text),
    Column("device_name", Text),
    Column("granted", ARRAY(Text)),
    Column("auth_time", _TIME),
    Column("last_use_time", _TIME),
    Column("expire_time", _TIME),
    Column("end_time", _TIME),
    Column("end_reason", Text),
)
refresh_tokens = Table(
    "refresh_tokens",
    _METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Uuid),
    Column("session_id", Uuid),
    Column("client_id", Text),
    Column("merchant_id", Uuid),
    Column("use_time", _TIME),
    Column("create_time", _TIME),
)
signing_keys = Table(
    "signing_keys",
    _METADATA,
    Column("id", Uuid, primary_key=True),
    Column("public_jwk", JSONB),
    Column("private_sealed", LargeBinary),
    Column("create_time", _TIME),
    Column("sign_time", _TIME),
    Column("expire_time", _TIME),
)
merchants = Table(
    "merchants",
    _METADATA,
    Column("id", Uuid, primary_key=True),
    Column("display_name", Text),
    Column("legal_name", Text),
    Column("country_code", CHAR(2)),
    Column("time_zone", Text),
    Column("address", JSONB),
    Column("create_time", _TIME),
    Column("revision", BigInteger),
)
members = Table(
    "members",
    _METADATA,
    Column("merchant_id", Uuid, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Column("display_name", Text),
    Column("phone_sealed", LargeBinary),
    Column("phone_index", LargeBinary),
    Column("role", Text),
    Column("state", Text),
    Column("invited_by", Uuid),
    Column("create_time", _TIME),
    Column("join_time", _TIME),
    Column("expire_time", _TIME),
)
