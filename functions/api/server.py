"""The server outside of Lambda: `python -m api.server` serves on HOST and PORT with WORKERS processes."""

import os
import socket
import sys
from collections.abc import Mapping
from typing import Annotated

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

import api.settings
from api.wire import BoundedProtocol
from environment import SettingsError, read

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - hosts that stand for every address of the machine
# An address of documentation (RFC 5737): no packet goes there, the system only picks the way it would take.
_OUTSIDE = ("192.0.2.1", 9)


class Settings(BaseModel):
    """The server's settings; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"  # address to listen on; 0.0.0.0 is every one of the machine
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    workers: PositiveInt = 1  # processes; each holds a model of its own, about 80 MB


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that environment variables make; those unset or empty keep their default.

    Raises:
        environment.SettingsError: naming each bad variable and what it held.
    """
    return read(Settings, environment)


def addresses(host: str, port: int) -> list[str]:
    """Return the URLs that people can open: from this machine and, on every address, from others."""
    if host not in EVERYWHERE:
        return [f"http://{f'[{host}]' if ':' in host else host}:{port}"]
    return [f"http://127.0.0.1:{port}", *(f"http://{own}:{port}" for own in _own_address())]


def _own_address() -> list[str]:
    """Return the address by which other machines reach this one, if it has a network at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_OUTSIDE)
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def main() -> None:
    """Serve until a signal ends it."""
    try:
        settings = read_settings(os.environ)
        api.settings.read_settings(os.environ)  # the application's, before its processes start
    except SettingsError as error:
        sys.exit(f"The server cannot start. {error}")
    print("Digits answers on", " and ".join(addresses(settings.host, settings.port)), flush=True)  # noqa: T201
    uvicorn.run(
        "api.app:app",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=BoundedProtocol,
    )


if __name__ == "__main__":
    main()
