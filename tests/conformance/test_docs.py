"""docs/oauth.md works as it stands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conformance.desk import Desk

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DOCS = Path(__file__).parents[2] / "docs" / "oauth.md"


def test_its_shell_runs(desk: Desk) -> None:
    # Its owner has signed in at most five minutes ago.
    desk.person.step_up()
    script = "\n".join(_BLOCK.findall(_DOCS.read_text(encoding="utf-8")))
    given = {
        "EDGE": desk.edge.url,
        "CA": str(desk.ca),
        "OWNER": desk.person.token(desk.merchant_id),
        "PERSON": desk.person.token(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    with subprocess.Popen(
        ["/bin/sh", "-c", script],
        env=given,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as shell:
        assert shell.stdin is not None
        assert shell.stdout is not None
        said = []
        for line in shell.stdout:
            said.append(line.strip())
            if "/oauth2/authorize?" in line:
                shell.stdin.write(desk.browse(line.strip(), allow=True) + "\n")
                shell.stdin.flush()
        assert shell.wait() == 0, said
    # Who signed in; the device let in, and its tokens; before and after the revocation.
    assert "Aino Virtanen" in said
    assert said[-5:] == ["Ledger Sync", "DEVICE_GRANT_STATE_ALLOWED", "openid profile", "True", "False"]
