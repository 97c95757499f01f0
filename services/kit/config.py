"""Configuration: read once from the environment at start-up, typed, and passed on; nothing else reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Base64Bytes, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What every process is told. Each is an environment variable in upper case with the prefix BILLMESH_."""

    # A complaint about a variable ends in a log: it names the variable and not what is in it.
    model_config = SettingsConfigDict(env_prefix="BILLMESH_", frozen=True, extra="ignore", hide_input_in_errors=True)

    # host:port on which this process serves gRPC. Workers have none.
    listen: str = "127.0.0.1:0"
    # libpq URL of this service's own login role.
    database_url: SecretStr
    # host:port of Envoy's mesh listener.
    mesh_address: str
    # Folder with ca.pem, cert.pem and key.pem: this service's identity and whom it trusts.
    tls_dir: Path
    # Cache and shared counters; the system runs without, slower.
    redis_url: SecretStr | None = None
    # Origin of the edge as clients see it, without a slash at the end. It is also the token issuer.
    public_url: str
    # "aud" of the access tokens.
    audience: str = "billmesh"
    # "1:<base64>,2:<base64>", 32 bytes each. One wraps data keys; all can unwrap.
    master_keys: SecretStr
    # Version of the master key that wraps; 0: the highest. While processes are given a new key one after the other, the
    # old one goes on wrapping, which all of them can unwrap.
    wrapping_key: Annotated[int, Field(ge=0)] = 0
    # Base64, 32 bytes: key of the blind indexes.
    index_key: Annotated[Base64Bytes, Field(min_length=32)]
    log_level: str = "INFO"
    # Request threads; the connection pool has as many.
    threads: Annotated[int, Field(ge=1, le=64)] = 10
    # Seconds that a call without a deadline of its own may take.
    default_deadline: Annotated[float, Field(gt=0)] = 15.0
    # Seconds that a stream, such as the download of a long file, may take.
    stream_deadline: Annotated[float, Field(gt=0)] = 600.0
    # Seconds between the health check turning down and the listener closing, so that Envoy stops sending first.
    drain_delay: Annotated[float, Field(ge=0)] = 2.5
    # Seconds that calls in flight may still take once the listener is closed.
    drain_timeout: Annotated[float, Field(ge=0)] = 10.0
