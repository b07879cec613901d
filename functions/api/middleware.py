"""ASGI middleware: request id, path folding, HEAD, logging, last-resort 500."""

import os
import re

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import journal
from api.problems import internal_error

_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
_SANE_ID = re.compile(r"[A-Za-z0-9._:=/+-]{1,128}")


class RequestMiddleware:
    """Gives a request its id, folds slashes, answers HEAD, keeps the record, and lets no exception out."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self._app, self._version = app, version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        path = scope["path"]
        inner = {
            **scope,
            "path": re.sub("//+", "/", path) if "//" in path else path,
            "method": "GET" if scope["method"] == "HEAD" else scope["method"],
            "state": {**scope.get("state", {}), "request_id": request_id},
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
            journal.logger.info("The client left before its request was read", request_id=request_id)
        except Exception:
            journal.logger.exception("The request failed", request_id=request_id)
            if not status:
                await internal_error(inner)(inner, receive, answer)
        finally:
            journal.write(record, inner, status, self._version)


def _request_id(scope: Scope) -> str:
    """Take Lambda's id of the invocation, or the caller's if it is sane, or make one."""
    context = scope.get("aws.context")
    given = getattr(context, "aws_request_id", None) or next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), ""
    )
    return given if _SANE_ID.fullmatch(given) else os.urandom(16).hex()
