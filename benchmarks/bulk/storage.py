"""An S3 endpoint in memory, in a process of its own if asked: objects got and put, each answer delayed."""

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from multiprocessing import Event, Pipe, Process
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as EventType
from urllib.parse import unquote


@dataclass(frozen=True)
class Request:
    """A client's request: the target as it came, the path as `bucket/key`, header names in lowercase."""

    method: str
    target: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """The answer to a request, and how it is sent."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    late: float = 0.0  # seconds until the first byte, beside the endpoint's own delay
    share: float = 1.0  # of the content that is sent before the connection closes


@dataclass
class Storage:
    """The endpoint's objects by `bucket/key`, and its delay before each answer in seconds."""

    delay: float = 0.0
    objects: dict[str, bytes] = field(default_factory=dict)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client has gone, or the endpoint stops
        finally:
            writer.close()

    def answer(self, request: Request) -> Answer:
        """Get or put an object."""
        if request.method == "PUT":
            if request.headers.get("if-none-match") == "*" and request.path in self.objects:
                return refusal(412, "PreconditionFailed")
            self.objects[request.path] = request.body
            return Answer(200)
        if request.path not in self.objects:
            return refusal(404, "NoSuchKey")
        return _part(self.objects[request.path], request.headers)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether the connection stays open."""
        answer = self.answer(await _read(reader, writer))
        await asyncio.sleep(self.delay + answer.late)
        writer.write(_head(answer))
        writer.write(answer.content[: int(len(answer.content) * answer.share)])
        await writer.drain()
        return answer.share == 1


def refusal(status: int, code: str, message: str = "As the endpoint was told.") -> Answer:
    """Return an error as S3 words it."""
    return Answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode())


@contextmanager
def serving(storage: Storage) -> Iterator[None]:
    """Serve on a loopback port, from a thread, as long as the context lasts."""
    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(asyncio.start_server(storage.serve, "127.0.0.1", 0))
    storage.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listener), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def process(delay: float, objects: Mapping[str, bytes]) -> Iterator[str]:
    """Serve objects from another process and give its address."""
    ours, theirs = Pipe()
    stop = Event()
    server = Process(target=_run, args=(delay, objects, theirs, stop))
    server.start()
    try:
        yield ours.recv()
    finally:
        stop.set()
        server.join()


def _run(delay: float, objects: Mapping[str, bytes], address: Connection, stop: EventType) -> None:
    storage = Storage(delay, dict(objects))
    with serving(storage):
        address.send(storage.url)
        stop.wait()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    method, target, _ = request.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    if headers.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, unquote(target.partition("?")[0])[1:], headers, body)


def _part(content: bytes, headers: Mapping[str, str]) -> Answer:
    """Return an object, or the rest of it from where a Range header begins, if it is the one asked for."""
    tag = f'"{hash(content):x}"'
    if headers.get("if-match", tag) != tag:
        return refusal(412, "PreconditionFailed")
    found = re.fullmatch(r"bytes=(\d+)-", headers.get("range", ""))
    start = int(found[1]) if found else 0
    if not found:
        return Answer(200, content, {"ETag": tag})
    if start >= len(content):
        return refusal(416, "InvalidRange")
    span = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return Answer(206, content[start:], {"ETag": tag, "Content-Range": span})


def _head(answer: Answer) -> bytes:
    headers = {"Content-Length": len(answer.content), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


async def _stop(listener: asyncio.Server) -> None:
    listener.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
