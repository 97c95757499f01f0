"""The three flows, in the three dialects, as `make demo` shows them."""

from __future__ import annotations

from typing import Any

from tools.demo.__main__ import play


def test_the_three_flows_work_in_the_three_dialects(run: dict[str, Any]) -> None:
    play(run, quiet=True)
