"""How geo says no. Each reason is in billmesh/geo/v1/errors.proto."""

from __future__ import annotations

from datetime import timedelta

from services.kit.failure import Failure, FieldViolation, Kind


class StoreNotFound(Failure):
    """No such store of this merchant; a foreign one looks the same."""

    kind = Kind.NOT_FOUND
    reason = "STORE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such store.")


class StoreChanged(Failure):
    """The etag sent is old."""

    kind = Kind.CONFLICT
    reason = "STORE_CHANGED"

    def __init__(self, etag: str) -> None:
        super().__init__("The store was changed in between. Read it again, then repeat the change.", etag=etag)


class StoreCodeTaken(Failure):
    """Another store of the merchant has the external code."""

    kind = Kind.EXISTS
    reason = "STORE_CODE_TAKEN"

    def __init__(self, code: str) -> None:
        super().__init__(f"Another store has the external code {code}.", external_code=code)


class NothingWanted(Failure):
    """The shopping list names no product."""

    kind = Kind.PRECONDITION
    reason = "NOTHING_WANTED"

    def __init__(self) -> None:
        super().__init__("Nothing on the shopping list is a known product.")


class ListTooLong(Failure):
    """The shopping list has more products than a plan takes."""

    kind = Kind.PRECONDITION
    reason = "LIST_TOO_LONG"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The shopping list has more than {limit} products.", limit=str(limit))


class CurrencyMismatch(Failure):
    """An amount is not in the plan's currency, or finer than it."""

    kind = Kind.INVALID
    reason = "CURRENCY_MISMATCH"

    def __init__(self, field: str, currency: str) -> None:
        super().__init__(
            f"{field} must be an amount of {currency}.",
            fields=(FieldViolation(field, f"must be an amount of {currency}, in whole minor units"),),
            currency_code=currency,
        )


class TravelCostUnknown(Failure):
    """No usual travel cost is known in the currency."""

    kind = Kind.INVALID
    reason = "TRAVEL_COST_UNKNOWN"

    def __init__(self, currency: str) -> None:
        super().__init__(
            f"What travel usually costs in {currency} is not known here; say so in travel_cost.",
            fields=(FieldViolation("travel_cost", f"must name both costs for {currency}"),),
            currency_code=currency,
        )


class PlannerBusy(Failure):
    """Every place for a computation is taken, and so is the queue."""

    kind = Kind.EXHAUSTED
    reason = "PLANNER_BUSY"

    def __init__(self) -> None:
        super().__init__("Too many trips are being planned. Try again in a moment.", retry_after=timedelta(seconds=2))
