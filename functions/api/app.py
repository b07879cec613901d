"""The application and its routes."""

import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.routing import Route

from api import documentation, journal, pages, problems
from api.body import BYTES, IMAGES, JSON, MULTIPART, read_typed_body
from api.journal import stage
from api.middleware import RequestMiddleware
from api.names import check_query
from api.protocols import PATHS, Protocols
from api.readings import read_items, read_one
from api.schemas import (
    MEMBERS,
    Explain,
    ExplainDigits,
    Length,
    Normalize,
    classifications,
    parse_batch,
    parse_item,
    parse_object,
    parse_picture,
    prediction,
)
from api.settings import read_settings
from api.threads import answer_inline, decode, offload
from digits.model import Model
from digits.normalize import Mode
from digits.recognize import Limits, Reader, Source

if TYPE_CHECKING:
    from api.feedback import Folder
    from api.feedback_bucket import Bucket
    from api.numbers import Numbers

PICTURES = (JSON, *IMAGES, MULTIPART, BYTES)  # media types that a picture comes in

settings = read_settings(os.environ)
model = Model.load(settings.model_dir)
reader = Reader(model, Limits(settings.max_pixels, settings.max_batch_pixels), stage, decode)
health_status: dict[str, Any] = {"status": "ok", "model": model.version}
if settings.collects:
    health_status["feedback"] = True
protocols = Protocols(reader, settings)


@asynccontextmanager
async def _start(_: FastAPI) -> AsyncIterator[None]:
    """Keep what start-up made out of the collector's sight; in Lambda `api.handler` does so."""
    gc.freeze()
    yield


app = FastAPI(
    title="Digits",
    version=model.version,
    servers=[{"url": settings.root_path or "/"}],
    description=documentation.DESCRIPTION,
    docs_url=None,  # ours has a policy
    redoc_url=None,
    lifespan=_start,
    redirect_slashes=False,  # a redirected POST would have to be sent twice
)
app.add_middleware(RequestMiddleware, version=model.version, root_path=settings.root_path)
if settings.cors_origins:
    from starlette.middleware.cors import CORSMiddleware  # to keep it off the cold path

    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=["x-request-id"],
        max_age=3600,  # seconds that a browser need not ask again
    )
problems.install(app)
documentation.install(app, lambda: protocols.app.routes)


@app.post("/predict", **documentation.PREDICT)
async def predict(request: Request, normalize: Normalize = "auto", explain: Explain = False) -> Response:
    """Read one digit from a picture or from rows of numbers."""
    check_query(request)
    kind, body = await read_typed_body(request, PICTURES, settings.max_body_bytes)
    work = _predict_json if kind == JSON else _predict
    return await _answer(work, request, body, normalize, explain)


@app.post("/mnist/classify", **documentation.CLASSIFY)
@app.post("/classify", **documentation.CLASSIFY_ALIAS)
async def classify(request: Request, normalize: Normalize = "auto", explain: Explain = False) -> Response:
    """Read one digit from each of a batch of pictures, in the order asked."""
    check_query(request)
    _, body = await read_typed_body(request, (JSON,), settings.max_body_bytes)
    return await _answer(_classify, request, body, normalize, explain)


@app.post("/read", **documentation.READ)
async def read(request: Request, length: Length = None, explain: ExplainDigits = False) -> Response:
    """Read all that is written in a picture: numbers, rows, pages, or the fields of a form."""
    check_query(request, "normalize")  # which has no meaning here
    kind, body = await read_typed_body(request, PICTURES, settings.max_body_bytes)
    return JSONResponse(await offload(request, _read, kind, body, length, explain))


if settings.collects:

    @app.post("/feedback", **documentation.FEEDBACK)
    async def feedback(request: Request) -> Response:
        """Keep a picture under the class that it should have been read as."""
        check_query(request)
        _, body = await read_typed_body(request, (JSON,), settings.max_body_bytes)
        return JSONResponse(await offload(request, _keep, body), 202)


@app.get("/health", **documentation.HEALTH)
async def health() -> Response:
    """Answer that the service answers, and with which model."""
    return JSONResponse(health_status)


@app.get("/model", **documentation.MODEL)
async def describe_model() -> Response:
    """Return the model's card: where it comes from and how well it does."""
    return JSONResponse(model.card)


app.router.routes.extend(pages.ROUTES)

# After our own routes, so that matching those takes no longer.
app.router.routes.extend(Route(path, protocols, include_in_schema=False) for path in PATHS)


async def _answer(
    work: Callable[[bytes, Mode, bool], dict[str, Any]],
    request: Request,
    body: bytes,
    mode: Mode,
    explain: bool,
) -> Response:
    return JSONResponse(await answer_inline(request, body, work, body, mode, explain))


def _predict_json(body: bytes, mode: Mode, explain: bool) -> dict[str, Any]:
    with stage("decode"):
        source = parse_picture(parse_object(body))
    return _predict(source, mode, explain)


def _predict(source: Source, mode: Mode, explain: bool) -> dict[str, Any]:
    return prediction(read_one(reader, source, mode), model.version, explain)


def _read(kind: str, body: bytes, length: int | None, explain: bool) -> dict[str, Any]:
    numbers = _numbers()
    return (numbers.answer_json if kind == JSON else numbers.answer_file)(body, length, explain)


@cache
def _numbers() -> "Numbers":
    """Return the reader of numbers, loaded when first asked for."""
    from api.numbers import Numbers  # noqa: PLC0415 - to keep it off the cold path

    return Numbers(model, settings)


def _keep(body: bytes) -> dict[str, str]:
    from api.feedback import parse  # noqa: PLC0415 - to keep it off the cold path

    with stage("decode"):
        correction = parse(body)
    _corrections().keep(correction)
    journal.correct(correction.label)
    return {"id": correction.name}


@cache
def _corrections() -> "Folder | Bucket":
    """Return the place of corrections, opened when first asked for."""
    if settings.feedback_dir:
        from api.feedback import Folder  # noqa: PLC0415 - to keep it off the cold path

        return Folder(settings.feedback_dir, settings.max_feedback, settings.feedback_rate)
    from api.feedback_bucket import Bucket  # noqa: PLC0415 - to keep boto3 off the cold path

    return Bucket(settings.feedback_bucket, settings.max_daily_feedback)


def _classify(body: bytes, mode: Mode, explain: bool) -> dict[str, Any]:
    items = parse_batch(body, settings.max_batch_size)
    pictures = {_pointer(place, item): partial(parse_item, item) for place, item in enumerate(items)}
    return classifications(read_items(reader, pictures, mode), model.version, explain)


def _pointer(place: int, item: object) -> str:
    members = [name for name in MEMBERS if isinstance(item, dict) and name in item]
    return "/".join([f"/requests/{place}", *members[:1]])
