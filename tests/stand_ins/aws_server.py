"""Lambda's Invoke and CodeDeploy's verdict over HTTP: what the release hook talks to."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass
class AwsServer:
    """Where it listens, and what it was told."""

    url: str = ""
    invoked: list[str] = field(default_factory=list)  # paths
    verdicts: list[dict[str, Any]] = field(default_factory=list)  # parameters of the CodeDeploy calls


@contextmanager
def aws_server(function: Callable[[Any], Any]) -> Iterator[AwsServer]:
    """Answer each invocation with `function`, whose exceptions are reported as Lambda reports them."""
    told = AwsServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
            failed, answer = False, None
            if "invocations" in self.path:
                told.invoked.append(self.path)
                try:
                    answer = function(sent)
                except Exception as error:
                    failed, answer = True, {"errorMessage": str(error), "errorType": type(error).__name__}
            else:
                told.verdicts.append({"target": self.headers["x-amz-target"]} | sent)
                answer = {}
            body = json.dumps(answer).encode()
            self.send_response(200)
            if failed:
                self.send_header("x-amz-function-error", "Unhandled")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=_serve, args=[server])
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def _serve(server: HTTPServer) -> None:
    """Serve in a thread that has an event loop, as Lambda's main thread has for Mangum."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    server.serve_forever(poll_interval=0.01)
    loop.close()
