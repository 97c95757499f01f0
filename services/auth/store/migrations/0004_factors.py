"""Passkeys, recovery codes, recovery, verified e-mail addresses and throttles."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SIGN_INS = """
ALTER TABLE challenges
    -- How its person has proved who they are so far (RFC 8176).
    ADD COLUMN methods text[] NOT NULL DEFAULT '{}',
    -- The session that it steps up. Null: it signs in.
    ADD COLUMN session_id uuid,
    -- When both factors were there; set while the person is asked for consent.
    ADD COLUMN auth_time timestamptz,
    DROP CONSTRAINT challenges_stage_check,
    ADD CONSTRAINT challenges_stage_check CHECK (stage IN ('password', 'passkey', 'totp', 'consent', 'done'));
-- From where it was last used: the network without its last part, never the address.
ALTER TABLE sessions
    ADD COLUMN network text NOT NULL DEFAULT '',
    ADD COLUMN country_code text NOT NULL DEFAULT '';
"""

_EMAILS = """
-- The verified e-mail address of each account, as phone_claims.
CREATE TABLE email_claims (
    email_index bytea PRIMARY KEY,
    account_id uuid NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE,
    create_time timestamptz NOT NULL
);
CREATE TABLE email_verifications (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    id uuid NOT NULL,
    email_sealed bytea NOT NULL,
    email_index bytea NOT NULL,
    tries int NOT NULL,
    sends int NOT NULL,
    expire_time timestamptz NOT NULL,
    last_send_time timestamptz NOT NULL,
    confirm_time timestamptz
);
"""

_FACTORS = """
CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    -- Keyed: whoever steals the table alone cannot even try.
    digest bytea NOT NULL,
    create_time timestamptz NOT NULL,
    -- Set once, by compare-and-set.
    use_time timestamptz,
    PRIMARY KEY (account_id, digest)
);
-- Whose a passkey is: what sign-in looks up, by the SHA-256 of its id, before it knows whose row-level rule holds.
CREATE TABLE passkey_claims (
    credential_digest bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE
);
CREATE TABLE passkeys (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id uuid NOT NULL,
    display_name text NOT NULL,
    credential_id bytea NOT NULL,
    -- SHA-256 of credential_id. A passkey and its claim go together.
    credential_digest bytea NOT NULL REFERENCES passkey_claims,
    -- COSE. Public, so not sealed.
    public_key bytea NOT NULL,
    -- Only grows; 0 for makers who do not count.
    sign_count bigint NOT NULL,
    -- Whether its maker may copy it to other devices, and has.
    portable boolean NOT NULL,
    backed_up boolean NOT NULL,
    transports text[] NOT NULL,
    create_time timestamptz NOT NULL,
    last_use_time timestamptz,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, credential_digest)
);
-- A registration under way; an account has at most one.
CREATE TABLE passkey_registrations (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    digest bytea NOT NULL,
    expire_time timestamptz NOT NULL
);
"""

_RECOVERY = """
-- Found by the digest of a token; the account is null if the name was nobody's.
CREATE TABLE recoveries (
    digest bytea PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    account_id uuid,
    -- 'phone' or 'email': where the code goes.
    channel text NOT NULL CHECK (channel IN ('phone', 'email')),
    tries int NOT NULL DEFAULT 0,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX recoveries_by_expiry ON recoveries (expire_time);
-- Someone who reads the person's messages has no second factor, and waits.
CREATE TABLE recovery_waits (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    start_time timestamptz NOT NULL,
    available_time timestamptz NOT NULL
);
"""

_THROTTLES = """
-- Not logged: after a crash of the database they are empty, which does no harm, and they cost no flush to disk.
CREATE UNLOGGED TABLE throttles (
    -- Keyed digest of the rule and of whose requests add up.
    key bytea PRIMARY KEY,
    -- When the counter will be empty, if nothing more comes.
    empty_time timestamptz NOT NULL,
    room interval NOT NULL,
    -- Whether the last request was let through.
    admitted boolean NOT NULL
    -- Without an index on what changes all the time, and with room beside them, rows are updated in place.
) WITH (fillfactor = 50);
"""


def upgrade() -> None:
    op.execute(_SIGN_INS)
    op.execute(_EMAILS)
    op.execute(_FACTORS)
    op.execute(_RECOVERY)
    op.execute(_THROTTLES)
    for table in ("email_verifications", "recovery_codes", "passkeys", "passkey_registrations", "recovery_waits"):
        tenant_policy(table, "account_id")
