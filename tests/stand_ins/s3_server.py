"""An S3 endpoint in memory: objects got and put, each answer delayed if asked, and faults by key."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    503: "Slow Down",
}


@dataclass(frozen=True)
class Fault:
    """One answer that is not the object: an error of S3's, or a body that is late or breaks off."""

    status: int = 200
    code: str = ""  # S3's name of the error
    late: float = 0.0  # seconds until the first byte
    share: float = 1.0  # of the body that is sent before the connection closes


@dataclass
class S3Server:
    """What the endpoint holds, how it answers and what it was asked; paths are `bucket/key`."""

    delay: float = 0.0  # seconds, of every answer
    objects: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)  # by path; each is played once
    asked: Counter[str] = field(default_factory=Counter)  # requests by `METHOD path`
    targets: list[str] = field(default_factory=list)  # of the requests, as they came
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._answer(head, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; tell whether the connection stays open."""
        request, *lines = head.decode().split("\r\n")
        method, target, _ = request.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        path = unquote(target.partition("?")[0])[1:]
        if headers.get("expect") == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.targets.append(target)
        self.asked[f"{method} {path}"] += 1
        fault = self.faults[path].pop(0) if self.faults.get(path) else Fault()
        await asyncio.sleep(self.delay + fault.late)
        if fault.status == 200 and method == "PUT":
            self.objects[path] = body
        status, content = self._content(method, path, fault)
        writer.write(b"HTTP/1.1 %d %s\r\n" % (status, REASONS[status].encode()))
        writer.write(b'Content-Length: %d\r\nETag: "0"\r\n\r\n' % len(content))
        writer.write(content[: int(len(content) * fault.share)])
        await writer.drain()
        return fault.share == 1

    def _content(self, method: str, path: str, fault: Fault) -> tuple[int, bytes]:
        if fault.status != 200:
            return fault.status, _error(fault.code)
        if method == "PUT":
            return 200, b""
        if path not in self.objects:
            return 404, _error("NoSuchKey")
        return 200, self.objects[path]


@contextmanager
def s3_server(delay: float = 0.0) -> Iterator[S3Server]:
    """Serve on a loopback port, from a thread, as long as the context lasts."""
    server, loop = S3Server(delay), asyncio.new_event_loop()
    listener = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0))
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listener), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(listener: asyncio.Server) -> None:
    listener.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>As the test asks.</Message></Error>".encode()
