"""The drawing page, used in a real Chromium against the real application."""

import base64
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import app
from digits_client import Client
from events.draw import predict_body
from tests import patient
from tests.pages.conftest import close
from tests.servers import serving, until
from training.data import corrections

PAGE = Path(__file__).parents[2] / "functions" / "api" / "page"
# Name of a way to write a digit → its strokes → points (x, y) as fractions of the canvas's side.
STROKES: dict[str, list[list[tuple[float, float]]]] = json.loads(
    (Path(__file__).parent / "strokes_digits.json").read_text()
)
DESKTOP: dict[str, Any] = {"viewport": {"width": 1200, "height": 760}}
PREDICT = re.compile(r"/predict\?explain=true$")
# Chromium notes every refused or failed request here; the page has no say in it.
CHROMIUMS_OWN_NOTE = re.compile(r"Failed to load resource: .*")


@contextmanager
def serve(application: ASGIApp) -> Iterator[str]:
    """Serve the application on a free port of the loopback interface; the address ends with a slash."""
    config = uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serve(app) as address:
        yield address


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Open the page in a context with the options given; afterwards nothing may have gone wrong in it."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    hosts: set[str] = set()
    own = {""}  # data: and blob: have no host

    def open_page(address: str = site, **options: object) -> Page:
        context = browser.new_context(**{**DESKTOP, **options})
        contexts.append(context)
        own.add(urlsplit(address).netloc)
        context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda line: None if CHROMIUMS_OWN_NOTE.match(line.text) else complaints.append(line.text),
        )
        page = context.new_page()
        # Choosers are intercepted from the first listener on; a key pressed right after it comes too soon.
        page.on("filechooser", lambda _: None)
        page.goto(address)
        expect(page.locator("#model")).to_have_text(re.compile(r"^model \d"))
        return page

    yield open_page
    for context in contexts:
        close(context)
    assert complaints == [], "console messages, policy violations included"
    assert hosts <= own


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit()


def draw(page: Page, strokes: list[list[tuple[float, float]]], left: float = 0) -> None:
    """Draw with the mouse, in a square as high as the board that begins at `left` of its height."""
    box = page.locator("#board").bounding_box()
    assert box is not None
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + (left + x) * box["height"], box["y"] + y * box["height"])
            if i == 0:
                page.mouse.down()
        page.mouse.up()


def settled(page: Page) -> str:
    """Return the words for a screen reader, which come once the newest drawing is answered."""
    expect(page.locator("#spoken")).to_have_text(re.compile("sure|guess|written"))
    return page.locator("#spoken").inner_text()


def hold(page: Page) -> list[Route]:
    """Keep the page's questions from the server; they gather in the list."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(PREDICT, keep)
    return held


def await_held(page: Page, held: list[Route], count: int) -> None:
    """Wait until as many questions were held."""
    deadline = time.monotonic() + patient.PATIENCE
    while len(held) < count:
        assert time.monotonic() < deadline, f"{len(held)} questions, expected {count}"
        page.wait_for_timeout(20)


def ink(page: Page) -> int:
    """Return how many of the canvas's pixels are painted."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    count: int = page.evaluate(
        """() => {
            const {width, height} = document.getElementById("board");
            const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(document.getElementById("board"), 0, 0);
            const {data} = copy.getImageData(0, 0, width, height);
            let count = 0;
            for (let i = 3; i < data.length; i += 4) count += data[i] > 127;
            return count;
        }"""
    )
    return count


def picture(name: str, side: int = 200, kind: str = "PNG") -> bytes:
    """Make an image file of the digit, dark on light."""
    image = Image.new("L", (side, side), 245)
    pencil = ImageDraw.Draw(image)
    for stroke in STROKES[name]:
        points = [(x * side, y * side) for x, y in stroke]
        pencil.line(points, fill=20, width=side // 16, joint="curve")
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


# ---- Reading


@pytest.mark.parametrize("name", STROKES)
def test_a_digit_drawn_with_the_mouse_is_read(page: Page, name: str) -> None:
    draw(page, STROKES[name])
    assert settled(page).startswith(f"{name[0]}, "), name
    expect(page.locator("#digit")).to_have_text(name[0])
    expect(page.locator("#answer")).to_have_attribute("data-state", "sure")
    expect(page.locator("#bars .best")).to_have_text(re.compile(rf"^{name[0]}"))
    expect(page.locator("#took")).to_have_text(re.compile(r"^\d+ ms$"))


def test_the_answer_comes_while_the_hand_still_moves(page: Page) -> None:
    box = page.locator("#board").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    with page.expect_response(PREDICT):
        for step in range(60):
            page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + (0.2 + 0.01 * step) * box["height"])
            page.wait_for_timeout(10)
    page.mouse.up()


def test_the_bars_and_the_28_by_28_are_those_of_the_answer(page: Page) -> None:
    with page.expect_response(PREDICT) as asked:
        draw(page, [STROKES["1"][0]])
    settled(page)
    answer = asked.value.json()  # a later one may have replaced it: ask for the shown one's shape only
    assert len(answer["input"]) == 28
    shares = page.locator("#bars li").evaluate_all(
        "rows => rows.map((row) => Number(row.style.getPropertyValue('--share')))"
    )
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    saw = page.evaluate(
        "() => [...document.getElementById('saw').getContext('2d').getImageData(0, 0, 28, 28).data]"
    )
    grey = np.array(saw).reshape(28, 28, 4)[:, :, 0]
    assert grey.max() > 200
    assert grey[0].max() == 0, "MNIST format has a dark border"


def test_what_is_no_digit_is_said_to_be_none_with_the_best_guess_subdued(page: Page) -> None:
    def doubt(route: Route) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "is_digit": False, "prediction": "8"})

    page.route(PREDICT, doubt)
    draw(page, STROKES["8"])
    assert settled(page) == "Doesn’t look like a digit. Best guess: 8"
    expect(page.locator("#answer")).to_have_attribute("data-state", "unsure")
    subdued = page.locator("#digit").evaluate("element => getComputedStyle(element).color")
    page.unroute(PREDICT)
    page.get_by_role("button", name="Undo").click()
    draw(page, STROKES["8"])
    expect(page.locator("#answer")).to_have_attribute("data-state", "sure")
    assert subdued != page.locator("#digit").evaluate("element => getComputedStyle(element).color")


def test_one_request_is_on_its_way_at_a_time_and_the_newest_drawing_wins(page: Page) -> None:
    held = hold(page)
    draw(page, [STROKES["4"][0]])
    await_held(page, held, 1)
    draw(page, [STROKES["4"][1]])
    page.wait_for_timeout(1000)
    assert len(held) == 1
    held[0].fulfill(status=503, json={"title": "An answer about an older drawing"})
    await_held(page, held, 2)
    held[1].continue_()
    assert settled(page).startswith("4, ")
    assert len(held) == 2


def test_an_answer_about_a_drawing_that_was_cleared_is_dropped(page: Page) -> None:
    held = hold(page)
    draw(page, STROKES["3"])
    await_held(page, held, 1)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(300)
    expect(page.locator("#answer")).to_have_attribute("data-state", "blank")
    expect(page.locator("#problem")).to_be_hidden()
    assert len(held) == 1


# ---- Numbers

READ = re.compile(r"/read\?explain=true$")


def digit(label: int, x: int, other: int) -> dict[str, Any]:
    """Return a digit of an answer of /read, read with 90 %, else as another."""
    shares = [0.0] * 10
    shares[label], shares[other] = 0.9, 0.1
    return {"class": label, "probability": 0.9, "box": [x, 30, 100, 200], "probabilities": shares}


FORTY_TWO = {
    "text": "42",
    "numbers": [
        {
            "text": "42",
            "probability": 0.81,
            "box": [20, 30, 260, 200],
            "digits": [digit(4, 20, 9), digit(2, 160, 7)],
        }
    ],
    "size": [400, 280],
    "model": "2.0.0",
}


def answer_numbers(page: Page, document: object) -> None:
    """Have /predict doubt whatever is drawn, and /read answer with the document."""

    def doubt(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "is_digit": False})

    page.route(PREDICT, doubt)
    page.route(READ, lambda route: route.fulfill(json=document))


def test_a_number_is_shown_with_its_boxes_and_each_digits_alternatives(page: Page) -> None:
    answer_numbers(page, FORTY_TWO)
    draw(page, STROKES["4"])
    bare = ink(page)
    expect(page.locator("#spoken")).to_have_text("42, 81.0% sure")
    expect(page.locator("#text")).to_have_text("42")
    expect(page.locator("#digit")).to_be_hidden()
    assert ink(page) > bare, "boxes are drawn over it"
    four = page.locator("#digits button").first
    expect(four).to_have_accessible_name("4, 90.0% sure, else 9, 10.0%")
    four.focus()
    expect(page.locator("#bars .best")).to_have_text(re.compile("^4"))
    page.keyboard.press("Tab")
    expect(page.locator("#bars .best")).to_have_text(re.compile("^2"))


def test_the_digit_under_the_pointer_is_looked_at(page: Page) -> None:
    answer_numbers(page, FORTY_TWO)
    draw(page, STROKES["4"])
    expect(page.locator("#spoken")).to_have_text("42, 81.0% sure")
    box = page.locator("#board").bounding_box()
    assert box is not None
    scale = box["height"] / 280
    page.mouse.move(box["x"] + 70 * scale, box["y"] + 120 * scale)
    expect(page.locator("#digits .looked")).to_have_text("4")
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    expect(page.locator("#digits .looked")).to_have_count(0)


def test_a_number_is_copied(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    answer_numbers(page, FORTY_TWO)
    draw(page, STROKES["4"])
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == "42"


def test_a_service_that_reads_no_numbers_is_asked_for_them_once(page: Page) -> None:
    asked: list[str] = []

    def missing(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404, json={"title": "Not found", "status": 404})

    answer_numbers(page, FORTY_TWO)
    page.unroute(READ)
    page.route(READ, missing)
    draw(page, STROKES["4"])
    assert settled(page).startswith("Doesn’t look like a digit")
    draw(page, STROKES["1"], left=0.4)
    settled(page)
    assert len(asked) == 1


def test_nothing_written_is_said_without_a_guess(page: Page) -> None:
    file = io.BytesIO()
    Image.new("L", (200, 200), 240).save(file, "PNG")
    page.locator("#file").set_input_files(
        {"name": "blank.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    expect(page.locator("#caption")).to_have_text("Nothing is written here")
    expect(page.locator("#digit")).to_have_text("–")


# ---- Corrections


@pytest.fixture
def collecting(browser: Browser, site: str) -> Iterator[tuple[Page, list[Any]]]:
    """Open the page of a service that collects corrections; they gather in the list."""
    sent: list[Any] = []
    context = browser.new_context(**DESKTOP)
    page = context.new_page()
    health = patient.get(f"{site}health").json() | {"feedback": True}
    page.route(re.compile("/health$"), lambda route: route.fulfill(json=health))

    def take(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or ""))
        route.fulfill(status=202, json={"id": "0" * 64})

    page.route(re.compile("/feedback$"), take)
    page.clock.install()
    page.goto(site)
    draw(page, STROKES["7"])
    settled(page)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 10)  # the five seconds are to pass when told to
    yield page, sent
    close(context)


def test_a_wrong_answer_is_corrected_with_one_tap(collecting: tuple[Page, list[Any]]) -> None:
    page, sent = collecting
    page.get_by_role("button", name="Wrong?").click()
    expect(page.locator("#consent")).to_contain_text("you agree")
    page.get_by_role("group", name="What it is").get_by_role("button", name="1", exact=True).click()
    expect(page.locator("#thanks")).to_be_visible()
    page.clock.run_for(4_900)
    assert sent == []
    page.clock.run_for(200)
    expect(page.locator("#thanks")).to_be_hidden()
    (correction,) = sent
    assert correction["class"] == 1
    assert correction["image"].startswith("data:image/png;base64,")
    page.get_by_role("button", name="Wrong?").click()
    expect(page.locator("#consent")).to_be_hidden()


def test_a_correction_is_taken_back_within_five_seconds(collecting: tuple[Page, list[Any]]) -> None:
    page, sent = collecting
    page.get_by_role("button", name="Wrong?").click()
    page.get_by_role("button", name="Not a digit").click()
    expect(page.locator("#thanks")).to_be_visible()
    page.clock.run_for(4_900)
    page.locator("#take-back").click()
    page.clock.run_for(10_000)
    expect(page.locator("#thanks")).to_be_hidden()
    assert sent == []


def test_a_service_that_collects_nothing_offers_no_correction(page: Page) -> None:
    draw(page, STROKES["7"])
    settled(page)
    expect(page.locator("#wrong")).to_be_hidden()


def test_corrections_from_page_and_client_become_the_folder_that_tuning_takes(
    browser: Browser, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    with serving(tmp_path / "log", FEEDBACK_DIR=str(kept)) as url, Client(url) as client:
        page = browser.new_page(**DESKTOP)
        page.goto(url)
        for strokes, label in ((STROKES["7"], "1"), (STROKES["4"][:1], "Not a digit")):
            page.get_by_role("button", name="Clear").click(force=True)
            draw(page, strokes)
            settled(page)
            page.get_by_role("button", name="Wrong?").click()
            page.get_by_role("group", name="What it is").get_by_role("button", name=label, exact=True).click()
            expect(page.locator("#thanks")).to_be_visible()
            expect(page.locator("#thanks")).to_be_hidden()
        page.close()
        for number in range(19):
            client.feedback(picture(str(number % 10), 100 + number), number % 10)
        until(lambda: len([*kept.glob("*/*.png")]) == 21, patience=30)
    counts = corrections.load([kept]).counts()
    assert counts == {"none": 1, **{str(digit): 2 for digit in range(9)}, "9": 1} | {"1": 3}


# ---- Tools


def test_undo_takes_back_a_stroke_and_even_a_clearing(page: Page) -> None:
    undo, clear = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Clear")
    expect(undo).to_be_disabled()
    expect(clear).to_be_disabled()
    draw(page, [STROKES["4"][0]])
    one = ink(page)
    draw(page, [STROKES["4"][1]])
    two = ink(page)
    assert two > one > 0
    clear.click()
    assert ink(page) == 0
    expect(page.locator("#answer")).to_have_attribute("data-state", "blank")
    expect(page.locator("#hint")).to_be_visible()
    undo.click()
    assert ink(page) == two
    undo.click()
    assert ink(page) == one
    undo.click()
    assert ink(page) == 0
    expect(undo).to_be_disabled()


def test_shortcuts_undo_clear_and_choose(page: Page) -> None:
    draw(page, STROKES["1"])
    drawn = ink(page)
    page.keyboard.press("Escape")
    assert ink(page) == 0
    page.keyboard.press("Control+z")
    assert ink(page) == drawn
    with page.expect_file_chooser():
        page.keyboard.press("Control+o")


def test_a_broader_pen_leaves_more_ink(page: Page) -> None:
    amounts = []
    for name in ("Fine", "Medium", "Broad"):
        page.get_by_role("radio", name=name).check(force=True)
        draw(page, STROKES["1"])
        amounts.append(ink(page))
        page.keyboard.press("Escape")
    assert amounts[0] < 0.6 * amounts[1] < 0.6 * amounts[2]


def test_a_pen_pressed_harder_leaves_more_ink(page: Page) -> None:
    box = page.locator("#board").bounding_box()
    assert box is not None
    chrome = page.context.new_cdp_session(page)

    def send(kind: str, step: int, force: float) -> None:
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * (0.2 + 0.03 * step)
        where = {"x": x, "y": y, "button": "left", "buttons": 1, "pointerType": "pen", "force": force}
        chrome.send("Input.dispatchMouseEvent", {"type": kind, "clickCount": 1, **where})

    amounts = []
    for force in (0.1, 0.9):
        send("mousePressed", 0, force)
        for step in range(20):
            send("mouseMoved", step, force)
        send("mouseReleased", 20, force)
        amounts.append(ink(page))
        page.keyboard.press("Escape")
    assert amounts[0] < 0.7 * amounts[1]


# ---- Images


def test_a_chosen_file_is_shown_and_read(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "five.jpg"
    file.write_bytes(picture("5", kind="JPEG"))
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose an image").click()
    with page.expect_request(PREDICT) as asked:
        choosing.value.set_files(file)
    assert asked.value.headers["content-type"] == "image/jpeg"
    assert asked.value.all_headers()["content-length"] == str(file.stat().st_size)
    assert settled(page).startswith("5, ")
    assert ink(page) > 0
    expect(page.locator("#hint")).to_be_hidden()


def test_a_pasted_image_is_read(page: Page, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    page.evaluate(
        """async (data) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const item = new ClipboardItem({"image/png": new Blob([bytes], {type: "image/png"})});
            await navigator.clipboard.write([item]);
        }""",
        base64.b64encode(picture("2")).decode(),
    )
    page.keyboard.press("Control+v")
    assert settled(page).startswith("2, ")


def test_a_dropped_file_is_read(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "three.png"
    file.write_bytes(picture("3"))
    chrome = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    for kind, welcomes in [("dragEnter", 0), ("dragOver", 1), ("drop", 0)]:
        chrome.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 400, "data": data})
        expect(page.locator("body.dropping")).to_have_count(welcomes)
    assert settled(page).startswith("3, ")


def test_drawing_on_an_image_starts_anew_and_undo_brings_the_image_back(page: Page) -> None:
    page.locator("#file").set_input_files({"name": "6.png", "mimeType": "image/png", "buffer": picture("6")})
    assert settled(page).startswith("6, ")
    shown = ink(page)
    draw(page, STROKES["1"])
    assert settled(page).startswith("1, ")
    assert ink(page) < shown
    page.keyboard.press("Control+z")
    assert settled(page).startswith("6, ")
    assert ink(page) == shown


def test_a_photograph_too_large_for_a_function_is_sent_smaller(page: Page) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2600), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", quality=95)
    assert file.tell() > 4_000_000
    with page.expect_request(PREDICT) as asked:
        page.locator("#file").set_input_files(
            {"name": "noise.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
        )
    assert int(asked.value.all_headers()["content-length"]) < 4_000_000
    settled(page)


def test_a_photograph_of_many_pixels_is_sent_smaller_though_it_has_few_bytes(page: Page) -> None:
    page.evaluate(
        """() => {
            const ask = window.fetch;
            window.fetch = (address, what) => {
                createImageBitmap(what.body).then(({width, height}) => (window.sent = [width, height]));
                return ask(address, what);
            };
        }"""
    )
    file = io.BytesIO()
    Image.new("L", (8160, 6120), 230).save(file, "JPEG", quality=30)
    assert file.tell() < 4_000_000
    with page.expect_request(PREDICT):
        page.locator("#photo").set_input_files(
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
        )
    assert page.wait_for_function("() => window.sent").json_value() == [2400, 1800]


def test_a_file_without_a_type_is_sent_as_bytes(page: Page) -> None:
    with page.expect_request(PREDICT) as asked:
        page.locator("#file").set_input_files({"name": "three", "mimeType": "", "buffer": picture("3")})
    assert asked.value.headers["content-type"] == "application/octet-stream"


def test_a_front_door_that_spoils_binary_bodies_is_asked_in_base64(page: Page) -> None:
    kinds: list[str] = []

    def spoil(route: Route) -> None:
        kinds.append(route.request.headers["content-type"])
        if kinds[-1] == "image/png":
            route.fulfill(status=502, json={"message": "Internal server error"})
        else:
            image = json.loads(route.request.post_data or "")["image"]
            answer = patient.post(
                route.request.url,
                content=base64.b64decode(image.partition(",")[2]),
                headers={"content-type": "image/png"},
            )
            route.fulfill(json=answer.json())

    page.route(PREDICT, spoil)
    draw(page, STROKES["7"])
    assert settled(page).startswith("7, ")
    assert kinds[0] == "image/png"
    assert set(kinds[1:]) == {"application/json"}


# ---- Trouble


def test_a_refused_file_shows_the_problem(page: Page) -> None:
    with page.expect_response(PREDICT) as asked:
        page.locator("#file").set_input_files(
            {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}
        )
    problem = asked.value.json()
    assert asked.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text(problem["title"])
    expect(page.get_by_role("alert")).to_contain_text(problem["detail"])
    expect(page.locator("#hint")).to_contain_text("notes.png")
    expect(page.locator("#digit")).to_be_hidden()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    draw(page, STROKES["7"])
    assert settled(page).startswith("7, ")
    expect(page.locator("#problem")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (
            500,
            '{"title": "Failed", "detail": "See the log.", "instance": "r-17"}',
            "Failed See the log. Reference: r-17",
        ),
        (413, '{"message": "Request Too Long"}', "The service answered 413"),
        (200, "<h1>Sign in to the network</h1>", "The service answered 200"),
    ],
)
def test_an_unusual_answer_is_told(page: Page, status: int, body: str, shown: str) -> None:
    page.route(PREDICT, lambda route: route.fulfill(status=status, body=body))
    draw(page, STROKES["1"])
    expect(page.get_by_role("alert")).to_contain_text(shown)


def test_a_service_out_of_reach_is_told_and_the_next_stroke_tries_again(page: Page) -> None:
    page.route(PREDICT, lambda route: route.abort("connectionrefused"))
    draw(page, [STROKES["4"][0]])
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    page.unroute(PREDICT)
    draw(page, [STROKES["4"][1]])
    assert settled(page).startswith("4, ")
    expect(page.locator("#problem")).to_be_hidden()


def test_try_again_tries_again(page: Page) -> None:
    page.evaluate(
        """() => {
            const reach = fetch;
            let tried = false; // until then no question of a stroke's own gets through, however late it is
            document.getElementById("retry").addEventListener("click", () => (tried = true), {capture: true});
            window.fetch = (...asked) => tried ? reach(...asked) : Promise.reject(new TypeError("refused"));
        }"""
    )
    draw(page, STROKES["0"])
    page.get_by_role("button", name="Try again").click()
    assert settled(page).startswith("0, ")


def test_back_online_the_drawing_is_read(page: Page) -> None:
    page.context.set_offline(True)
    draw(page, STROKES["9"])
    expect(page.get_by_role("alert")).to_contain_text("offline")
    page.context.set_offline(False)
    assert settled(page).startswith("9, ")


# ---- For everyone, everywhere


def test_every_control_has_a_name_and_the_tab_key_reaches_it_in_order(page: Page) -> None:
    draw(page, STROKES["1"])
    page.locator("h1").click()
    names = []
    for _ in range(6):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        names.append(focused.evaluate("e => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText"))
        outlined = focused.evaluate(
            "e => [e, e.parentElement].some((x) => getComputedStyle(x).outlineStyle === 'solid')"
        )
        assert outlined, f"no focus to be seen on {names[-1]}"
    assert names == ["Drawing area", "Medium", "Undo", "Clear", "Choose an image", "API documentation"]
    expect(page.locator("#board")).to_have_accessible_description(re.compile("Arrow keys move the pen"))
    expect(page.locator("#saw")).to_have_accessible_name(re.compile("28 by 28"))


def test_the_arrow_keys_draw(page: Page) -> None:
    page.locator("#board").focus()
    for key, times in [("ArrowUp", 14), ("Space", 1), ("ArrowDown", 28), ("Space", 1), ("ArrowLeft", 5)]:
        for _ in range(times):
            page.keyboard.press(key)
    assert settled(page).startswith("1, ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_either_scheme(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    draw(page, STROKES["5"])
    assert settled(page).startswith("5, "), "what is sent does not depend on the colours on screen"
    ground = luminance(page, "html", "backgroundColor")
    assert (ground < 0.05) == (scheme == "dark")
    for selector in ("h1", "header p", "#digit", "#caption", "#bars li", "figcaption", "footer a"):
        text = luminance(page, selector, "color")
        contrast = (max(ground, text) + 0.05) / (min(ground, text) + 0.05)
        assert contrast >= 4.5, f"{selector}: {contrast:.2f}"


def luminance(page: Page, selector: str, attribute: str) -> float:
    """Relative luminance 0–1 (WCAG 2.2) of a computed colour."""
    color = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{attribute}")
    channels = np.array([int(c) for c in re.findall(r"\d+", color)[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (844, 390)])
def test_a_finger_draws_on_a_phone_and_nothing_scrolls(visit: Visit, width: int, height: int) -> None:
    phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    page = visit(viewport={"width": width, "height": height}, **phone)
    box = page.locator("#board").bounding_box()
    assert box is not None
    chrome = page.context.new_cdp_session(page)
    for stroke in STROKES["7 crossed"]:
        for i, (x, y) in enumerate(stroke):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            kind = "touchMove" if i else "touchStart"
            chrome.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        chrome.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert settled(page).startswith("7, ")
    assert page.evaluate("() => [scrollX, scrollY]") == [0, 0]
    assert page.evaluate("() => document.documentElement.scrollWidth") == width
    digit = page.locator("#digit").bounding_box()
    assert digit is not None
    assert digit["y"] + digit["height"] <= height, "the answer is seen without scrolling"
    for button in page.locator(".tools button").all():
        target = button.bounding_box()
        assert target is not None
        assert min(target["width"], target["height"]) >= 40, "large enough for a thumb"


def test_motion_is_stilled_for_those_who_ask(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    moving = "getComputedStyle(document.querySelector('.bars i'), '::before').transitionDuration"
    assert page.evaluate(moving) == "0s"


def test_the_page_works_below_a_prefix_that_the_application_never_sees(visit: Visit) -> None:
    async def stage(scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the stage off the path, as a REST API does before it calls the function."""
        assert scope["path"].startswith("/stage/"), scope["path"]
        await app({**scope, "path": scope["path"].removeprefix("/stage")}, receive, send)

    with serve(stage) as address:
        page = visit(f"{address}stage/")
        draw(page, STROKES["2"])
        assert settled(page).startswith("2, ")
        page.close()


def test_the_policy_allows_nothing_inline_and_nobody_else(site: str) -> None:
    policy = patient.get(site).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("path", ["", "docs"])
def test_pages_tell_no_other_site_where_they_are_and_stay_on_https(site: str, path: str) -> None:
    headers = patient.get(site + path).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"] == "max-age=63072000"


def test_the_docs_are_shown_without_another_site(visit: Visit, site: str) -> None:
    page = visit()
    page.goto(f"{site}docs")
    expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=15_000)
    expect(page.locator("body")).to_contain_text("/mnist/classify")


def test_the_page_is_under_48_kb() -> None:
    assert sum(file.stat().st_size for file in PAGE.iterdir()) < 48_000


# ---- Pages of other sites

ASK = """async ([url, body]) => {
  const headers = {"content-type": "application/json"};
  const answer = await fetch(`${url}/predict`, {method: "POST", headers, body});
  return [(await answer.json()).prediction, answer.headers.has("x-request-id")];
}"""


async def foreign(_: Scope, __: Receive, send: Send) -> None:
    """Answer with a page of another site."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>Another site</title>"})


def test_a_page_of_another_origin_may_ask_where_the_setting_names_it(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    body = predict_body(5)
    with serve(foreign) as other:
        origin = other.rstrip("/")
        page = browser.new_page()
        page.goto(other)
        with serving(tmp_path / "log", CORS_ORIGINS=f"https://a.example,{origin}") as url:
            assert page.evaluate(ASK, [url, body]) == ["5", True]
        with pytest.raises(PlaywrightError, match="Failed to fetch"):
            page.evaluate(ASK, [site.rstrip("/"), body])
        page.close()
