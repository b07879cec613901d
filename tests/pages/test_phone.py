"""A phone's walk: photographs of each size and format through the page, in Chromium as a phone's."""

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.pages.conftest import close
from tests.samples.photos import KINDS, SIZES, photograph

DEVICE = "Pixel 7"  # the one with the newest screen that Chromium itself runs on
PATIENCE = 240_000  # milliseconds
# With DIGITS_PHOTOS=all every photograph is sent, otherwise the two that phones send most.
ALL = [(megapixels, kind) for megapixels in SIZES for kind in KINDS]
PHOTOS = ALL if os.environ.get("DIGITS_PHOTOS") == "all" else [(12, "jpeg"), (12, "heic")]
# Chromium cannot open a HEIC to shrink it, so that one goes whole, and is over the bound on what is decoded.
REFUSED = {(50, "heic"): "28,500,000 pixels in all of its parts"}
photos = pytest.mark.parametrize(("megapixels", "kind"), PHOTOS)


def walk(browser: Browser, playwright: Playwright, address: str, photo: Path) -> tuple[str, str]:
    """Open the page, take a photograph, and return the words that it ends in and those of trouble."""
    context = browser.new_context(**playwright.devices[DEVICE])
    page = context.new_page()
    page.route(re.compile("service.js$"), be_patient)
    open_page(page, address)
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Take a photo").tap()
    choosing.value.set_files(photo)
    answer = page.locator("#answer:is([data-state=sure], [data-state=unsure], [data-state=problem])")
    expect(answer).to_be_visible(timeout=PATIENCE)
    if answer.get_attribute("data-state") != "problem":  # a screen reader is told a moment later
        expect(page.locator("#spoken")).not_to_be_empty()
    told = page.locator("#spoken").inner_text(), page.locator("#problem").inner_text()
    close(context)
    return told


def open_page(page: Page, address: str) -> None:
    """Open the page; the SAM CLI may answer 502 to files asked for at once while its container starts."""
    for _ in range(3):
        page.goto(address)
        with suppress(AssertionError):
            expect(page.locator("#model")).to_have_text(re.compile(r"^model \d"))
            return
    pytest.fail(f"the page at {address} did not start")


def be_patient(route: Route) -> None:
    """Have the page wait for as long as this test does: a busy machine is no reason to fail."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("TIMEOUT = 30_000", f"TIMEOUT = {PATIENCE}"))


def check(told: tuple[str, str], megapixels: int, kind: str) -> None:
    """Hold what the page ended in against what it should end in."""
    words, trouble = told
    if refusal := REFUSED.get((megapixels, kind)):
        assert refusal in trouble
    else:
        assert re.match(r"7, \d+(\.\d+)?% sure", words), told


@pytest.fixture
def photo(megapixels: int, kind: str, tmp_path: Path) -> Path:
    file = tmp_path / f"photo.{kind}"
    file.write_bytes(photograph(7, megapixels, kind))
    return file


@photos
def test_a_photograph_is_read_by_the_local_server(
    browser: Browser, playwright: Playwright, server: str, photo: Path, megapixels: int, kind: str
) -> None:
    check(walk(browser, playwright, server, photo), megapixels, kind)


@pytest.mark.docker
@photos
def test_a_photograph_is_read_by_the_lambda_image(
    browser: Browser, playwright: Playwright, local_api: str, photo: Path, megapixels: int, kind: str
) -> None:
    check(walk(browser, playwright, local_api, photo), megapixels, kind)
