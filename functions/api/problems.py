"""Exceptions to answers: RFC 9457 problem details, and the only place that knows which status is whose."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api import journal
from digits.errors import DigitsError, received

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:problem-type:digits:"

# Kind of problem to its status and title; the kind ends the problem's type URI.
KINDS = {
    "malformed-json": (400, "The body is not JSON"),
    "malformed-multipart": (400, "The body is not the multipart it says"),
    "malformed-encoding": (400, "The body is not packed as it says"),
    "unknown-event": (400, "The event is not an HTTP request"),
    "body-too-slow": (408, "The body did not come in time"),
    "body-too-large": (413, "The body is too large"),
    "image-too-large": (413, "The image has too many pixels"),
    "too-many-digits": (413, "The picture has too many digits"),
    "batch-too-large": (413, "The batch has too many images"),
    "unsupported-media-type": (415, "This content type is not read here"),
    "too-much-feedback": (429, "There is more feedback than is kept"),
    "invalid-query": (422, "A query parameter is not valid"),
    "invalid-body": (422, "The body is not of the expected shape"),
    "invalid-pixels": (422, "The numbers are not an image"),
    "invalid-base64": (422, "The text is not base64"),
    "invalid-image": (422, "The bytes are not an image"),
    "invalid-items": (422, "Some items cannot be read"),
    "overloaded": (503, "The server has all the heavy work it can hold"),
}


class Problem(DigitsError):
    """Raised to refuse a request: a kind of problem, what was received, and the items at fault."""

    def __init__(
        self,
        kind: str,
        detail: str,
        errors: Sequence[dict[str, str]] = (),
        headers: dict[str, str] | None = None,  # of the answer
    ) -> None:
        super().__init__(detail)
        self.kind, self.errors, self.headers = kind, errors, headers


def status_of(kind: str) -> int:
    """Return the status that a kind of problem is answered with."""
    return KINDS[kind][0]


def describe(error: DigitsError) -> dict[str, Any]:
    """Return the problem details, without `instance`."""
    status, title = KINDS[error.kind]
    members = {"type": f"{TYPE}{error.kind}", "title": title, "status": status, "detail": str(error)}
    return {**members, "errors": error.errors} if isinstance(error, Problem) and error.errors else members


def fault(pointer: str, error: DigitsError) -> dict[str, str]:
    """Describe one item at fault; `pointer` is its place in the body (RFC 6901)."""
    return {"pointer": pointer, "type": f"{TYPE}{error.kind}", "detail": str(error)}


def refuse_items(faults: Sequence[dict[str, str]], total: int) -> Problem:
    """Refuse a batch for its items at fault; as too large where that is all that is wrong with them."""
    too_large = all(item["type"] == f"{TYPE}image-too-large" for item in faults)
    detail = f"Every item must hold an image. Received: {len(faults)} of {total} that do not"
    return Problem("image-too-large" if too_large else "invalid-items", detail, faults)


def internal_error(scope: Scope) -> Response:
    """Make the answer to what should not have happened; it says nothing but where to look."""
    return _respond(scope, _plain(500, "The log holds the cause, by this instance."))


def answer_http_exception(
    request: Request, error: HTTPException, respond: Callable[[str, dict[str, str]], Response]
) -> Response:
    """Answer the framework's 404 and 405, and OPTIONS where only its method was missing.

    Args:
        request: what was asked.
        error: the framework's.
        respond: makes the answer out of its detail and its headers.
    """
    headers, detail = dict(error.headers or {}), error.detail
    if "Allow" in headers:
        methods = {*headers["Allow"].split(", "), "OPTIONS"}
        headers["Allow"] = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        asked = (method for method in headers["Allow"].split(", ") if method != "OPTIONS")
        detail = f"This route takes {', '.join(asked)}"
    return respond(f"{detail}. Received: {request.method} {received(request.scope['path'])}", headers)


def install(app: FastAPI) -> None:
    """Have every refusal, the framework's own included, answered as a problem."""
    app.exception_handler(DigitsError)(_answer_digits_error)
    app.exception_handler(RequestValidationError)(_answer_validation_error)
    app.exception_handler(HTTPException)(_answer_http_exception)


async def _answer_digits_error(request: Request, error: DigitsError) -> Response:
    if error.kind not in KINDS:
        raise error
    journal.refused(error.kind)
    headers = error.headers if isinstance(error, Problem) else None
    return _respond(request.scope, describe(error), headers)


async def _answer_validation_error(request: Request, error: RequestValidationError) -> Response:
    """Answer the framework's refusal of query parameters, the one part of a request that it checks."""
    faults = [
        {"parameter": str(each["loc"][-1]), "detail": f"{each['msg']}. Received: {received(each['input'])}"}
        for each in error.errors()
    ]
    detail = "; ".join(f"{fault['parameter']}: {fault['detail']}" for fault in faults)
    return await _answer_digits_error(request, Problem("invalid-query", detail, faults))


async def _answer_http_exception(request: Request, error: HTTPException) -> Response:
    """Answer the framework's 404 and 405."""
    return answer_http_exception(
        request,
        error,
        lambda detail, headers: _respond(request.scope, _plain(error.status_code, detail), headers),
    )


def _plain(status: int, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def _respond(scope: Scope, members: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    body = {**members, "instance": scope["state"]["request_id"]}
    return JSONResponse(body, members["status"], headers, MEDIA_TYPE)
