"""The clients for programs: one that blocks, one for asyncio; both take the steps of `exchange`."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx

from digits_client import exchange
from digits_client.address import DEFAULT, base_url
from digits_client.exchange import Reply, Steps
from digits_client.pictures import Picture
from digits_client.readings import Outcome, Reading

Result = TypeVar("Result")
Normalize = Literal["auto", "always", "never"]


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
            timeout: seconds that one request may take.
        """
        self.url = base_url(server)
        self._batch_size, self._retries, self._timeout = max(1, batch_size), retries, timeout
        self._query = {} if normalize == "auto" else {"normalize": normalize}
        self._headers = {"accept": "application/json"} | (
            {"authorization": f"Bearer {token}"} if token else {}
        )

    def _classify(self, texts: list[str]) -> httpx.Request:
        body = {"requests": [{"image": text} for text in texts]}
        return self._request("POST", "mnist/classify", params=self._query, json=body)

    def _request(self, method: str, path: str, **what: Any) -> httpx.Request:  # noqa: ANN401 - httpx's own
        extensions = {"timeout": httpx.Timeout(self._timeout).as_dict()}
        return httpx.Request(
            method, self.url.join(path), headers=self._headers, extensions=extensions, **what
        )

    def _get(self, path: str) -> Steps[dict[str, Any]]:
        response = yield from exchange.ask(self._request("GET", path), self._retries)
        return exchange.document(response)


class Client(_Session):
    """A client that blocks.

    >>> with Client("http://127.0.0.1:8000") as digits:
    ...     digits.predict("seven.png").digit
    7
    """

    _http: httpx.Client | None = None

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

    def health(self) -> dict[str, Any]:
        """Ask whether the server answers, and with which model."""
        return self._take(self._get("health"))

    def model(self) -> dict[str, Any]:
        """Ask for the model's card."""
        return self._take(self._get("model"))

    def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

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
        if self._http is None:
            self._http = httpx.Client()
        try:
            return self._http.send(request)
        except httpx.TransportError as error:
            return error


class AsyncClient(_Session):
    """A client for asyncio, which sends up to `concurrency` batches at a time."""

    _http: httpx.AsyncClient | None = None

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
        under_way: list[asyncio.Task[list[Outcome]]] = []
        try:
            while True:
                while len(under_way) < self._concurrency and (batch := next(batches, None)) is not None:
                    steps = exchange.classify(self._classify, batch, self._retries)
                    under_way.append(asyncio.create_task(self._take(steps)))
                if not under_way:
                    return
                for outcome in await under_way.pop(0):
                    yield outcome
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
        if self._http is not None:
            await self._http.aclose()
            self._http = None

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
                    reply = await self._send(step)
                else:
                    await asyncio.sleep(step)
        except StopIteration as stop:
            result: Result = stop.value
            return result

    async def _send(self, request: httpx.Request) -> Reply:
        if self._http is None:
            self._http = httpx.AsyncClient()
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            return error
