"""Messages, their texts, attempts, templates and counters."""

from alembic import op

from services.kit.migrations import standard_tables, tenant_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables."""
    standard_tables()
    op.execute("""
        CREATE TABLE messages (
            -- The nil UUID for messages that Billmesh itself sends.
            merchant_id uuid NOT NULL,
            id uuid NOT NULL,
            kind text NOT NULL,
            state text NOT NULL,
            sender text NOT NULL,
            dedupe_key text NOT NULL,
            subject text NOT NULL,
            masked_phone text NOT NULL,
            phone_index bytea NOT NULL,
            -- Sealed for "messages.phone".
            phone bytea NOT NULL,
            locale text NOT NULL,
            encoding text NOT NULL,
            segments smallint NOT NULL CHECK (segments > 0),
            dlt_template_id text NOT NULL,
            fault text,
            provider_code integer NOT NULL DEFAULT 0,
            attempt_count integer NOT NULL DEFAULT 0,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            expire_time timestamptz NOT NULL,
            text_purge_time timestamptz NOT NULL,
            PRIMARY KEY (merchant_id, id),
            -- The promise that one key is one message.
            UNIQUE (merchant_id, sender, dedupe_key),
            CHECK ((fault IS NOT NULL) = (state IN ('FAILED', 'UNDELIVERED')))
        );
        CREATE INDEX messages_by_subject ON messages (merchant_id, subject, id DESC) WHERE subject <> '';

        -- Apart from the messages, so that a text can be forgotten without rewriting its message's row.
        CREATE TABLE message_texts (
            merchant_id uuid NOT NULL,
            message_id uuid NOT NULL,
            -- Sealed for "messages.text".
            text bytea NOT NULL,
            -- Keyed hash of phone and text: which messages the recipient could not tell apart.
            fingerprint bytea NOT NULL,
            purge_time timestamptz NOT NULL,
            PRIMARY KEY (merchant_id, message_id),
            FOREIGN KEY (merchant_id, message_id) REFERENCES messages (merchant_id, id) ON DELETE CASCADE
        );
        CREATE INDEX message_texts_by_fingerprint ON message_texts (merchant_id, fingerprint);
        CREATE INDEX message_texts_by_purge_time ON message_texts (purge_time);

        CREATE TABLE attempts (
            merchant_id uuid NOT NULL,
            message_id uuid NOT NULL,
            number integer NOT NULL CHECK (number > 0),
            state text NOT NULL,
            provider_id text,
            fault text,
            provider_code integer NOT NULL DEFAULT 0,
            start_time timestamptz NOT NULL,
            end_time timestamptz,
            PRIMARY KEY (merchant_id, message_id, number),
            FOREIGN KEY (merchant_id, message_id) REFERENCES messages (merchant_id, id) ON DELETE CASCADE,
            -- One message at the provider is the work of one attempt.
            UNIQUE (merchant_id, provider_id)
        );

        CREATE TABLE templates (
            merchant_id uuid NOT NULL,
            kind text NOT NULL,
            locale text NOT NULL,
            -- NULL: the wording that comes with Billmesh.
            text text,
            dlt_template_id text NOT NULL DEFAULT '',
            version integer NOT NULL DEFAULT 0,
            update_time timestamptz NOT NULL,
            PRIMARY KEY (merchant_id, kind, locale)
        );

        -- Not under row-level security: a phone's count spans merchants. Keys are keyed hashes, so it names nobody.
        CREATE TABLE counters (
            counter text NOT NULL,
            key bytea NOT NULL,
            window_start timestamptz NOT NULL,
            count integer NOT NULL,
            PRIMARY KEY (counter, key, window_start)
        );
        CREATE INDEX counters_by_window ON counters (window_start);
    """)
    for table in ("messages", "message_texts", "attempts", "templates"):
        tenant_policy(table)
    # The daily chore forgets texts that are due, whosever they are, and sees no others.
    op.execute("""
        CREATE POLICY chore ON message_texts
            USING (current_setting('app.chore', true) = 'forget_texts' AND purge_time <= now())
            WITH CHECK (false)
    """)
