"""The clients for programs: one that blocks, one for asyncio; both take the steps of `exchange`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from digits_client import exchange
from digits_client.address import DEFAULT, base_url
from digits_client.exchange import Reply, Steps
from digits_client.pictures import Picture
from digits_client.readings import Outcome, Page, PageOutcome, Reading
from digits_client.transport import Transport

Result = TypeVar("Result")
Normalize = Literal["auto", "always", "never"]
Fields = Sequence[Mapping[str, Any]]  # of a form: {"name": …, "box": [x, y, width, height], "length": …}


class _Session:
    """What both clients are set up with, and the requests they make."""

    def __init__(
        self,
        server: str = DEFAULT,
        *,
        token: str | None = None,
        normalize: Normalize = "auto",
        batch_size: int = 32,
        retries: int = 5,
        timeout: float = 30.0,
    ) -> None:
        """Set up a client; nothing is sent yet.

        Args:
            server: its address, with or without scheme and slash at the end.
            token: sent as a bearer token.
            normalize: whether the server is to bring pictures to MNIST's format first.
            batch_size: pictures in one request at most; the server's own limit is 64 as a rule.
            retries: how often a request is sent again after 429, 5xx or no answer.
            timeout: seconds that one request may take, from the connection to the answer's last byte.
        """
        self.url = base_url(server)
        self._batch_size, self._retries = max(1, batch_size), retries
        self._transport = Transport(timeout)
        self._query = {} if normalize == "auto" else {"normalize": normalize}
        self._headers = {"accept": "application/json"} | (
            {"authorization": f"Bearer {token}"} if token else {}
        )

    def _classify(self, texts: list[str]) -> httpx.Request:
        body = {"requests": [{"image": text} for text in texts]}
        return self._request("POST", "mnist/classify", params=self._query, json=body)

    def _read(self, picture: Picture, length: int | None, fields: Fields | None) -> Steps[PageOutcome]:
        asked = {"length": length, "fields": fields}
        given = {name: value for name, value in asked.items() if value is not None}

        def make(text: str) -> httpx.Request:
            return self._request("POST", "read", json={"image": text, **given})

        return exchange.read(make, picture, self._retries)

    def _correct(self, picture: Picture, digit: int | None) -> Steps[str]:
        body = {"image": exchange.base64_text(picture), "class": digit}
        return exchange.correct(self._request("POST", "feedback", json=body), self._retries)

    def _request(self, method: str, path: str, **what: Any) -> httpx.Request:  # noqa: ANN401 - httpx's own
        return httpx.Request(method, self.url.join(path), headers=self._headers, **what)

    def _get(self, path: str) -> Steps[dict[str, Any]]:
        response = yield from exchange.ask(self._request("GET", path), self._retries)
        return exchange.document(response)


class Client(_Session):
    """A client that blocks.

    >>> with Client("http://127.0.0.1:8000") as digits:
    ...     digits.predict("seven.png").digit
    7
    """

    _portal: BlockingPortal | None = None

    def predict(self, picture: Picture) -> Reading:
        """Read one picture. Raises ImageRefused, ImageUnreadable, Refused, Unreachable."""
        return self.classify([picture])[0]

    def classify(self, pictures: Sequence[Picture]) -> list[Reading]:
        """Read pictures, in the order given; the first that cannot be read raises, as in `predict`."""
        return exchange.first(list(self.outcomes(pictures)))

    def outcomes(self, pictures: Sequence[Picture]) -> Iterator[Outcome]:
        """Read pictures, batch by batch; one that cannot be read gives its error. Raises as `predict`."""
        for batch in exchange.batches(pictures, self._batch_size):
            yield from self._take(exchange.classify(self._classify, batch, self._retries))

    def read(self, picture: Picture, *, length: int | None = None, fields: Fields | None = None) -> Page:
        """Read the numbers that are written in a picture. Raises as `predict`.

        Args:
            picture: of any number of lines.
            length: digits that each number has, where that is known.
            fields: where a form has something to read; then `Page.fields` holds the answer.
        """
        return exchange.first([self._take(self._read(picture, length, fields))])[0]

    def feedback(self, picture: Picture, digit: int | None) -> str:
        """Send what a picture should have been read as, None for no digit; return the picture's id."""
        return self._take(self._correct(picture, digit))

    def health(self) -> dict[str, Any]:
        """Ask whether the server answers, and with which model."""
        return self._take(self._get("health"))

    def model(self) -> dict[str, Any]:
        """Ask for the model's card."""
        return self._take(self._get("model"))

    def close(self) -> None:
        """Close the connections."""
        if self._portal is not None:
            self._portal.call(self._transport.close)
            self._portal = None
            self._stack.close()

    def __enter__(self) -> Self:
        """Use it in a `with` block, to have it closed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _take(self, steps: Steps[Result]) -> Result:
        reply: Reply = None
        try:
            while True:
                step, reply = steps.send(reply), None
                if isinstance(step, httpx.Request):
                    reply = self._send(step)
                else:
                    time.sleep(step)
        except StopIteration as stop:
            result: Result = stop.value
            return result

    def _send(self, request: httpx.Request) -> Reply:
        # An event loop in a thread: only it can bound a whole request, and it works inside a notebook's own.
        if self._portal is None:
            self._stack = ExitStack()
            self._portal = self._stack.enter_context(start_blocking_portal())
        return self._portal.call(self._transport.send, request)


class AsyncClient(_Session):
    """A client for asyncio, which sends up to `concurrency` batches at a time."""

    def __init__(self, server: str = DEFAULT, *, concurrency: int = 4, **options: Any) -> None:  # noqa: ANN401
        """Set up a client as `Client` is, with the number of requests that may be under way at once."""
        super().__init__(server, **options)
        self._concurrency = max(1, concurrency)

    async def predict(self, picture: Picture) -> Reading:
        """Read one picture. Raises ImageRefused, ImageUnreadable, Refused, Unreachable."""
        return (await self.classify([picture]))[0]

    async def classify(self, pictures: Sequence[Picture]) -> list[Reading]:
        """Read pictures, in the order given; the first that cannot be read raises, as in `predict`."""
        return exchange.first([outcome async for outcome in self.outcomes(pictures)])

    async def outcomes(self, pictures: Sequence[Picture]) -> AsyncIterator[Outcome]:
        """Read pictures, in the order given; one that cannot be read gives its error. Raises as `predict`."""
        batches = exchange.batches(pictures, self._batch_size)
        steps = (exchange.classify(self._classify, batch, self._retries) for batch in batches)
        async for outcomes in self._in_order(steps):
            for outcome in outcomes:
                yield outcome

    async def read(
        self, picture: Picture, *, length: int | None = None, fields: Fields | None = None
    ) -> Page:
        """Read the numbers that are written in a picture, as `Client.read`. Raises as `predict`."""
        return exchange.first([await self._take(self._read(picture, length, fields))])[0]

    async def pages(
        self, pictures: Sequence[Picture], *, length: int | None = None, fields: Fields | None = None
    ) -> AsyncIterator[PageOutcome]:
        """Read the numbers of pictures, in the order given; one that cannot be read gives its error."""
        steps = (self._read(picture, length, fields) for picture in pictures)
        async for outcome in self._in_order(steps):
            yield outcome

    async def feedback(self, picture: Picture, digit: int | None) -> str:
        """Send what a picture should have been read as, None for no digit; return the picture's id."""
        return await self._take(self._correct(picture, digit))

    async def _in_order(self, exchanges: Iterator[Steps[Result]]) -> AsyncIterator[Result]:
        """Have up to `concurrency` exchanges under way; yield their results in the order given."""
        under_way: list[asyncio.Task[Result]] = []
        try:
            while True:
                while len(under_way) < self._concurrency and (steps := next(exchanges, None)) is not None:
                    under_way.append(asyncio.create_task(self._take(steps)))
                if not under_way:
                    return
                yield await under_way.pop(0)
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def health(self) -> dict[str, Any]:
        """Ask whether the server answers, and with which model."""
        return await self._take(self._get("health"))

    async def model(self) -> dict[str, Any]:
        """Ask for the model's card."""
        return await self._take(self._get("model"))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        """Use it in an `async with` block, to have it closed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.aclose()

    async def _take(self, steps: Steps[Result]) -> Result:
        reply: Reply = None
        try:
            while True:
                step, reply = steps.send(reply), None
                if isinstance(step, httpx.Request):
                    reply = await self._transport.send(step)
                else:
                    await asyncio.sleep(step)
        except StopIteration as stop:
            result: Result = stop.value
            return result
