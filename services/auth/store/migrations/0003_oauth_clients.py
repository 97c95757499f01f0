"""API clients, authorization requests, consents and devices."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# What is there was made by password and code, bound to no key.
_SIGN_INS = """
ALTER TABLE challenges
    ADD COLUMN nonce text NOT NULL DEFAULT '',
    ADD COLUMN dpop_jkt text NOT NULL DEFAULT '',
    ADD COLUMN prompt text[] NOT NULL DEFAULT '{}',
    -- Of the authorization request that the sign-in answers. Null: one of our own applications gave it itself.
    ADD COLUMN handle bytea;
ALTER TABLE authorization_codes
    ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd,otp}',
    ADD COLUMN nonce text NOT NULL DEFAULT '',
    ADD COLUMN dpop_jkt text NOT NULL DEFAULT '';
ALTER TABLE sessions
    ADD COLUMN methods text[] NOT NULL DEFAULT '{pwd,otp}',
    ADD COLUMN dpop_jkt text NOT NULL DEFAULT '';
-- By which the sessions of a client that is deleted are found: its own tenant cannot see people's.
CREATE INDEX refresh_tokens_by_client ON refresh_tokens (client_id, account_id);
CREATE TABLE authorization_requests (
    -- SHA-256 of the handle, or of the last part of a pushed request's URI.
    digest bytea PRIMARY KEY,
    pushed boolean NOT NULL,
    client_id text NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    state text NOT NULL,
    code_challenge text NOT NULL,
    nonce text NOT NULL,
    dpop_jkt text NOT NULL,
    prompt text[] NOT NULL,
    max_age_seconds bigint,
    -- A phone number, often.
    login_hint_sealed bytea,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX authorization_requests_by_expiry ON authorization_requests (expire_time);
"""

_CLIENTS = """
CREATE TABLE api_clients (
    merchant_id uuid NOT NULL REFERENCES merchants,
    id uuid NOT NULL,
    display_name text NOT NULL,
    test_mode boolean NOT NULL,
    -- The merchant itself, or its test tenant.
    acts_for uuid NOT NULL REFERENCES merchants,
    grant_types text[] NOT NULL,
    scopes text[] NOT NULL,
    authentication text NOT NULL CHECK (authentication IN ('none', 'client_secret', 'private_key_jwt')),
    jwks jsonb,
    redirect_uris text[] NOT NULL,
    -- SHA-256 of 256 random bits.
    secret_digest bytea,
    old_secret_digest bytea,
    old_secret_expire_time timestamptz,
    create_time timestamptz NOT NULL,
    create_account_id uuid NOT NULL,
    last_use_time timestamptz,
    PRIMARY KEY (merchant_id, id),
    CHECK ((authentication = 'client_secret') = (secret_digest IS NOT NULL)),
    CHECK ((authentication = 'private_key_jwt') = (jwks IS NOT NULL))
);
CREATE UNIQUE INDEX api_clients_by_id ON api_clients (id);
-- Assertions that were taken: each is good once.
CREATE TABLE client_assertions (
    client_id text NOT NULL,
    digest bytea NOT NULL,
    expire_time timestamptz NOT NULL,
    PRIMARY KEY (client_id, digest)
);
CREATE INDEX client_assertions_by_expiry ON client_assertions (expire_time);
CREATE TABLE consents (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    client_id uuid NOT NULL,
    -- As the person was shown them.
    client_name text NOT NULL,
    publisher_name text NOT NULL,
    scopes text[] NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    PRIMARY KEY (account_id, client_id)
);
CREATE INDEX consents_by_client ON consents (client_id);
"""

# Whoever asks for tokens says which client it is before anybody can say whose: that client is seen, and the name of its
# merchant. When it is gone, what people had allowed it is found in the same way.
_NAMED = """
CREATE POLICY named ON api_clients FOR SELECT USING (
    id = nullif(current_setting('app.client_id', true), '')::uuid);
CREATE POLICY publisher ON merchants FOR SELECT USING (
    EXISTS (SELECT FROM api_clients
            WHERE api_clients.merchant_id = merchants.id
            AND api_clients.id = nullif(current_setting('app.client_id', true), '')::uuid));
CREATE POLICY named_read ON consents FOR SELECT USING (
    client_id = nullif(current_setting('app.client_id', true), '')::uuid
    AND nullif(current_setting('app.account_id', true), '') IS NULL);
CREATE POLICY named_delete ON consents FOR DELETE USING (
    client_id = nullif(current_setting('app.client_id', true), '')::uuid
    AND nullif(current_setting('app.account_id', true), '') IS NULL);
"""

_DEVICES = """
CREATE TABLE device_grants (
    digest bytea PRIMARY KEY,
    -- Keyed: eight letters are soon guessed from a plain digest.
    user_code_index bytea NOT NULL UNIQUE,
    client_id text NOT NULL,
    granted text[] NOT NULL,
    network text NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'ALLOWED', 'DENIED')),
    account_id uuid,
    merchant_id uuid,
    session_id uuid,
    auth_time timestamptz,
    methods text[] NOT NULL DEFAULT '{}',
    -- Seconds that the device has to wait between two polls; grows when it does not.
    interval_seconds int NOT NULL,
    last_poll_time timestamptz,
    expire_time timestamptz NOT NULL,
    -- When its tokens were fetched.
    use_time timestamptz,
    CHECK (state <> 'ALLOWED' OR (account_id IS NOT NULL AND session_id IS NOT NULL AND auth_time IS NOT NULL))
);
CREATE INDEX device_grants_by_expiry ON device_grants (expire_time);
"""


def upgrade() -> None:
    op.execute(_SIGN_INS)
    op.execute(_CLIENTS)
    op.execute(_DEVICES)
    tenant_policy("api_clients")
    tenant_policy("consents", "account_id")
    op.execute(_NAMED)
