"""Demo data, made as anybody makes data: by signing up and calling the public API. There is no back door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.seed.notebook import Notebook

if TYPE_CHECKING:
    from tools.stack.state import State


class SeedError(Exception):
    """The system did not take the demo's data; the message says what it answered. Another start goes on from there."""


def is_needed(state: State) -> bool:
    """Tell whether this stack's demo is not yet complete."""
    return not state.demo.exists() or not Notebook.open(state.demo).done


def sow(state: State, description: dict[str, Any], *, size: str) -> None:
    """Make the demo's data in the stack that `description` (run.json) describes; goes on where it was interrupted.
    Raises SeedError.

    `size`: "full" for every everyday shop of the map, "small" for a dozen.
    """
    # What the seed imports is needed once in a stack's life.
    import grpc  # noqa: PLC0415
    import httpx  # noqa: PLC0415

    from tools.client.edge import Refused  # noqa: PLC0415
    from tools.seed.merchants import RowsRefused  # noqa: PLC0415
    from tools.seed.sow import sow as sow_all  # noqa: PLC0415

    try:
        sow_all(state, description, size=size)
    except (Refused, RowsRefused, grpc.RpcError, httpx.HTTPError, TimeoutError) as failure:
        raise SeedError(f"the demo's data was not taken: {failure}") from failure
