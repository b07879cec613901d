"""The client's behavior toward servers that answer anything at all."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from digits_client import Client, DigitsClientError, Refused, Unreachable
from digits_client.answers import plain
from digits_client.transport import MAX_ANSWER
from events.draw import png

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve one kind of answer to every POST and GET on loopback; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer(self)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def body(content: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def responses(**members: Any) -> bytes:
    return json.dumps({"responses": [{"class": 7, "probability": 0.9, **members}]}).encode()


STRANGE = {
    "a class beyond 9": responses(**{"class": 10}),
    "a class that is text": responses(**{"class": "7"}),
    "a class that is true": responses(**{"class": True}),
    "a probability above 1": responses(probability=1.5),
    "a probability that is NaN": responses(probability=float("nan")),
    "nine probabilities": responses(probabilities=[0.1] * 9),
    "probabilities that are text": responses(probabilities=["0.1"] * 10),
    "a score below 0": responses(digit_score=-1),
    "nothing": b"",
    "no JSON": b"<html>",
    "JSON nested too deep": b"[" * 100_000,
    "an integer of too many digits": b'{"responses": [{"class": ' + b"9" * 5000 + b"}]}",
    "not UTF-8": b"\xff\xfe\x00",
    "an array": b"[]",
    "a null": b"null",
}


@pytest.mark.parametrize("ask", [Client.predict, Client.read])
@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_an_answer_that_is_not_the_contracts_is_refused(content: bytes, ask: Callable[..., object]) -> None:
    with (
        serving(body(content)) as url,
        Client(url, retries=0) as client,
        pytest.raises(Refused, match="not one that Digits gives"),
    ):
        ask(client, png(7))


@pytest.mark.parametrize("pointer", ["/requests/7/image", "/requests/-1", "/requests/" + "9" * 5000, "x", 3])
def test_a_fault_of_no_picture_that_was_sent_is_the_whole_requests(pointer: object) -> None:
    problem = json.dumps({"detail": "bad", "errors": [{"pointer": pointer}]}).encode()
    with (
        serving(body(problem, 422)) as url,
        Client(url, retries=0) as client,
        pytest.raises(Refused, match="bad"),
    ):
        client.predict(png(7))


def test_what_a_server_says_reaches_a_terminal_without_control_characters() -> None:
    detail = "red \x1b[31m and a title \x1b]0;x\x07 \r\n\u202e" + "long " * 500
    problem = json.dumps({"detail": detail}).encode()
    with (
        serving(body(problem, 403)) as url,
        Client(url, retries=0) as client,
        pytest.raises(Refused) as raised,
    ):
        client.health()
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 600


def test_plain_text_stays_as_it_is() -> None:
    assert plain("Received: 2 values – né à Zürich") == "Received: 2 values – né à Zürich"


def test_an_answer_without_end_is_given_up() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(65_536))
        except OSError:
            pass

    with (
        serving(endless) as url,
        Client(url, retries=0) as client,
        pytest.raises(Refused, match="more than"),
    ):
        client.health()


def test_an_answer_that_unpacks_to_too_much_is_given_up() -> None:
    bomb = gzip.compress(bytes(2 * MAX_ANSWER))
    with (
        serving(body(bomb, content_encoding="gzip")) as url,
        Client(url, retries=0) as client,
        pytest.raises(Refused, match="more than"),
    ):
        client.health()


def test_an_answer_whose_encoding_is_broken_is_no_answer() -> None:
    with (
        serving(body(b"nothing", content_encoding="gzip")) as url,
        Client(url, retries=0) as client,
        pytest.raises(Unreachable, match="encoding"),
    ):
        client.health()


def test_an_answer_that_drips_is_given_up_before_it_ends() -> None:
    given_up, ended = threading.Event(), threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(600):  # a minute
            if given_up.wait(0.1):
                return
            with suppress(OSError):
                handler.wfile.write(b" ")
        ended.set()

    with serving(drip) as url, Client(url, retries=0, timeout=0.5) as client:
        with pytest.raises(Unreachable, match=r"within 0\.5 seconds"):
            client.health()
        assert not ended.is_set()
        given_up.set()


def test_every_error_has_the_root_that_callers_catch() -> None:
    with (
        serving(body(b"", 500)) as url,
        Client(url, retries=0) as client,
        pytest.raises(DigitsClientError),
    ):
        client.read(png(7))
