"""The application of both protocols; its errors are theirs, `{"error": …}`."""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.problems import KINDS, Problem, answer_http_exception, status_of
from api.protocols.open_inference import OpenInference
from api.protocols.tensorflow_serving import TensorFlowServing
from api.settings import Settings
from digits.errors import DigitsError
from digits.recognize import Reader


def make(reader: Reader, settings: Settings) -> FastAPI:
    """Make the application that answers below /v1 and /v2."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    TensorFlowServing(reader, settings).install(app)
    OpenInference(reader, settings).install(app)
    app.exception_handler(DigitsError)(_answer_digits_error)
    app.exception_handler(HTTPException)(_answer_http_exception)
    app.exception_handler(Exception)(_answer_exception)
    return app


async def _answer_digits_error(request: Request, error: DigitsError) -> Response:
    if error.kind not in KINDS:
        return await _answer_exception(request, error)
    faults = error.errors if isinstance(error, Problem) else ()
    text = "; ".join((str(error), *(f"{item['pointer']}: {item['detail']}" for item in faults)))
    return _error(_status(error.kind), text, error.headers if isinstance(error, Problem) else None)


async def _answer_http_exception(request: Request, error: HTTPException) -> Response:
    return answer_http_exception(request, error, partial(_error, error.status_code))


async def _answer_exception(_: Request, __: Exception) -> Response:
    """Write nothing of what went wrong; the exception goes on to the log, by the request's id."""
    return _error(500, "The log holds the cause, by this answer's x-request-id")


def _status(kind: str) -> int:
    """Return the status that these protocols know: a body that cannot be taken is a plain 400 there."""
    status = status_of(kind)
    return 400 if status == 422 else status


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers)
