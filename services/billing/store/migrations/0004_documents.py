"""Rendered documents."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import tenant_policy

revision = "billing_0004"
down_revision = "billing_0003"
branch_labels = None
depends_on = None

_DOCUMENTS = """
-- A cache: all of it can be made again. One row a document, replaced when what it says changes.
CREATE TABLE documents (
    merchant_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('BILL', 'RECEIPT', 'CREDIT_NOTE', 'STATEMENT')),
    subject_id uuid NOT NULL,
    layout text NOT NULL CHECK (layout IN ('A4', 'THERMAL_80', 'THERMAL_58')),
    locale text NOT NULL,
    -- SHA-256 of everything that it is made from.
    fingerprint bytea NOT NULL,
    -- In ASCII, without directories.
    file_name text NOT NULL,
    printed boolean NOT NULL,
    -- Sealed: the PDF, or until it is printed what is to stand on it.
    content bytea NOT NULL,
    -- Whether nobody waits for it yet.
    ahead boolean NOT NULL,
    want_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, kind, subject_id, layout, locale)
);
CREATE INDEX documents_by_age ON documents (want_time);
-- Neither sealed bytes nor PDF become smaller.
ALTER TABLE documents ALTER COLUMN content SET STORAGE EXTERNAL;
"""

# The sweep goes over all merchants, whom the service's own role sees only one at a time.
_SWEEP = """
CREATE POLICY sweep ON documents TO CURRENT_USER USING (true);
CREATE FUNCTION sweep_documents(before timestamptz, most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = billing, pg_temp AS $$
    WITH gone AS (
        DELETE FROM documents
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM documents WHERE want_time < before LIMIT most FOR UPDATE SKIP LOCKED))
        RETURNING 1
    )
    SELECT count(*)::integer FROM gone
$$;
REVOKE ALL ON FUNCTION sweep_documents FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_documents TO svc_billing;
"""


def upgrade() -> None:
    op.execute(_DOCUMENTS)
    tenant_policy("documents")
    op.execute(_SWEEP)
