"""No query can forget whose rows it may see.

A public function of services/<service>/store/ that takes a transaction takes the tenant right after it: `merchant_id`
or `account_id`. One that has no tenant says so, with the reason, on the line of its `def`: `# no tenant: …`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TRANSACTION = "tx"
_TENANTS = ("merchant_id", "account_id", "tenant_id", "tenant")
_EXCUSE = "# no tenant: "
_STORE_PARENT = 2


def faults(root: Path) -> Iterator[str]:
    """Name every store function whose signature leaves the tenant open."""
    for file in sorted((root / "services").rglob("*.py")):
        inside = file.relative_to(root / "services").parts
        if len(inside) > _STORE_PARENT and inside[1] == "store" and "migrations" not in inside:
            yield from (f"{file.relative_to(root)}:{fault}" for fault in _of_source(file.read_text(encoding="utf-8")))


def _of_source(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
            continue
        arguments = [*function.args.posonlyargs, *function.args.args]
        names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
        if not names or names[0] != _TRANSACTION or _is_excused(lines, function):
            continue
        if len(names) < _STORE_PARENT or names[1] not in _TENANTS:
            wanted = " or ".join(_TENANTS[:2])
            yield f"{function.lineno}: {function.name}() takes {wanted} right after tx, or says `{_EXCUSE}<reason>`"


def _is_excused(lines: list[str], function: ast.FunctionDef) -> bool:
    """Whether a line of the signature, from `def` to the colon that ends it, has the excuse with a reason."""
    signature = lines[function.lineno - 1 : function.body[0].lineno - 1] or [lines[function.lineno - 1]]
    return any(line.partition(_EXCUSE)[2].strip() for line in signature)
