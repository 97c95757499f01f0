"""Customers from a file: every fault told at once; all rows written together, or all good ones, or none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from services.billing.domain import credit
from services.billing.domain.audit import Action
from services.billing.domain.customer import Customer
from services.billing.domain.customer_import import Imported, ImportMode, ImportResult, Outcome, RowFault
from services.billing.domain.errors import CustomerChanged
from services.billing.domain.ids import CustomerId
from services.billing.store import customer_imports as store
from services.billing.usecases import settings as settings_usecases
from services.billing.usecases.customers import placed
from services.kit import audit
from services.kit.failure import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from services.billing.domain.customer_import import ImportFile, ImportRow
    from services.billing.domain.ids import MerchantId
    from services.billing.domain.settings import MerchantSettings
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once


def run(
    deps: Deps,
    merchant_id: MerchantId,
    *,
    read: Callable[[MerchantSettings], ImportFile],
    mode: ImportMode,
    validate_only: bool,
    roles: frozenset[str],
    once: Once[ImportResult, M],
    encode: Callable[[ImportResult], M],
) -> M:
    """Writes what `read` finds in the file, and says everything that is wrong with it.

    What wrote nothing is not remembered: the mended file may come with the same request id. Raises InvalidRequest,
    CreditLimitDenied, ReadersBusy; CustomerChanged if another call takes one of the telephone numbers at the same
    moment.
    """
    settings = settings_usecases.get(deps, merchant_id)
    file = deps.files.read(read, settings)
    try:
        with deps.db.transaction(merchant=merchant_id) as tx:
            answer = once.replay(tx)
            if answer is not None:
                return answer
            plan = _plan(tx, merchant_id, file, settings, deps)
            if plan.sets_limits:
                credit.require_may_set(roles)
            result = ImportResult(file, tuple(plan.imported), tuple(sorted(plan.faults, key=lambda f: f.row)))
            if validate_only:
                raise _NothingWritten(_preview(result, plan))  # noqa: TRY301 - leaves the transaction, which is the point
            if not plan.imported or (plan.faults and mode is ImportMode.ALL_OR_NOTHING):
                raise _NothingWritten(replace(result, imported=()))  # noqa: TRY301
            _write(tx, merchant_id, plan, deps)
            counts = {name: str(result.count(outcome)) for name, outcome in _COUNTED}
            audit.note(tx, deps, Action.CUSTOMERS_IMPORTED, merchant=merchant_id, **counts)
            return once.record(tx, result)
    except _NothingWritten as outcome:
        return encode(outcome.result)


_COUNTED = (("created", Outcome.CREATED), ("updated", Outcome.UPDATED))


class _NothingWritten(Exception):
    """Ends the transaction without a trace, the claim on the request id included."""

    def __init__(self, result: ImportResult) -> None:
        super().__init__()
        self.result = result


@dataclass(slots=True)
class _Plan:
    """What is to be written."""

    faults: list[RowFault]
    new: list[Customer] = field(default_factory=list)
    changed: list[Customer] = field(default_factory=list)
    imported: list[Imported] = field(default_factory=list)
    sets_limits: bool = False


def _plan(tx: Connection, merchant_id: MerchantId, file: ImportFile, settings: MerchantSettings, deps: Deps) -> _Plan:
    plan = _Plan(list(file.faults))
    phones = {row.fields.phone for row in file.rows if row.fields.phone}
    known = {each.fields.phone: each for each in store.lock_by_phones(tx, merchant_id, sorted(phones), deps.vault)}
    seen: dict[str, int] = {}
    now = deps.clock.now()
    for row in file.rows:
        phone = row.fields.phone
        first = seen.setdefault(phone, row.number) if phone else row.number
        if first != row.number:
            plan.faults.append(_fault(row, file, "phone", f"is the number of row {first} already"))
            continue
        before = known.get(phone) if phone else None
        try:
            after = placed(row.onto(before.fields) if before else row.fields, settings)
        except InvalidRequest as error:
            plan.faults += [
                _fault(row, file, violation.field.removeprefix("customer."), violation.description)
                for violation in error.fields
            ]
            continue
        plan.sets_limits |= after.credit_limit != (before.fields.credit_limit if before else None)
        if before is None:
            customer = Customer(id=CustomerId(deps.ids.new()), merchant_id=merchant_id, fields=after, create_time=now)
            plan.new.append(customer)
            plan.imported.append(Imported(row.number, Outcome.CREATED, customer.id))
        elif after == before.fields:
            plan.imported.append(Imported(row.number, Outcome.UNCHANGED, before.id))
        else:
            plan.changed.append(replace(before, fields=after))
            plan.imported.append(Imported(row.number, Outcome.UPDATED, before.id))
    return plan


def _write(tx: Connection, merchant_id: MerchantId, plan: _Plan, deps: Deps) -> None:
    if store.insert_customers(tx, merchant_id, plan.new, deps.vault) != len(plan.new):
        raise CustomerChanged
    if store.update_customers(tx, merchant_id, plan.changed, deps.vault) != len(plan.changed):
        raise CustomerChanged


def _preview(result: ImportResult, plan: _Plan) -> ImportResult:
    """As it is told of what was not done: customers that do not exist have no ids."""
    new = {customer.id for customer in plan.new}
    shown = (replace(each, customer_id=None) if each.customer_id in new else each for each in result.imported)
    return replace(result, imported=tuple(shown))


def _fault(row: ImportRow, file: ImportFile, name: str, description: str) -> RowFault:
    return RowFault(row.number, file.columns.get(name, ""), name, description)
