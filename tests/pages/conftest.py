"""A real Chromium for the pages' tests."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from tests.patient import PATIENCE

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Run Playwright, for one module: while it runs, nothing else can start an event loop."""
    expect.set_options(timeout=1000 * PATIENCE)  # a busy machine is no reason to fail
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Start Chromium; skip where there is none, and fail there when DIGITS_REQUIRE_CHROMIUM is 1."""
    chromium = shutil.which("chromium")
    if chromium is None:
        message = "no chromium here: install it with `apt-get install chromium`"
        if os.environ.get("DIGITS_REQUIRE_CHROMIUM") == "1":
            pytest.fail(message)
        pytest.skip(message)
    browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    browser.close()


def close(context: BrowserContext) -> None:
    """Close a context; a handler that is cut off while it asks must not fail whatever runs next."""
    for page in context.pages:
        page.unroute_all(behavior="ignoreErrors")
    context.close()
