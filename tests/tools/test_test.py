"""Which tests need a running system."""

from __future__ import annotations

import pytest

from tools.stack.state import ROOT
from tools.test import STACK_TESTS, needs_stack


@pytest.mark.parametrize(
    "arguments", [[], ["-x"], ["tests"], ["tests/e2e"], ["-k", "bill"], ["tests/tools", "tests/e2e"]]
)
def test_asking_for_all_or_for_end_to_end_tests_needs_the_stack(arguments: list[str]) -> None:
    assert needs_stack(arguments) == any((ROOT / folder).exists() for folder in STACK_TESTS)


@pytest.mark.parametrize("arguments", [["tests/tools"], ["tests/tools/test_test.py::test_x", "-x"], ["tests/services"]])
def test_asking_for_others_does_not(arguments: list[str]) -> None:
    assert not needs_stack(arguments)
