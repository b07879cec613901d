"""The HTML pages, that of drawing and /docs, with the policies that they are served under."""

import base64
import hashlib
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import RedirectResponse, Response
from starlette.routing import Route

# The page runs its own script and style, shows pictures that it made or was given, and calls this origin.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE: Final = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/answer.js": ("answer.js", "text/javascript"),
    "/service.js": ("service.js", "text/javascript"),
}

# Browsers heed the second over HTTPS alone: two years in which they ask no other way.
EVERY_PAGE: Final = {
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000",
}
SWAGGER: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


async def page(path: str, request: Request) -> Response:
    """Serve a file of the drawing page, from memory after the first time."""
    asked: str = request.scope["state"]["asked"]
    if path == "/" and not asked.endswith("/"):  # a prefix alone: what the page names stands below it
        return RedirectResponse(f"{asked.rpartition('/')[2]}/", 308)
    content, etag, headers = _page_file(path)
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


@cache
def _page_file(path: str) -> tuple[bytes, str, dict[str, str]]:
    """Return a page file's content, its entity tag and its headers."""
    name, kind = PAGE[path]
    content = (Path(__file__).parent / "page" / name).read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {
        "content-type": f"{kind}; charset=utf-8",
        "etag": etag,
        "cache-control": "no-cache",  # ask again each time, with the tag
        "content-security-policy": PAGE_POLICY,
        **EVERY_PAGE,
    }
    return content, etag, headers


async def docs(request: Request) -> Response:
    """Show the description with Swagger UI."""
    if request.scope["state"]["asked"].endswith("/"):  # what the page names stands beside it
        return RedirectResponse("../docs", 308)
    content, policy = _docs()
    return Response(
        content, headers={"content-security-policy": policy, **EVERY_PAGE}, media_type="text/html"
    )


async def swagger_file(name: str, _: Request) -> Response:
    """Serve a file of Swagger UI: fastapi-offline brings it, so that /docs needs no other site."""
    headers = {"cache-control": "public, max-age=86400"}
    return Response(_swagger_folder().joinpath(name).read_bytes(), headers=headers, media_type=SWAGGER[name])


@cache
def _swagger_folder() -> Path:
    """Return the folder of Swagger UI's files, without importing the package that has it."""
    found = find_spec("fastapi_offline")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("The package fastapi-offline is not installed")
    return Path(next(iter(found.submodule_search_locations))) / "static"


@cache
def _docs() -> tuple[bytes, str]:
    """Return the page of /docs and its policy: its own script, two files, and calls of this origin."""
    page = get_swagger_ui_html(
        # Beside the page, whatever prefix a proxy has cut off.
        openapi_url="openapi.json",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        title="Digits",
        swagger_favicon_url="data:,",
    )
    content = bytes(page.body)
    script = content.partition(b"<script>")[2].partition(b"</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return content, policy


ROUTES: Final = [
    *(Route(path, partial(page, path), include_in_schema=False) for path in PAGE),
    Route("/docs", docs, include_in_schema=False),
    *(Route(f"/docs/{name}", partial(swagger_file, name), include_in_schema=False) for name in SWAGGER),
]
