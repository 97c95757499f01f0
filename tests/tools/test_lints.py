"""The house rules find what breaks them, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tools.lints import rules


def test_a_store_function_without_its_tenant_is_found(tmp_path: Path) -> None:
    file = tmp_path / "bills.py"
    file.write_text(
        "def load(tx, merchant_id, bill_id): ...\n"
        "def mine(tx, account_id): ...\n"
        "def everything(tx, bill_id): ...\n"
        "def by_token(tx, token):  # no tenant: the token is what finds it\n    ...\n"
        "def _helper(tx): ...\n"
        "def pure(row): ...\n",
        encoding="utf-8",
    )
    assert [breach.line for breach in rules.tenant_first([file])] == [3]


def test_a_long_file_is_found(tmp_path: Path) -> None:
    short, long = tmp_path / "short.py", tmp_path / "long.py"
    short.write_text("x = 1\n" * 400, encoding="utf-8")
    long.write_text("x = 1\n" * 401, encoding="utf-8")
    assert [breach.path for breach in rules.short_files([short, long])] == [long]
