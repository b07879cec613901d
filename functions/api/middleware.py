"""ASGI middleware: request id, path folding, HEAD, logging, last-resort 500."""

import os
import re

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import journal
from api.body import release
from api.problems import internal_error

_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_SANE_ID = re.compile(r"[A-Za-z0-9._:=/+-]{1,128}")


class RequestMiddleware:
    """Gives a request its id, folds its path, answers HEAD, keeps the record, and lets no exception out."""

    def __init__(self, app: ASGIApp, version: str, root_path: str = "") -> None:
        self._app, self._version, self._root_path = app, version, root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        path, mount = scope["path"], scope.get("root_path", "")
        inner = {
            **scope,
            "path": mount + fold(path.removeprefix(mount), self._root_path),
            "method": "GET" if scope["method"] == "HEAD" else scope["method"],
            "state": {**scope.get("state", {}), "request_id": request_id, "asked": path},
        }
        record = journal.begin(request_id)
        status = 0  # until the answer has begun

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    _NO_SNIFFING,
                ]
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(inner, receive, answer)
        except ClientDisconnect:
            journal.logger.info("The client left before it was answered", request_id=request_id)
        except Exception:
            journal.logger.exception("The request failed", request_id=request_id)
            if not status:
                await internal_error(inner)(inner, receive, answer)
        finally:
            release(inner)
            journal.write(record, inner, status, self._version)


def fold(path: str, root_path: str) -> str:
    """Return a path without `root_path`, doubled slashes and one at the end.

    `root_path` is cut where a segment ends, and not required: a health check may come without. A line break
    becomes the %0A that it was, as a route's pattern would overlook one at the end.
    """
    if "//" in path or "\n" in path:
        path = re.sub("//+", "/", path).replace("\n", "%0A")
    if root_path and f"{path}/".startswith(f"{root_path}/"):
        path = path[len(root_path) :]
    return path.rstrip("/") or "/"


def _request_id(scope: Scope) -> str:
    """Take Lambda's id of the invocation, or the caller's if it is sane, or make one."""
    context = scope.get("aws.context")
    given = getattr(context, "aws_request_id", None) or next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), ""
    )
    return given if _SANE_ID.fullmatch(given) else os.urandom(16).hex()
