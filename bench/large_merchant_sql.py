"""The statements that fill `bench.large_merchant`, in their order. `plan` has a row a bill, and the others read it."""

from __future__ import annotations

# Bill i of n: when, whose, of what. Its id is a UUIDv7 of its time with i at its end, its entries' beside it. Both
# lines come to whole paise of tax. One in 100 is void, four more are open (two of these in instalments), the others are
# paid by one of three methods. One customer in 10 is registered, every other of them in another state; of the others
# one in 20 lives there. A fifth of what registered customers buy has its second line credited a week later, and of
# what the others buy one in 100.
PLAN = """
CREATE UNLOGGED TABLE plan AS
SELECT i, moment, (moment AT TIME ZONE 'Asia/Kolkata')::date AS day,
    (prefix || '70008000' || tail)::uuid AS bill_id, (prefix || '70018000' || tail)::uuid AS issue_id,
    (prefix || '70028000' || tail)::uuid AS second_id, (prefix || '70038000' || tail)::uuid AS payment_id,
    customer, customer %% 10 = 0 AS registered, customer %% 20 IN (10, 19) AS between,
    10000 * (1 + i %% 50) AS net18, 4000 * (1 + i %% 7) AS net5,
    CASE WHEN i %% 100 = 0 THEN 'VOID' WHEN i %% 100 < 5 THEN 'ISSUED' ELSE 'PAID' END AS state,
    i %% 100 IN (2, 3) AS in_parts, (ARRAY['CASH', 'CARD', 'UPI'])[1 + i %% 3] AS method, i %% 10 AS store,
    i %% 20 AS cashier, i %% 500 AS item, 250 + i %% 500 AS other_item, note_moment,
    (note_moment AT TIME ZONE 'Asia/Kolkata')::date AS note_day,
    (note_prefix || '70048000' || tail)::uuid AS note_id, (note_prefix || '70058000' || tail)::uuid AS note_entry_id
FROM (
    SELECT *, lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') AS prefix,
        lpad(to_hex((extract(epoch FROM note_moment) * 1000)::bigint), 12, '0') AS note_prefix,
        lpad(to_hex(i), 12, '0') AS tail
    FROM (
        SELECT *, CASE WHEN i %% 100 <> 0 AND moment < now() - interval '8 days'
            AND CASE customer %% 10 WHEN 0 THEN i %% 10 IN (1, 2) ELSE i %% 100 = 51 END
            THEN moment + interval '7 days' END AS note_moment
        FROM (
            SELECT i, (hashint4(i) & 2147483647) %% %(customers)s AS customer, date_trunc('milliseconds',
                now() - interval '365 days' + i * interval '364 days' / %(bills)s) AS moment
            FROM generate_series(1, %(bills)s) AS i
        ) AS timed
    ) AS noted
) AS named;
ALTER TABLE plan ADD COLUMN customer_id uuid, ADD COLUMN place text, ADD COLUMN total bigint, ADD COLUMN total5 bigint,
    ADD COLUMN parts18 jsonb, ADD COLUMN parts5 jsonb, ADD COLUMN note_number integer;
UPDATE plan SET customer_id = md5('customer' || customer)::uuid, place = CASE WHEN between THEN '27' ELSE '29' END,
    total = net18 * 118 / 100 + net5 * 105 / 100, total5 = net5 * 105 / 100,
    state = CASE WHEN state = 'ISSUED' AND note_id IS NOT NULL THEN 'PARTLY_PAID' ELSE state END,
    parts18 = CASE WHEN between
        THEN jsonb_build_array(jsonb_build_array('IGST', 'IGST 18%%', '18', net18, net18 * 18 / 100))
        ELSE jsonb_build_array(jsonb_build_array('CGST', 'CGST 9%%', '9', net18, net18 * 9 / 100),
            jsonb_build_array('SGST', 'SGST 9%%', '9', net18, net18 * 9 / 100)) END,
    parts5 = CASE WHEN between
        THEN jsonb_build_array(jsonb_build_array('IGST', 'IGST 5%%', '5', net5, net5 * 5 / 100))
        ELSE jsonb_build_array(jsonb_build_array('CGST', 'CGST 2.5%%', '2.5', net5, net5 * 25 / 1000),
            jsonb_build_array('SGST', 'SGST 2.5%%', '2.5', net5, net5 * 25 / 1000)) END;
UPDATE plan p SET note_number = n.number
FROM (SELECT i, row_number() OVER (ORDER BY note_moment, i) AS number FROM plan WHERE note_id IS NOT NULL) AS n
WHERE n.i = p.i;
CREATE UNLOGGED TABLE sealed (bill_id uuid, tax_id bytea);
ANALYZE plan;
"""
SETTINGS = """
INSERT INTO settings (merchant_id, country_code, time_zone, business_name, address, currency, tax_regime, tax_id,
    region_code, default_tax_code, custom_tax_codes, upi_vpa, series_prefix, financial_year_start_month, coin_minor,
    payment_terms_days, locale)
VALUES (%(merchant)s, 'IN', 'Asia/Kolkata', 'Large', '', 'INR', 'IN_GST', '29AAGCB7383J1Z4', '29', 'GST18', '[]', '',
    'INV', 4, 0, 30, 'en-IN');
INSERT INTO customers (merchant_id, id, display_name, region_code, locale, note, create_time)
SELECT %(merchant)s, md5('customer' || n)::uuid, 'Customer ' || n,
    CASE WHEN n %% 20 IN (10, 19) THEN '27' ELSE '29' END, '', '', now()
FROM generate_series(0, %(customers)s - 1) AS n;
"""
BILLS = """
ANALYZE sealed;
INSERT INTO bills (merchant_id, id, customer_id, customer_name, customer_tax_id, store_id, state, number, currency,
    discount_minor, place_of_supply, supply_named, due_date, note, net_minor, taxes, rounding_minor, total_minor,
    settled_minor, credited_minor, create_time, issue_time, issue_date, void_time, issue_account_id, document,
    instalments)
SELECT %(merchant)s, bill_id, customer_id, 'Customer ' || customer, tax_id, md5('store' || store)::uuid, state,
    'INV/ALL/' || lpad(i::text, 7, '0'), 'INR', 0, place, false, day + CASE WHEN in_parts THEN 90 ELSE 30 END, '',
    net18 + net5, parts18 || parts5, 0, total, CASE state WHEN 'PAID' THEN total ELSE 0 END,
    CASE state WHEN 'PARTLY_PAID' THEN total5 ELSE 0 END, moment, moment, day, CASE state WHEN 'VOID' THEN moment END,
    md5('cashier' || cashier)::uuid, 'TAX_INVOICE',
    CASE WHEN in_parts THEN jsonb_build_array(jsonb_build_array(day + 30, total / 3, total / 3),
        jsonb_build_array(day + 60, total / 3, total / 3 * 2),
        jsonb_build_array(day + 90, total - total / 3 * 2, total)) END
FROM plan LEFT JOIN sealed USING (bill_id) ORDER BY i;
INSERT INTO bill_lines (merchant_id, bill_id, position, item_id, description, quantity, unit_code, unit_price_minor,
    price_includes_tax, discount_minor, tax_code, hsn_code, net_minor, taxes)
SELECT %(merchant)s, bill_id, position, md5('item' || thing)::uuid, 'Item ' || thing, 1, 'EA', net, false, 0, code,
    hsn, net, parts
FROM plan CROSS JOIN LATERAL (VALUES
    (1::smallint, item, 'GST18', '8517', net18, parts18), (2::smallint, other_item, 'GST5', '1006', net5, parts5)
) AS line (position, thing, code, hsn, net, parts)
ORDER BY i, position;
INSERT INTO bill_numbers (merchant_id, prefix, financial_year, sequence, number, bill_id)
SELECT %(merchant)s, 'INV', 'ALL', i, 'INV/ALL/' || lpad(i::text, 7, '0'), bill_id FROM plan ORDER BY i;
INSERT INTO number_series VALUES (%(merchant)s, 'INV', 'ALL', %(bills)s);
"""
PAYMENTS = """
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
CREDIT_NOTES = """
INSERT INTO credit_notes (merchant_id, id, bill_id, customer_id, number, currency, reason, restock, net_minor, taxes,
    rounding_minor, total_minor, applied_minor, to_credit_minor, issue_date, create_time, create_account_id)
SELECT %(merchant)s, note_id, bill_id, customer_id, 'INVC/ALL/' || lpad(note_number::text, 7, '0'), 'INR', 'Came back',
    false, net5, parts5, 0, total5, CASE state WHEN 'PAID' THEN 0 ELSE total5 END,
    CASE state WHEN 'PAID' THEN total5 ELSE 0 END, note_day, note_moment, md5('cashier' || cashier)::uuid
FROM plan WHERE note_id IS NOT NULL ORDER BY note_number;
INSERT INTO credit_note_lines (merchant_id, credit_note_id, position, bill_id, bill_position, quantity, net_minor,
    taxes)
SELECT %(merchant)s, note_id, 1, bill_id, 2, 1, net5, parts5
FROM plan WHERE note_id IS NOT NULL ORDER BY note_number;
INSERT INTO credit_note_numbers (merchant_id, prefix, financial_year, sequence, number, credit_note_id)
SELECT %(merchant)s, 'INVC', 'ALL', note_number, 'INVC/ALL/' || lpad(note_number::text, 7, '0'), note_id
FROM plan WHERE note_id IS NOT NULL ORDER BY note_number;
INSERT INTO credit_note_series SELECT %(merchant)s, 'INVC', 'ALL', max(note_number) FROM plan;
"""
# Entries in the order of their ids, as they would have come.
LEDGER = """
INSERT INTO ledger_entries (merchant_id, id, kind, bill_id, payment_id, credit_note_id, entry_date, create_time)
SELECT %(merchant)s, id, kind, bill_id, payment, note, on_day, at
FROM plan CROSS JOIN LATERAL (
    SELECT issue_id AS id, 'BILL_ISSUED' AS kind, NULL::uuid AS payment, NULL::uuid AS note, day AS on_day, moment AS at
    UNION ALL SELECT second_id, 'PAYMENT_RECEIVED', payment_id, NULL, day, moment WHERE state = 'PAID'
    UNION ALL SELECT second_id, 'BILL_VOIDED', NULL, NULL, day, moment WHERE state = 'VOID'
    UNION ALL SELECT note_entry_id, 'CREDIT_NOTE_ISSUED', NULL, note_id, note_day, note_moment
    WHERE note_id IS NOT NULL
) AS event ORDER BY id;
INSERT INTO ledger_postings (merchant_id, entry_id, position, account_id, amount_minor, currency)
SELECT %(merchant)s, entry_id, position, a.id, amount, 'INR'
FROM plan CROSS JOIN LATERAL (
    SELECT CASE sign WHEN 1 THEN issue_id ELSE second_id END AS entry_id, position, code, sign * amount AS amount
    FROM (
        SELECT 1::smallint AS position, 'RECEIVABLE' AS code, total AS amount
        UNION ALL SELECT 2, 'SALES', -net18 - net5
        UNION ALL SELECT 3, 'TAX:IGST', -net18 * 18 / 100 - net5 * 5 / 100 WHERE between
        UNION ALL SELECT 3, 'TAX:CGST', -net18 * 9 / 100 - net5 * 25 / 1000 WHERE NOT between
        UNION ALL SELECT 4, 'TAX:SGST', -net18 * 9 / 100 - net5 * 25 / 1000 WHERE NOT between
    ) AS sold CROSS JOIN (VALUES (1), (-1)) AS way (sign)
    WHERE sign = 1 OR state = 'VOID'
    UNION ALL
    SELECT second_id, position, code, amount
    FROM (VALUES (1::smallint, 'MONEY:' || method, total), (2, 'RECEIVABLE', -total)) AS paid (position, code, amount)
    WHERE state = 'PAID'
    UNION ALL
    SELECT note_entry_id, position, code, amount FROM (
        SELECT 1::smallint AS position, 'SALES' AS code, net5 AS amount
        UNION ALL SELECT 2, 'TAX:IGST', net5 * 5 / 100 WHERE between
        UNION ALL SELECT 2, 'TAX:CGST', net5 * 25 / 1000 WHERE NOT between
        UNION ALL SELECT 3, 'TAX:SGST', net5 * 25 / 1000 WHERE NOT between
        UNION ALL SELECT 4, CASE state WHEN 'PAID' THEN 'CUSTOMER_CREDIT' ELSE 'RECEIVABLE' END, -total5
    ) AS taken_back WHERE note_id IS NOT NULL
) AS posted
JOIN ledger_accounts a ON a.merchant_id = %(merchant)s AND a.code = posted.code AND coalesce(a.party_id, a.merchant_id)
    = CASE WHEN posted.code IN ('RECEIVABLE', 'CUSTOMER_CREDIT') THEN customer_id ELSE %(merchant)s END
ORDER BY entry_id, position;
"""
ACCOUNTS = "INSERT INTO ledger_accounts (merchant_id, id, code, party_id, currency) VALUES %s"
