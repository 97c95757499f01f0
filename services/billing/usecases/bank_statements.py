"""Bank statements: files taken in, once each, their lines, and what these may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.billing.domain.audit import Action
from services.billing.domain.bank_reading import read
from services.billing.domain.bank_statement import BankStatement, Imported
from services.billing.domain.ids import BankStatementId
from services.billing.domain.matching import clues, propose
from services.billing.store import bank_statements as store
from services.billing.store.candidates import find_candidates
from services.billing.usecases import settings as settings_usecases
from services.kit import audit
from services.kit.ids import to_text
from services.kit.paging import Listed, cut, day_and_row_after, row_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.billing.domain.bank_statement import BankFile, Layout, LineState, StatementLine
    from services.billing.domain.ids import AccountId, MerchantId
    from services.billing.domain.matching import Proposal
    from services.billing.usecases.deps import Deps
    from services.kit.idempotency import M, Once
    from services.kit.paging import Page


def take_in(
    deps: Deps,
    merchant_id: MerchantId,
    content: bytes,
    *,
    layout: Callable[[str], Layout],
    account: str,
    by: AccountId | None,
    once: Once[Imported, M],
    encode: Callable[[Imported], M],
) -> M:
    """Takes in a file, of which nothing is taken in twice. With faults nothing is, and the request id stays free.

    `layout` is given the merchant's currency. Raises InvalidRequest if there is no reading the file, ReadersBusy.
    """
    settings = settings_usecases.get(deps, merchant_id)
    how = layout(settings.fields.currency)
    file = deps.files.read(read, content, how)
    if file.faults:
        return encode(Imported(file, None))
    with deps.db.transaction(merchant=merchant_id) as tx:
        answer = once.replay(tx)
        if answer is not None:
            return answer
        statement = _statement(deps, merchant_id, file, currency=how.currency, account=account, by=by)
        count = store.insert_statement(tx, merchant_id, statement, file.movements, vault=deps.vault, ids=deps.ids)
        target = to_text("bst", statement.id)
        audit.note(tx, deps, Action.STATEMENT_IMPORTED, merchant=merchant_id, target=target, lines=str(count))
        return once.record(tx, Imported(file, replace(statement, new_line_count=count)))


def list_statements(deps: Deps, merchant_id: MerchantId, *, page: Page) -> Listed[BankStatement]:
    """A page, the newest first."""
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_statements(tx, merchant_id, before=row_after(page), limit=page.size + 1)
    return cut(rows, page, key=lambda statement: (statement.id,))


def list_lines(
    deps: Deps, merchant_id: MerchantId, *, statement_id: BankStatementId | None, state: LineState | None, page: Page
) -> Listed[StatementLine]:
    """A page, the latest day first."""
    before, limit = day_and_row_after(page), page.size + 1
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_lines(
            tx, merchant_id, statement_id=statement_id, state=state, before=before, limit=limit, vault=deps.vault
        )
    return cut(rows, page, key=_key)


def list_matches(
    deps: Deps, merchant_id: MerchantId, *, statement_id: BankStatementId | None, page: Page
) -> Listed[tuple[StatementLine, tuple[Proposal, ...]]]:
    """Open lines of money that came in, the latest day first, with what they may be as things stand now."""
    before, limit = day_and_row_after(page), page.size + 1
    with deps.db.transaction(merchant=merchant_id) as tx:
        rows = store.list_lines(
            tx, merchant_id, statement_id=statement_id, to_place=True, before=before, limit=limit, vault=deps.vault
        )
        lines = cut(rows, page, key=_key)
        candidates = find_candidates(tx, merchant_id, lines.items, [clues(line) for line in lines.items])
    return Listed([(line, propose(line, candidates)) for line in lines.items], lines.next_page_token)


def _statement(
    deps: Deps, merchant_id: MerchantId, file: BankFile, *, currency: str, account: str, by: AccountId | None
) -> BankStatement:
    days = [movement.booking_date for movement in file.movements]
    return BankStatement(
        id=BankStatementId(deps.ids.new()),
        merchant_id=merchant_id,
        account=account,
        currency=currency,
        line_count=len(file.movements),
        new_line_count=0,
        first_date=min(days, default=None),
        last_date=max(days, default=None),
        create_time=deps.clock.now(),
        creator_id=by,
    )


def _key(line: StatementLine) -> tuple[object, ...]:
    return line.booking_date, line.id
