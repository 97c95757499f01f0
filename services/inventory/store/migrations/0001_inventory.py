"""The catalogue, items, stock with its search columns, movements, takes and shopping lists."""

from __future__ import annotations

from alembic import op

from services.kit.migrations import standard_tables, tenant_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CATALOGUE = """
CREATE TABLE products (
    -- Four bytes instead of sixteen in every row and index entry of stock. Never leaves the database.
    key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    category text NOT NULL,
    unit_code text NOT NULL,
    package_amount numeric(14, 3) CHECK (package_amount > 0),
    package_unit text,
    tax_class text NOT NULL,
    hsn_code text NOT NULL,
    weight smallint NOT NULL,
    piece_grams integer CHECK (piece_grams > 0),
    -- Names and tags as they are shown: [["maito", "fi"], ...].
    other_names jsonb NOT NULL,
    -- Taken out of the catalogue: not found any more, but still named by whatever holds it.
    retired boolean NOT NULL DEFAULT false,
    CHECK ((package_amount IS NULL) = (package_unit IS NULL))
);
CREATE INDEX products_by_name ON products (display_name, id) WHERE NOT retired;
CREATE INDEX products_by_category ON products (category, display_name, id) WHERE NOT retired;

-- One row a name, in its one spelling (domain/text.py): a search compares like with like.
CREATE TABLE product_names (
    product_key integer NOT NULL REFERENCES products ON DELETE CASCADE,
    norm text NOT NULL CHECK (norm <> ''),
    -- Not to_tsvector: its parser cuts "1.5l" in two and Devanagari at the vowel signs.
    lexemes tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(string_to_array(norm, ' '))) STORED,
    PRIMARY KEY (product_key, norm)
);
CREATE INDEX product_names_words ON product_names USING gin (lexemes);
CREATE INDEX product_names_trigrams ON product_names USING gin (norm gin_trgm_ops);
"""

_STORES_AND_ITEMS = """
-- Where the stores are, as geo last said.
CREATE TABLE store_places (
    merchant_id uuid NOT NULL,
    store_id uuid NOT NULL,
    -- Stands for the two ids in the offers index. Never leaves the database.
    key integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    location geography(Point, 4326) NOT NULL,
    latitude_e6 integer NOT NULL,
    longitude_e6 integer NOT NULL,
    h3_r6 bigint NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    open boolean NOT NULL,
    PRIMARY KEY (merchant_id, store_id)
);

CREATE TABLE items (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    product_key integer REFERENCES products,
    name text NOT NULL CHECK (name <> ''),
    -- The name in its one spelling: order of lists, and what a search for words looks in.
    norm text NOT NULL,
    sku text,
    barcode text,
    unit_code text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency_code char(3) NOT NULL,
    price_includes_tax boolean NOT NULL,
    tax_code text NOT NULL,
    hsn_code text NOT NULL,
    uncounted boolean NOT NULL,
    reorder_level numeric(14, 3) CHECK (reorder_level >= 0),
    deleted boolean NOT NULL DEFAULT false,
    version integer NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX items_by_name ON items (merchant_id, norm, id) WHERE NOT deleted;
CREATE INDEX items_by_product ON items (merchant_id, product_key) WHERE product_key IS NOT NULL;
CREATE UNIQUE INDEX items_sku ON items (merchant_id, sku) WHERE NOT deleted;
CREATE UNIQUE INDEX items_barcode ON items (merchant_id, barcode) WHERE NOT deleted;
"""

_STOCK = """
-- System of record of what a store has and asks, and the columns that the search reads, in one row. Selling changes
-- only the quantity, which no index holds: the update stays on its page (HOT) unless it crosses a stock level.
CREATE TABLE stock (
    merchant_id uuid NOT NULL,
    store_id uuid NOT NULL,
    item_id uuid NOT NULL,
    quantity numeric(14, 3) NOT NULL CHECK (quantity >= 0),
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency_code char(3) NOT NULL,
    -- False: follows the item's price.
    own_price boolean NOT NULL,
    update_time timestamptz NOT NULL,
    -- Copies of the item's product and the store's place, kept by the changes of those.
    product_key integer REFERENCES products,
    store_key integer NOT NULL,
    h3_r6 bigint NOT NULL,
    latitude_e6 integer NOT NULL,
    longitude_e6 integer NOT NULL,
    store_open boolean NOT NULL,
    item_deleted boolean NOT NULL,
    stock_level smallint NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN NOT store_open OR item_deleted OR product_key IS NULL OR quantity = 0 THEN 0
            WHEN quantity < 5 THEN 1
            WHEN quantity < 20 THEN 2
            ELSE 3
        END
    ) STORED,
    PRIMARY KEY (merchant_id, store_id, item_id),
    FOREIGN KEY (merchant_id, item_id) REFERENCES items (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store_places (merchant_id, store_id)
) WITH (
    fillfactor = 85,
    -- Index-only scans live on the visibility map.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02
);
-- All that the first step of the search needs, so that it never touches the table.
CREATE INDEX stock_offers ON stock (product_key, h3_r6)
    INCLUDE (store_key, price_minor, currency_code, latitude_e6, longitude_e6, stock_level)
    WHERE stock_level > 0;
-- The second step: the exact rows of one store's product.
CREATE INDEX stock_by_product ON stock (store_key, product_key) WHERE stock_level > 0;
CREATE INDEX stock_by_item ON stock (merchant_id, item_id);

-- Why stock changed. Only ever added to.
CREATE TABLE movements (
    merchant_id uuid NOT NULL,
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    item_id uuid NOT NULL,
    change numeric(14, 3) NOT NULL,
    balance numeric(14, 3) NOT NULL CHECK (balance >= 0),
    reason text NOT NULL CHECK (reason IN
        ('OPENING', 'RECEIVED', 'COUNTED', 'DAMAGED', 'LOST', 'SENT_BACK', 'USED', 'SOLD', 'UNSOLD')),
    note text NOT NULL,
    reference text NOT NULL,
    account_id uuid,
    attempt_id uuid,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX movements_by_item ON movements (merchant_id, item_id, id);
CREATE INDEX movements_by_store ON movements (merchant_id, store_id, id);
CREATE INDEX movements_by_reference ON movements (merchant_id, reference, id) WHERE reference <> '';
CREATE INDEX movements_by_attempt ON movements (merchant_id, attempt_id) WHERE attempt_id IS NOT NULL;
REVOKE UPDATE, DELETE, TRUNCATE ON movements FROM svc_inventory;

-- Attempts of billing to take stock for a bill. RETURNED also stands for one that was undone before it arrived.
CREATE TABLE takes (
    merchant_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('TAKEN', 'RETURNED')),
    -- Digest of store, reference and lines; null for an attempt that never arrived.
    fingerprint bytea,
    create_time timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, attempt_id)
);
"""

_LISTS = """
CREATE TABLE shopping_lists (
    account_id uuid NOT NULL,
    id uuid NOT NULL,
    display_name text NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE TABLE shopping_list_items (
    account_id uuid NOT NULL,
    list_id uuid NOT NULL,
    id uuid NOT NULL,
    position integer NOT NULL,
    text text NOT NULL,
    state text NOT NULL CHECK (state IN ('RESOLVED', 'UNRESOLVED', 'CHOSEN')),
    product_key integer REFERENCES products,
    quantity numeric(14, 3) NOT NULL CHECK (quantity > 0),
    -- The next likely products, and how many of each the line would come to.
    candidate_keys integer[] NOT NULL,
    candidate_quantities numeric(14, 3)[] NOT NULL,
    PRIMARY KEY (account_id, list_id, id),
    FOREIGN KEY (account_id, list_id) REFERENCES shopping_lists (account_id, id) ON DELETE CASCADE,
    CHECK ((product_key IS NULL) = (state = 'UNRESOLVED'))
);
"""


def upgrade() -> None:
    for statements in (_CATALOGUE, _STORES_AND_ITEMS, _STOCK, _LISTS):
        op.execute(statements)
    standard_tables()
    # Not on stock, items and store_places: the search reads them across merchants.
    tenant_policy("movements")
    tenant_policy("takes")
    tenant_policy("shopping_lists", "account_id")
    tenant_policy("shopping_list_items", "account_id")


def downgrade() -> None:
    raise NotImplementedError("a schema is dropped whole, never taken apart")
