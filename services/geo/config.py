"""What geo's processes are told beside what every process is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.kit.config import Settings

NAME = "geo"


class GeoSettings(Settings):
    """Each is an environment variable in upper case with the prefix BILLMESH_."""

    # Base URL of Valhalla; without it ways are estimated.
    valhalla_url: str | None = None
    # Trips computed at once in this process, and how many more may wait for a place before the caller is sent away.
    trip_places: Annotated[int, Field(ge=1, le=64)] = 2
    trip_waiting: Annotated[int, Field(ge=0, le=64)] = 6
    # Seconds for the proof that no trip is cheaper. When they are over the plan says how far it may be from the best.
    trip_proof_seconds: Annotated[float, Field(ge=0, le=60)] = 5.0
    # The most stores that one plan chooses among; tables of roads grow with their square.
    trip_stores: Annotated[int, Field(ge=1, le=150)] = 80
