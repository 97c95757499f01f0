"""Messages by e-mail."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the second channel. A process of the version before goes on sending SMS, which is what the default says."""
    op.execute("""
        ALTER TABLE messages
            ADD COLUMN channel text NOT NULL DEFAULT 'SMS',
            ADD COLUMN masked_email text,
            ADD COLUMN email_index bytea,
            -- Sealed for "messages.email".
            ADD COLUMN email bytea,
            ALTER COLUMN masked_phone DROP NOT NULL,
            ALTER COLUMN phone_index DROP NOT NULL,
            ALTER COLUMN phone DROP NOT NULL,
            ALTER COLUMN encoding DROP NOT NULL,
            ALTER COLUMN segments DROP NOT NULL,
            -- Not checked for the rows there are, all SMS: that would read the table under its strongest lock.
            ADD CONSTRAINT messages_one_recipient CHECK (
                CASE channel
                    WHEN 'SMS' THEN num_nulls(masked_phone, phone_index, phone, encoding, segments) = 0
                        AND num_nonnulls(masked_email, email_index, email) = 0
                    WHEN 'EMAIL' THEN num_nulls(masked_email, email_index, email) = 0
                        AND num_nonnulls(masked_phone, phone_index, phone, encoding, segments) = 0
                    ELSE false
                END
            ) NOT VALID;
        -- Sealed for "messages.subject_line"; NULL for an SMS.
        ALTER TABLE message_texts ADD COLUMN subject_line bytea;
    """)
