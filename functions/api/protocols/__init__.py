"""TensorFlow Serving's REST API and the Open Inference Protocol, imported by the first request for them."""

from functools import cached_property
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from api.settings import Settings
from digits.recognize import Reader

PATHS: Final = ("/v1/{rest:path}", "/v2", "/v2/{rest:path}")


class Protocols:
    """An ASGI application that costs nothing until it is asked for the first time."""

    def __init__(self, reader: Reader, settings: Settings) -> None:
        self._reader, self._settings = reader, settings

    @cached_property
    def app(self) -> FastAPI:
        """The application behind both protocols; made when first used."""
        from api.protocols.application import make  # noqa: PLC0415 - to keep it off the cold path

        return make(self._reader, self._settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        await self.app(scope, receive, send)
