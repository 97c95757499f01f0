"""Many clients at one bill and one series of numbers, through the whole system: nothing lost, doubled or overpaid."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.e2e.test_once import customer, draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.client.edge import Edge
    from tools.demo.flows import Shop

_CLIENTS = 8


def inr(units: int) -> dict[str, str]:
    """So many rupees."""
    return {"currencyCode": "INR", "units": str(units)}


def paise(money: Mapping[str, Any]) -> int:
    """An amount of INR as a number."""
    return int(money.get("units", 0)) * 100 + int(money.get("nanos", 0)) // 10_000_000


def post(edge: Edge, shop: Shop, path: str, body: dict[str, Any], request_id: str | None = None) -> dict[str, Any]:
    """A call that may be repeated."""
    query = {"requestId": request_id or str(uuid.uuid4())}
    return edge.json("POST", path, body, token=shop.token, query=query)


def new_bill(edge: Edge, shop: Shop, units: int, customer_id: str) -> dict[str, Any]:
    """An issued bill over so many rupees, without tax."""
    body = draft(customer_id)
    body["lines"][0]["unitPrice"] = inr(units)
    return post(edge, shop, f"/v1/bills/{post(edge, shop, '/v1/bills', body)['id']}:issue", {})


def payments_of(edge: Edge, shop: Shop, bill: dict[str, Any]) -> list[dict[str, Any]]:
    """All of the bill, page by page."""
    query = {"billId": bill["id"], "pageSize": "500", "pageToken": ""}
    listed: list[dict[str, Any]] = []
    while True:
        page = edge.json("GET", "/v1/payments", token=shop.token, query=query)
        listed += page.get("payments", [])
        query["pageToken"] = page.get("nextPageToken", "")
        if not query["pageToken"]:
            return listed


def require_paid_to_the_paisa(edge: Edge, shop: Shop, bill: dict[str, Any], payments: list[dict[str, Any]]) -> None:
    """All these payments are there and no other; they settle the bill and no more, and the rest is credit."""
    listed = payments_of(edge, shop, bill)
    assert sorted(payment["id"] for payment in listed) == sorted({payment["id"] for payment in payments})
    legs = [leg for payment in listed for leg in payment["legs"]]
    came, total = sum(paise(leg["amount"]) for leg in legs), paise(bill["totals"]["total"])
    assert sum(paise(leg["settled"]) for leg in legs) == min(came, total)
    assert sum(paise(leg["credited"]) for leg in legs) == max(came - total, 0)
    after = edge.json("GET", f"/v1/bills/{bill['id']}", token=shop.token)
    assert paise(after["totals"]["outstanding"]) == max(total - came, 0)
    # What the ledger has of the customer, whose only bill it is.
    (balance,) = edge.json("GET", f"/v1/customers/{bill['customerId']}", token=shop.token)["balances"]
    assert (paise(balance["owed"]), paise(balance["credit"])) == (max(total - came, 0), max(came - total, 0))


def test_eight_clients_pay_one_bill_at_once_and_each_says_it_twice(edge: Edge, indian_shop: Shop) -> None:
    bill = new_bill(edge, indian_shop, 1_000, customer(edge, indian_shop))
    request_ids = [str(uuid.uuid4()) for _ in range(_CLIENTS)]

    def pay(number: int) -> dict[str, Any]:
        client = number // 2
        upi = {"utr": f"4{uuid.UUID(request_ids[client]).int % 10**11:011}"}
        legs = [{"amount": inr(150), "cash": {}}, {"amount": inr(50 + client), "upi": upi}]
        path = f"/v1/bills/{bill['id']}/payments"
        return post(edge, indian_shop, path, {"legs": legs}, request_ids[client])

    with ThreadPoolExecutor(2 * _CLIENTS) as pool:
        payments = list(pool.map(pay, range(2 * _CLIENTS)))
    assert payments[::2] == payments[1::2]
    assert len({payment["id"] for payment in payments}) == _CLIENTS
    require_paid_to_the_paisa(edge, indian_shop, bill, payments)


def test_two_issuers_at_once_leave_no_gap_and_no_number_twice(edge: Edge, indian_shop: Shop) -> None:
    customer_id = customer(edge, indian_shop)
    drafts = [post(edge, indian_shop, "/v1/bills", draft(customer_id)) for _ in range(12)]

    def issue(number: int) -> dict[str, Any]:
        return post(edge, indian_shop, f"/v1/bills/{drafts[number]['id']}:issue", {})

    with ThreadPoolExecutor(2) as pool:
        issued = list(pool.map(issue, range(len(drafts))))
    numbers = sorted(int(bill["number"].rpartition("/")[2]) for bill in issued)
    assert numbers == list(range(numbers[0], numbers[0] + len(drafts)))
    gaps = edge.json("GET", "/v1/reports/numbers", token=indian_shop.token, query={"onlyGaps": "true"})
    assert not gaps.get("numbers")
