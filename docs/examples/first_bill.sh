#!/bin/sh
# A first bill with curl, as JSON: a customer, a draft, the issued bill, what its public link shows.
set -eu
run=${BILLMESH_STATE:-.billmesh}/run.json
field() { .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
uuid() { cat /proc/sys/kernel/random/uuid; }
edge=$(field edge_url <"$run")
token=$(.venv/bin/python -m tools.token merchant-in)
call() { curl --silent --show-error --fail-with-body --cacert "$(field edge_ca <"$run")" "$@"; }
as_merchant() { call -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$@"; }

# The telephone number of a customer is theirs alone, so each run of this example makes a new one.
phone=+91$(shuf -i 6000000000-9999999999 -n 1)
customer=$(as_merchant "$edge/v1/customers" -H "Idempotency-Key: $(uuid)" \
  -d '{"displayName": "Asha Rao", "phone": "'"$phone"'"}' | field id)

bill=$(as_merchant "$edge/v1/bills" -H "Idempotency-Key: $(uuid)" -d '{
  "customerId": "'"$customer"'",
  "lines": [{
    "description": "Masala chai",
    "quantity": {"value": "2"},
    "unitPrice": {"currencyCode": "INR", "units": "20"},
    "priceIncludesTax": true,
    "taxCode": "GST5"
  }]
}' | field id)

link=$(as_merchant -X POST "$edge/v1/bills/$bill:issue" -H "Idempotency-Key: $(uuid)" -d '{}' | field publicUrl)

# No token here: whoever has the link may look.
call "$edge/v1/public/bills/${link##*/}"
