"""People, factors, sign-ins, sessions, signing keys, merchants and members."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import standard_tables, tenant_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PEOPLE = """
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('PENDING', 'ACTIVE')),
    display_name text NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_index bytea NOT NULL,
    phone_verify_time timestamptz,
    email_sealed bytea,
    email_index bytea,
    locale text NOT NULL,
    password_hash text NOT NULL,
    password_change_time timestamptz NOT NULL,
    create_time timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
-- The verified phone of each account: what sign-in looks up before it knows whose row-level rule holds.
CREATE TABLE phone_claims (
    phone_index bytea PRIMARY KEY,
    account_id uuid NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    create_time timestamptz NOT NULL
);
-- One answer a request_id, and what is to be swept when it stays unconfirmed.
CREATE TABLE sign_ups (
    request_id uuid PRIMARY KEY,
    -- Keyed digest of the request: a plain one would be a fast hash of a password.
    fingerprint bytea NOT NULL,
    account_id uuid NOT NULL,
    authenticator_id uuid NOT NULL,
    challenge_sealed bytea,
    expire_time timestamptz NOT NULL
);
CREATE INDEX sign_ups_by_expiry ON sign_ups (expire_time);
CREATE TABLE authenticators (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id uuid NOT NULL,
    display_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'CONFIRMED')),
    secret_sealed bytea NOT NULL,
    -- The newest step of which a code was taken. It only grows; that is what makes a code good once.
    last_step bigint NOT NULL DEFAULT -1,
    last_use_time timestamptz,
    request_id uuid NOT NULL,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, request_id)
);
CREATE TABLE phone_verifications (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    id uuid NOT NULL,
    phone_sealed bytea NOT NULL,
    phone_index bytea NOT NULL,
    tries int NOT NULL,
    sends int NOT NULL,
    expire_time timestamptz NOT NULL,
    last_send_time timestamptz NOT NULL,
    confirm_time timestamptz
);
CREATE TABLE attempts (
    purpose text NOT NULL,
    -- Keyed digest of whom it is about.
    subject bytea NOT NULL,
    recent timestamptz[] NOT NULL DEFAULT '{}',
    in_a_row int NOT NULL DEFAULT 0,
    update_time timestamptz NOT NULL,
    PRIMARY KEY (purpose, subject)
);
"""

_SIGN_INS = """
CREATE TABLE challenges (
    digest bytea PRIMARY KEY,
    stage text NOT NULL CHECK (stage IN ('password', 'totp', 'done')),
    account_id uuid,
    subject bytea NOT NULL,
    enrolling uuid,
    client_id text NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    state text NOT NULL,
    code_challenge text NOT NULL,
    device_name text NOT NULL,
    granted text[] NOT NULL,
    expire_time timestamptz NOT NULL
);
CREATE INDEX challenges_by_expiry ON challenges (expire_time);
CREATE TABLE authorization_codes (
    digest bytea PRIMARY KEY,
    account_id uuid NOT NULL,
    session_id uuid NOT NULL,
    client_id text NOT NULL,
    redirect_uri text NOT NULL,
    code_challenge text NOT NULL,
    device_name text NOT NULL,
    granted text[] NOT NULL,
    auth_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expire_time);
CREATE TABLE sessions (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id uuid NOT NULL,
    client_id text NOT NULL,
    device_name text NOT NULL,
    granted text[] NOT NULL,
    auth_time timestamptz NOT NULL,
    last_use_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    end_time timestamptz,
    end_reason text,
    PRIMARY KEY (account_id, id)
);
CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    account_id uuid NOT NULL,
    session_id uuid NOT NULL,
    client_id text NOT NULL,
    merchant_id uuid,
    -- Set once, by compare-and-set, when the token is replaced.
    use_time timestamptz,
    create_time timestamptz NOT NULL,
    FOREIGN KEY (account_id, session_id) REFERENCES sessions ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (account_id, session_id);
CREATE INDEX refresh_tokens_by_age ON refresh_tokens (create_time);
CREATE TABLE signing_keys (
    id uuid PRIMARY KEY,
    -- JWK of the public half, as it is published.
    public_jwk jsonb NOT NULL,
    -- JWK of the private half.
    private_sealed bytea NOT NULL,
    create_time timestamptz NOT NULL,
    -- From when on it signs; the newest that has begun is the current one. Null: the next one.
    sign_time timestamptz,
    -- Until when it is published. Null: as long as it signs, or is the next one.
    expire_time timestamptz
);
"""

_MERCHANTS = """
CREATE TABLE merchants (
    id uuid PRIMARY KEY,
    display_name text NOT NULL,
    legal_name text NOT NULL,
    country_code char(2) NOT NULL,
    time_zone text NOT NULL,
    address jsonb,
    create_time timestamptz NOT NULL,
    revision bigint NOT NULL DEFAULT 1
);
CREATE TABLE members (
    merchant_id uuid NOT NULL REFERENCES merchants,
    id uuid NOT NULL,
    account_id uuid,
    -- A copy of the person's, who keeps it up to date: a merchant cannot read accounts.
    display_name text NOT NULL DEFAULT '',
    -- Sealed with the merchant's key; the account's own copy is sealed with the account's.
    phone_sealed bytea,
    phone_index bytea,
    role text NOT NULL CHECK (role IN ('owner', 'manager', 'cashier', 'accountant', 'viewer')),
    state text NOT NULL CHECK (state IN ('INVITED', 'ACTIVE', 'REMOVED')),
    invited_by uuid,
    create_time timestamptz NOT NULL,
    join_time timestamptz,
    expire_time timestamptz,
    PRIMARY KEY (merchant_id, id),
    CHECK (state <> 'ACTIVE' OR account_id IS NOT NULL)
);
CREATE UNIQUE INDEX members_once ON members (merchant_id, account_id) WHERE state = 'ACTIVE';
CREATE UNIQUE INDEX members_phone_once ON members (merchant_id, phone_index) WHERE state <> 'REMOVED';
CREATE INDEX members_by_account ON members (account_id, merchant_id) WHERE state = 'ACTIVE';
CREATE INDEX members_by_invited_phone ON members (phone_index) WHERE state = 'INVITED';
"""

# A person sees their own entries, the invitations to their verified phone, and the merchants of both. Seeing is all:
# whoever could write an entry of their own could make themselves an owner.
_PERSONS_VIEW = """
CREATE POLICY account ON members FOR SELECT USING (
    account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY invited ON members FOR SELECT USING (
    state = 'INVITED' AND EXISTS (
        SELECT FROM accounts
        WHERE accounts.id = nullif(current_setting('app.account_id', true), '')::uuid
        AND accounts.phone_verify_time IS NOT NULL AND accounts.phone_index = members.phone_index));
CREATE POLICY member ON merchants FOR SELECT USING (
    EXISTS (SELECT FROM members WHERE members.merchant_id = merchants.id AND members.state <> 'REMOVED'));
"""


def upgrade() -> None:
    standard_tables()
    op.execute(_PEOPLE)
    op.execute(_SIGN_INS)
    op.execute(_MERCHANTS)
    for table in ("authenticators", "phone_verifications", "sessions"):
        tenant_policy(table, "account_id")
    op.execute("""
        ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
        ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
        CREATE POLICY account ON accounts
            USING (id = nullif(current_setting('app.account_id', true), '')::uuid)
            WITH CHECK (id = nullif(current_setting('app.account_id', true), '')::uuid);
    """)
    tenant_policy("members", "merchant_id")
    tenant_policy("merchants", "id")
    op.execute(_PERSONS_VIEW)
