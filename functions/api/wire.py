"""HTTP as the server outside of Lambda reads it: by uvicorn, a head bounded in bytes and in time."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 65_536  # of a path, headers, trailers or a chunk's extension; browsers send a few thousand
HEAD_SECONDS = 30  # for a head to come in; it fits into one packet as a rule


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when its client sends much, or takes long, and says nothing."""

    _is_told = False  # whether the last bytes told the application anything
    _untold = 0  # bytes since then
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take a connection, whose first head may take HEAD_SECONDS."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection go."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and close where too many of them told nothing."""
        self._is_told = False
        super().data_received(data)
        self._untold = 0 if self._is_told else self._untold + len(data)
        if self._untold > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"A head may have {MAX_HEAD_BYTES:,} bytes. Received: more")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._is_told = True
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body on."""
        self._is_told = True
        super().on_body(body)

    def _expect_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
