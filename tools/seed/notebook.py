"""What the seed has done so far, so that it can go on after an interruption, and who can sign in afterwards."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.stack.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Notebook:
    """demo.json. Request ids are made of `namespace`: what was already done answers as it did the first time."""

    file: Path
    namespace: uuid.UUID
    # By role: merchant-fi, merchant-in, shopper.
    sign_ins: dict[str, dict[str, Any]]
    # The size of the seed that is complete; empty while none is.
    done: str = ""

    @classmethod
    def open(cls, file: Path) -> Notebook:
        """Read what there is, or begin."""
        if not file.exists():
            return cls(file, uuid.uuid4(), {})
        known = json.loads(file.read_text(encoding="utf-8"))
        sign_ins = {sign_in["role"]: sign_in for sign_in in known["sign_ins"]}
        return cls(file, uuid.UUID(known["namespace"]), sign_ins, known["done"])

    def request_id(self, *names: str) -> str:
        """Return the request id of one step; the same names give the same id."""
        return str(uuid.uuid5(self.namespace, "/".join(names)))

    def note(self, role: str, **fields: str) -> dict[str, Any]:
        """Remember fields of a sign-in at once; returns all that is known of it."""
        sign_in = self.sign_ins.setdefault(role, {"role": role})
        sign_in.update(fields)
        self.save()
        return sign_in

    def save(self) -> None:
        """Write everything down."""
        known = {"namespace": str(self.namespace), "done": self.done, "sign_ins": list(self.sign_ins.values())}
        write_atomically(self.file, json.dumps(known, indent=2, ensure_ascii=False) + "\n")


def new_password() -> str:
    """Return a password that can be typed: three groups of letters and digits, 71 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(3))
