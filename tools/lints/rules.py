"""The rules, each over the files it is given."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WATCHED = ("services", "tools", "tests", "bench")
_MAX_LINES = 400
_TENANTS = frozenset(("merchant_id", "account_id", "tenant"))
_EXEMPTION = "# no tenant:"


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken rule and where."""

    path: Path
    line: int
    text: str


def tenant_first(paths: Iterable[Path]) -> Iterator[Breach]:
    """Every public store function names its tenant right after the transaction, or says on its first line why not."""
    for path in paths:
        if "migrations" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            if names[:1] != ["tx"] or (len(names) > 1 and names[1] in _TENANTS):
                continue
            signature = "\n".join(lines[node.lineno - 1 : node.body[0].lineno - 1])
            if _EXEMPTION not in signature:
                yield Breach(
                    path, node.lineno, f"{node.name} takes no merchant_id or account_id after tx ({_EXEMPTION} why)"
                )


def short_files(paths: Iterable[Path]) -> Iterator[Breach]:
    """A file is read in one go: 400 lines at most."""
    for path in paths:
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > _MAX_LINES:
            yield Breach(path, _MAX_LINES, f"{count} lines; split it by noun at {_MAX_LINES}")
