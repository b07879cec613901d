"""A request's body: read whole up to a limit, in memory, and told apart by content type."""

from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.problems import Problem
from digits.errors import received

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
IMAGES: Final = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
PART_NAMES: Final = ("image", "file")

# Names that are in use though not registered.
_ALIASES: Final = {"image/jpg": "image/jpeg", "image/x-ms-bmp": "image/bmp", "image/x-bmp": "image/bmp"}
_MAX_PARTS = 32  # beside the picture a form may hold a few fields, which are not read


async def read_body(request: Request, limit: int) -> bytes:
    """Read the body, giving up as soon as it is known to be over `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > limit:
        raise _too_large(limit, f"{declared[:18]} bytes")
    if coding := request.headers.get("content-encoding", "").strip():
        raise Problem("unsupported-media-type", f"The body must not be encoded. Received: {received(coding)}")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit, "more")
        chunks.append(chunk)
    return b"".join(chunks)


def require_media_type(request: Request, taken: tuple[str, ...]) -> str:
    """Tell the body's media type, which must be one of `taken`; JSON where the request names none.

    Clients of the first /predict post JSON without naming it, as many HTTP libraries do with a string.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower() or JSON
    known = _ALIASES.get(declared, declared)
    if known not in taken:
        detail = f"This route takes {', '.join(taken)}. Received: {received(declared)}"
        raise Problem("unsupported-media-type", detail)
    return known


async def read_file_part(request: Request, body: bytes) -> bytes:
    """Take the one file part named image or file out of a multipart body."""
    if "boundary=" not in request.headers["content-type"].lower():
        raise _malformed("the content type names no boundary", body)
    parser = _InMemoryParser(request.headers, _once(body), max_files=_MAX_PARTS, max_fields=_MAX_PARTS)
    parser.spool_max_size = len(body) + 1  # nothing of a request is written to disk
    try:
        parts = (await parser.parse()).multi_items()
        if not parser.complete:
            raise _malformed("it ends early", body)
        return await _only_file(parts).read()
    except (MultiPartException, ValueError):  # a charset, too, can be one that cannot be used
        reason = f"a part cannot be read, or there are more than {_MAX_PARTS} files or fields"
        raise _malformed(reason, body) from None
    finally:
        parser.close()


class _InMemoryParser(MultiPartParser):
    """Starlette's parser, which also notes whether the closing delimiter came."""

    complete = False

    def on_end(self) -> None:
        self.complete = True

    def close(self) -> None:
        for file in self._files_to_close_on_error:  # all that it opened
            file.close()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _only_file(parts: list[tuple[str, UploadFile | str]]) -> UploadFile:
    files = [part for name, part in parts if name in PART_NAMES and isinstance(part, UploadFile)]
    if len(files) == 1:
        return files[0]
    kinds = [
        f"{'file' if isinstance(part, UploadFile) else 'field'} {received(name)}" for name, part in parts[:5]
    ]
    wanted = f"There must be one file part, named {' or '.join(PART_NAMES)}."
    raise Problem("invalid-body", f"{wanted} Received: {', '.join(kinds) or 'no part'}")


def _malformed(reason: str, body: bytes) -> Problem:
    detail = f"The body must be multipart/form-data: {reason}. Received: {len(body)} bytes"
    return Problem("malformed-multipart", detail)


def _too_large(limit: int, size: str) -> Problem:
    return Problem("body-too-large", f"A body may have {limit:,} bytes. Received: {size}")
