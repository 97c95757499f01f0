"""The audit log, invitations by e-mail, limits of members, test tenants and support access."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AUDIT = """
CREATE TABLE audit_events (
    id uuid PRIMARY KEY,
    create_time timestamptz NOT NULL,
    -- Whose event it is: a merchant's, a person's, or both.
    merchant_id uuid,
    account_id uuid,
    action text NOT NULL,
    actor_id text NOT NULL,
    impersonator_id text NOT NULL,
    client_id text NOT NULL,
    target_id text NOT NULL,
    network text NOT NULL,
    country_code text NOT NULL,
    request_id text NOT NULL,
    details jsonb NOT NULL,
    CHECK (merchant_id IS NOT NULL OR account_id IS NOT NULL)
);
CREATE INDEX audit_events_by_merchant ON audit_events (merchant_id, id) WHERE merchant_id IS NOT NULL;
CREATE INDEX audit_events_by_actor ON audit_events (merchant_id, actor_id, id) WHERE merchant_id IS NOT NULL;
CREATE INDEX audit_events_by_target ON audit_events (merchant_id, target_id, id)
    WHERE merchant_id IS NOT NULL AND target_id <> '';
CREATE INDEX audit_events_by_action ON audit_events (merchant_id, action text_pattern_ops, id)
    WHERE merchant_id IS NOT NULL;
CREATE INDEX audit_events_by_account ON audit_events (account_id, id) WHERE account_id IS NOT NULL;

ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
CREATE POLICY merchant ON audit_events FOR SELECT USING (
    merchant_id = nullif(current_setting('app.merchant_id', true), '')::uuid);
CREATE POLICY account ON audit_events FOR SELECT USING (
    account_id = nullif(current_setting('app.account_id', true), '')::uuid);
-- What is refused is noted by whoever refuses it, for whom it is about.
CREATE POLICY anyone ON audit_events FOR INSERT WITH CHECK (true);

-- Append-only: the service has no right to do anything else, and the owner would have to take this away first.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM svc_auth;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

_MEMBERS = """
ALTER TABLE accounts ADD COLUMN email_verify_time timestamptz;
-- People of ours who may look at a merchant that lets them.
ALTER TABLE accounts ADD COLUMN support_staff boolean NOT NULL DEFAULT false;
ALTER TABLE members
    ADD COLUMN email_sealed bytea,
    ADD COLUMN email_index bytea,
    ADD COLUMN refund_ceiling_minor bigint CHECK (refund_ceiling_minor >= 0),
    ADD COLUMN refund_ceiling_currency char(3),
    ADD CHECK ((refund_ceiling_minor IS NULL) = (refund_ceiling_currency IS NULL));
CREATE UNIQUE INDEX members_email_once ON members (merchant_id, email_index) WHERE state <> 'REMOVED';
CREATE INDEX members_by_invited_email ON members (email_index) WHERE state = 'INVITED';
DROP POLICY invited ON members;
CREATE POLICY invited ON members FOR SELECT USING (
    state = 'INVITED' AND EXISTS (
        SELECT FROM accounts
        WHERE accounts.id = nullif(current_setting('app.account_id', true), '')::uuid
        AND (accounts.phone_verify_time IS NOT NULL AND accounts.phone_index = members.phone_index
            OR accounts.email_verify_time IS NOT NULL AND accounts.email_index = members.email_index)));
"""

# A test tenant has the members of the merchant whose it is, and no others.
_TEST_TENANTS = """
ALTER TABLE merchants ADD COLUMN test_of uuid UNIQUE REFERENCES merchants;
CREATE POLICY test_tenant ON merchants FOR SELECT USING (
    test_of = nullif(current_setting('app.merchant_id', true), '')::uuid);
DROP POLICY member ON merchants;
CREATE POLICY member ON merchants FOR SELECT USING (
    EXISTS (
        SELECT FROM members
        WHERE members.merchant_id = coalesce(merchants.test_of, merchants.id) AND members.state <> 'REMOVED'));
"""

_SUPPORT = """
CREATE TABLE support_grants (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    grant_account_id uuid NOT NULL,
    grant_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL
);
"""


def upgrade() -> None:
    op.execute(_AUDIT)
    op.execute(_MEMBERS)
    op.execute(_TEST_TENANTS)
    op.execute(_SUPPORT)
    tenant_policy("support_grants")
