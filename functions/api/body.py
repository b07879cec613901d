"""A request's body: read whole up to a limit, in memory, unpacked, and told apart by type and bytes."""

import asyncio
import zlib
from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Scope

from api.names import check_names
from api.problems import Problem
from digits.errors import received

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
BYTES: Final = "application/octet-stream"  # the bytes decide, as they do where no type is named
IMAGES: Final = (
    *("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff"),
    *("image/heic", "image/heif", "image/avif"),
)
PART_NAMES: Final = ("image", "file")
MAX_HELD: Final = 512_000_000  # bytes of bodies that a process holds at once, 85 of the largest
BODY_SECONDS: Final = 120  # for a body to come in: the largest at 50 KB a second
RETRY_SECONDS: Final = 2  # about what a full queue of work takes to shrink

# What curl says of --data, and a page's fetch of text, where they are told nothing.
_UNTOLD: Final = ("application/x-www-form-urlencoded", "text/plain")
# Names that are in use though not registered.
_ALIASES: Final = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "image/heic-sequence": "image/heic",  # a phone's picture with frames beside it
    "image/heif-sequence": "image/heif",
    "image/*": BYTES,
    "*/*": BYTES,
    "binary/octet-stream": BYTES,  # S3's, for an object of no other
    "text/json": JSON,
}
# Content coding to zlib's wbits, the largest window. Source: RFC 9110, 8.4.1.
_CODINGS: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_TAKEN_CODINGS: Final = "gzip, deflate, identity"
_MAX_PARTS = 32  # beside the picture a form may hold a few fields of its own, which are not read


async def read_body(request: Request, limit: int) -> bytes:
    """Read and unpack the body, giving up as soon as it is known to be over `limit` bytes.

    Raises:
        Problem: it is too large, too slow or badly packed, or the server holds too much of other requests.
    """
    coding = _coding(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > limit:
        raise _too_large(limit, f"{declared[:18]} bytes")
    body = await _read_in_time(request, limit)
    return body if coding == "identity" else _unpack(body, _CODINGS[coding], limit)


async def _read_in_time(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit, "more")
                _hold(request, len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        detail = f"A body must come within {BODY_SECONDS} seconds. Received: {size:,} bytes by then"
        raise Problem("body-too-slow", detail, headers={"connection": "close"}) from None
    return b"".join(chunks)


class _Held:
    """The bytes of all bodies that this process holds."""

    size = 0


def _hold(request: Request, size: int) -> None:
    """Count bytes of a body, until `release`."""
    if _Held.size + size > MAX_HELD:
        limit = f"Bodies of {MAX_HELD:,} bytes in all may be in hand; try again later"
        detail = f"{limit}. Received: one more"
        raise Problem("overloaded", detail, headers={"retry-after": str(RETRY_SECONDS)})
    _Held.size += size
    request.scope["state"]["held"] = request.scope["state"].get("held", 0) + size


def release(scope: Scope) -> None:
    """Count a request's body no longer."""
    _Held.size -= scope["state"].pop("held", 0)


def _coding(request: Request) -> str:
    coding = request.headers.get("content-encoding", "").strip().lower() or "identity"
    if coding != "identity" and coding not in _CODINGS:
        detail = f"A body may be packed by {_TAKEN_CODINGS}. Received: {received(coding)}"
        raise Problem("unsupported-media-type", detail, headers={"Accept-Encoding": _TAKEN_CODINGS})
    return coding


def _unpack(body: bytes, wbits: int, limit: int) -> bytes:
    """Unpack a body of one gzip member or one zlib stream; some call a bare stream deflate, too."""
    if wbits == zlib.MAX_WBITS and (len(body) < 2 or int.from_bytes(body[:2], "big") % 31):  # RFC 1950, 2.2
        wbits = -zlib.MAX_WBITS
    stream = zlib.decompressobj(wbits)
    try:
        plain = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise _badly_packed(str(error), body) from None
    if len(plain) > limit:
        raise _too_large(limit, f"more, in {len(body)} packed")
    if not stream.eof or stream.unused_data:
        raise _badly_packed("it must be one whole stream and nothing after it", body)
    return plain


async def read_typed_body(request: Request, taken: tuple[str, ...], limit: int) -> tuple[str, bytes]:
    """Read the body and tell its media type, which must be one of `taken`.

    Where the request names none, or BYTES, and JSON as well as BYTES is taken, the bytes decide.
    Of a form, the body is its one file part.
    """
    declared = _media_type(request)
    if declared not in (*taken, BYTES, *_UNTOLD):
        raise _not_taken(taken, declared)
    body = await read_body(request, limit)
    if declared in _UNTOLD:
        raise _not_taken(taken, declared, _curl(request, body, taken))
    if declared == BYTES and BYTES in taken and not body:
        wanted = "The body is empty; it must be an image file, a form with one, or JSON."
        raise Problem("invalid-body", f"{wanted} Received: 0 bytes")
    if declared == BYTES and (BYTES not in taken or _is_json(body)):
        return JSON, body
    return declared, await read_file_part(request, body) if declared == MULTIPART else body


def _media_type(request: Request) -> str:
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower() or BYTES
    return _ALIASES.get(declared, declared)


def _is_json(body: bytes) -> bool:
    """Return whether a body looks like JSON; no image file begins so."""
    return body[:64].lstrip(b" \t\r\n\0\xef\xbb\xbf\xfe\xff")[:1] in b'{["'


def _not_taken(taken: tuple[str, ...], declared: str, advice: str = "") -> Problem:
    names = ", ".join(name for name in taken if name != BYTES)
    detail = f"This route takes {names}. {advice}Received: {received(declared)}"
    return Problem("unsupported-media-type", detail)


def _curl(request: Request, body: bytes, taken: tuple[str, ...]) -> str:
    """Return the line that sends what the form's body seems to be."""
    url = f"http://HOST{request.scope['state']['asked']}"  # with the prefix that the caller knows
    if _is_json(body) or MULTIPART not in taken:
        return f"Send JSON so: curl -H 'content-type: {JSON}' --data @FILE {url} . "
    return f"Send a picture so: curl -F image=@FILE {url} . "


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
    check_names((name for name, part in parts if isinstance(part, str)), "in the form")
    files = [part for name, part in parts if name in PART_NAMES and isinstance(part, UploadFile)]
    if len(files) == 1:
        return files[0]
    kinds = [
        f"{'file' if isinstance(part, UploadFile) else 'field'} {received(name)}" for name, part in parts[:5]
    ]
    wanted = f"There must be one file part, named {' or '.join(PART_NAMES)}, as by curl -F image=@FILE."
    raise Problem("invalid-body", f"{wanted} Received: {', '.join(kinds) or 'no part'}")


def _malformed(reason: str, body: bytes) -> Problem:
    detail = f"The body must be multipart/form-data: {reason}. Received: {len(body)} bytes"
    return Problem("malformed-multipart", detail)


def _badly_packed(reason: str, body: bytes) -> Problem:
    detail = f"The body cannot be unpacked: {reason}. Received: {len(body)} bytes"
    return Problem("malformed-encoding", detail)


def _too_large(limit: int, size: str) -> Problem:
    return Problem("body-too-large", f"A body may have {limit:,} bytes. Received: {size}")
