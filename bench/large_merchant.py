"""A large merchant for benchmarks: a year of bills, paid in one go or open or voided, made inside PostgreSQL.

Consistent down to the ledger: `services.billing.usecases.invariants.check` finds nothing wrong with it.
"""

from __future__ import annotations

import base64
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extras import execute_values

from services.billing.composition import NAME, dependencies
from services.billing.config import BillingSettings
from services.billing.domain.ids import CustomerId, MerchantId
from services.billing.domain.ledger import Account
from services.kit import migrations, provision
from services.kit.mesh import Mesh
from tools import certs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection

    from services.billing.usecases.deps import Deps
    from tools.cluster import Cluster

MERCHANT = MerchantId(uuid.UUID("01900000-0000-7000-8000-0000000000b1"))
_PASSWORD = "bench"  # noqa: S105 - of a cluster on loopback that lives for minutes
_CUSTOMERS = 20_000
_KEY = base64.b64encode(b"b" * 32).decode()

# Bill i of n: when, whose, of what. Its id is a UUIDv7 of its time with i at its end, its entries' beside it. Both
# lines come to whole paise of tax. One in 100 is void, four more are open, the others are paid by one of three methods.
_PLAN = """
CREATE UNLOGGED TABLE plan AS
SELECT i, moment, (moment AT TIME ZONE 'Asia/Kolkata')::date AS day,
    (prefix || '70008000' || tail)::uuid AS bill_id, (prefix || '70018000' || tail)::uuid AS issue_id,
    (prefix || '70028000' || tail)::uuid AS second_id, (prefix || '70038000' || tail)::uuid AS payment_id,
    (hashint4(i) & 2147483647) %% %(customers)s AS customer, 10000 * (1 + i %% 50) AS net18,
    4000 * (1 + i %% 7) AS net5,
    CASE WHEN i %% 100 = 0 THEN 'VOID' WHEN i %% 100 < 5 THEN 'ISSUED' ELSE 'PAID' END AS state,
    (ARRAY['CASH', 'CARD', 'UPI'])[1 + i %% 3] AS method, i %% 10 AS store, i %% 20 AS cashier,
    i %% 500 AS item, 250 + i %% 500 AS other_item
FROM (
    SELECT i, moment, lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') AS prefix,
        lpad(to_hex(i), 12, '0') AS tail
    FROM (
        SELECT i, date_trunc('milliseconds', now() - interval '365 days' + i * interval '364 days' / %(bills)s)
            AS moment
        FROM generate_series(1, %(bills)s) AS i
    ) AS timed
) AS named;
ALTER TABLE plan ADD COLUMN customer_id uuid, ADD COLUMN total bigint;
UPDATE plan SET customer_id = md5('customer' || customer)::uuid, total = net18 * 118 / 100 + net5 * 105 / 100;
ANALYZE plan;
"""
_SETTINGS = """
INSERT INTO settings (merchant_id, country_code, time_zone, business_name, address, currency, tax_regime, tax_id,
    region_code, default_tax_code, custom_tax_codes, upi_vpa, series_prefix, financial_year_start_month, coin_minor,
    payment_terms_days, locale)
VALUES (%(merchant)s, 'IN', 'Asia/Kolkata', 'Large', '', 'INR', 'IN_GST', '29AAGCB7383J1Z4', '29', 'GST18', '[]', '',
    'INV', 4, 0, 30, 'en-IN');
INSERT INTO customers (merchant_id, id, display_name, region_code, locale, note, create_time)
SELECT %(merchant)s, md5('customer' || n)::uuid, 'Customer ' || n, '', '', '', now()
FROM generate_series(0, %(customers)s - 1) AS n;
"""
_BILLS = """
INSERT INTO bills (merchant_id, id, customer_id, customer_name, store_id, state, number, currency, discount_minor,
    place_of_supply, supply_named, due_date, note, net_minor, taxes, rounding_minor, total_minor, settled_minor,
    create_time, issue_time, issue_date, void_time, issue_account_id)
SELECT %(merchant)s, bill_id, customer_id, 'Customer ' || customer, md5('store' || store)::uuid, state,
    'INV/ALL/' || lpad(i::text, 7, '0'), 'INR', 0, '29', false, day + 30, '', net18 + net5,
    jsonb_build_array(jsonb_build_array('CGST', 'CGST 9%%', '9', net18, net18 * 9 / 100),
        jsonb_build_array('SGST', 'SGST 9%%', '9', net18, net18 * 9 / 100),
        jsonb_build_array('CGST', 'CGST 2.5%%', '2.5', net5, net5 * 25 / 1000),
        jsonb_build_array('SGST', 'SGST 2.5%%', '2.5', net5, net5 * 25 / 1000)),
    0, total, CASE state WHEN 'PAID' THEN total ELSE 0 END, moment, moment, day,
    CASE state WHEN 'VOID' THEN moment END, md5('cashier' || cashier)::uuid
FROM plan ORDER BY i;
INSERT INTO bill_lines (merchant_id, bill_id, position, item_id, description, quantity, unit_code, unit_price_minor,
    price_includes_tax, discount_minor, tax_code, hsn_code, net_minor, taxes)
SELECT %(merchant)s, bill_id, position, md5('item' || thing)::uuid, 'Item ' || thing, 1, 'EA', net, false, 0, code,
    hsn, net,
    jsonb_build_array(jsonb_build_array('CGST', 'CGST ' || rate || '%%', rate::text, net, tax),
        jsonb_build_array('SGST', 'SGST ' || rate || '%%', rate::text, net, tax))
FROM plan CROSS JOIN LATERAL (VALUES
    (1::smallint, item, 'GST18', '8517', net18, net18 * 9 / 100, 9::numeric),
    (2::smallint, other_item, 'GST5', '1006', net5, net5 * 25 / 1000, 2.5)
) AS line (position, thing, code, hsn, net, tax, rate)
ORDER BY i, position;
INSERT INTO bill_numbers (merchant_id, prefix, financial_year, sequence, number, bill_id)
SELECT %(merchant)s, 'INV', 'ALL', i, 'INV/ALL/' || lpad(i::text, 7, '0'), bill_id FROM plan ORDER BY i;
INSERT INTO number_series VALUES (%(merchant)s, 'INV', 'ALL', %(bills)s);
"""
_PAYMENTS = """
INSERT INTO payments (merchant_id, id, bill_id, customer_id, currency, note, source, bill_state, bill_outstanding_minor,
    create_time, record_account_id)
SELECT %(merchant)s, payment_id, bill_id, customer_id, 'INR', '', 'MERCHANT', 'PAID', 0, moment,
    md5('cashier' || cashier)::uuid
FROM plan WHERE state = 'PAID' ORDER BY i;
INSERT INTO payment_legs (merchant_id, payment_id, position, id, bill_id, method, state, amount_minor, settled_minor,
    credited_minor, outstanding_after_minor, utr, card_last_four, card_approval_code)
SELECT %(merchant)s, payment_id, 1, payment_id, bill_id, method, 'RECORDED', total, total, 0, 0,
    CASE method WHEN 'UPI' THEN 'UTR' || i END, CASE method WHEN 'CARD' THEN '4242' END,
    CASE method WHEN 'CARD' THEN 'A1' END
FROM plan WHERE state = 'PAID' ORDER BY i;
"""
# Entries in the order of their ids, as they would have come.
_LEDGER = """
INSERT INTO ledger_entries (merchant_id, id, kind, bill_id, payment_id, entry_date, create_time)
SELECT %(merchant)s, id, kind, bill_id, payment, day, moment
FROM plan CROSS JOIN LATERAL (
    SELECT issue_id AS id, 'BILL_ISSUED' AS kind, NULL::uuid AS payment
    UNION ALL SELECT second_id, 'PAYMENT_RECEIVED', payment_id WHERE state = 'PAID'
    UNION ALL SELECT second_id, 'BILL_VOIDED', NULL WHERE state = 'VOID'
) AS event ORDER BY i, id;
INSERT INTO ledger_postings (merchant_id, entry_id, position, account_id, amount_minor, currency)
SELECT %(merchant)s, entry_id, position, a.id, amount, 'INR'
FROM plan CROSS JOIN LATERAL (
    SELECT CASE sign WHEN 1 THEN issue_id ELSE second_id END AS entry_id, position, code, sign * amount AS amount
    FROM (VALUES (1::smallint, 'RECEIVABLE', total), (2, 'SALES', -net18 - net5),
            (3, 'TAX:CGST', -net18 * 9 / 100 - net5 * 25 / 1000), (4, 'TAX:SGST', -net18 * 9 / 100 - net5 * 25 / 1000)
        ) AS sold (position, code, amount)
        CROSS JOIN (VALUES (1), (-1)) AS way (sign)
    WHERE sign = 1 OR state = 'VOID'
    UNION ALL
    SELECT second_id, position, code, amount
    FROM (VALUES (1::smallint, 'MONEY:' || method, total), (2, 'RECEIVABLE', -total)) AS paid (position, code, amount)
    WHERE state = 'PAID'
) AS posted
JOIN ledger_accounts a ON a.merchant_id = %(merchant)s AND a.code = posted.code
    AND coalesce(a.party_id, a.merchant_id) = CASE posted.code WHEN 'RECEIVABLE' THEN customer_id ELSE %(merchant)s END
ORDER BY i, entry_id, position;
"""
_ACCOUNTS = "INSERT INTO ledger_accounts (merchant_id, id, code, party_id, currency) VALUES %s"
_OWN = ("SALES", "TAX:CGST", "TAX:SGST", "MONEY:CASH", "MONEY:CARD", "MONEY:UPI")


@dataclass(frozen=True, slots=True)
class LargeMerchant:
    """The merchant's service, without its peers, and a superuser's session beside it."""

    deps: Deps
    superuser: connection


@contextmanager
def large_merchant(cluster: Cluster, folder: Path, *, bills: int) -> Iterator[LargeMerchant]:
    """Starts the cluster, makes the schema and fills it. `folder` takes certificates."""
    session = psycopg2.connect(cluster.start())
    session.autocommit = True
    with session.cursor() as rows:
        rows.execute("CREATE DATABASE billmesh")
    session.close()
    superuser_dsn = cluster.dsn("billmesh")
    passwords = {NAME: _PASSWORD}
    provision.provision(superuser_dsn, owner_passwords=passwords, service_passwords=passwords)
    login = f"127.0.0.1:{cluster.port}/billmesh"
    migrations.upgrade(NAME, f"postgresql://owner_{NAME}:{_PASSWORD}@{login}")
    certs.ensure_certificates(folder, services=provision.SERVICES, now=datetime.now(UTC))
    settings = BillingSettings.model_validate(
        {
            "listen": "127.0.0.1:0",
            "database_url": f"postgresql://svc_{NAME}:{_PASSWORD}@{login}",
            "mesh_address": "127.0.0.1:1",
            "tls_dir": folder / NAME,
            "public_url": "https://bench.example",
            "master_keys": f"1:{_KEY}",
            "index_key": _KEY,
            "link_key": _KEY,
        }
    )
    superuser = psycopg2.connect(superuser_dsn, options="-c search_path=billing,public")
    superuser.autocommit = True
    mesh = Mesh(settings)
    deps = dependencies(settings, mesh)
    try:
        _fill(superuser, bills)
        yield LargeMerchant(deps, superuser)
    finally:
        deps.db.dispose()
        mesh.close()
        superuser.close()


def _fill(superuser: connection, bills: int) -> None:
    key = {"merchant": str(MERCHANT), "customers": _CUSTOMERS, "bills": bills}
    with superuser.cursor() as rows:
        rows.execute("SELECT make_partitions((now() - interval '13 months')::date, 12)")
        # Triggers and foreign keys would check what is right by construction.
        rows.execute("SET session_replication_role = replica")
        rows.execute(_PLAN, key)
        rows.execute(_SETTINGS, key)
        rows.execute("SELECT id FROM customers")
        parties = [CustomerId(uuid.UUID(str(found))) for (found,) in rows.fetchall()]
        accounts = [Account(code, None, "INR") for code in _OWN] + [
            Account("RECEIVABLE", id_, "INR") for id_ in parties
        ]
        values = [
            (str(MERCHANT), str(one.id(MERCHANT)), one.code, str(one.party) if one.party else None, one.currency)
            for one in accounts
        ]
        execute_values(rows, _ACCOUNTS, values, page_size=1000)
        rows.execute("ANALYZE ledger_accounts")
        for statements in (_BILLS, _PAYMENTS, _LEDGER):
            rows.execute(statements, key)
        rows.execute("DROP TABLE plan")
        rows.execute("SET session_replication_role = DEFAULT")
        rows.execute("VACUUM ANALYZE")
