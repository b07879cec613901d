"""The command `digits` against a server that answers anything: a word and an exit code, never a traceback."""

import gzip
import json
import os
import resource
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from digits_client.cli import app
from events.draw import png

CODES = {0, 1, 3, 4}  # all read, some not read, no answer, refused
LONGEST = 20_000  # characters that a command may print about three pictures
Json = Any


class Raw(socketserver.ThreadingTCPServer):
    """A server that answers every request with the same bytes."""

    daemon_threads = True
    allow_reuse_address = True
    answer = b""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Exchange(socketserver.StreamRequestHandler):
    """One request and its answer."""

    server: Raw

    def handle(self) -> None:
        """Read a request whole, then answer and close."""
        size = 0
        while (line := self.rfile.readline()) not in {b"\r\n", b""}:
            if line.lower().startswith(b"content-length:"):
                size = int(line.partition(b":")[2])
        self.rfile.read(size)
        try:
            self.wfile.write(self.server.answer)
        except OSError:
            return


@contextmanager
def raw_server() -> Iterator[Raw]:
    """Serve on a loopback port, from a thread."""
    with Raw(("127.0.0.1", 0), Exchange) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def hostile() -> Iterator[Raw]:
    """Yield a server whose answer a test sets."""
    with raw_server() as server:
        yield server


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of three digits."""
    folder = tmp_path_factory.mktemp("pictures")
    for digit in range(3):
        (folder / f"{digit}.png").write_bytes(png(digit))
    return folder


def run(*arguments: str) -> Result:
    """Run the command in its own thread: asyncio.run leaves a thread without the loop that Mangum wants."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(CliRunner().invoke, app, arguments).result()


def ask(server: Raw, *arguments: object) -> str:
    """Run the command; it must end by itself, with a code for scripts and nothing that moves a terminal."""
    options = ["--server", server.url, "--retries", "0", "--timeout", "5"]
    done = run(*map(str, arguments), *options)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in CODES
    assert all(each.isprintable() or each == "\n" for each in done.output), ascii(done.output)
    assert len(done.output) < LONGEST
    return done.output


def http(body: bytes, status: int = 200, *headers: str) -> bytes:
    """Return an answer as it goes over the wire."""
    head = [f"HTTP/1.1 {status} As you like", f"content-length: {len(body)}", *headers, "connection: close"]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


FLAT = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**400), 10**400, 0.1, 1, 7, 2**63]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "7", "٣", "²", "\x1b[31m", "\u202e", "=cmd()", "\ud800", "a\r\nb", "[red]x[/red]"]),
)
ANY: st.SearchStrategy[Json] = st.recursive(
    FLAT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def mostly(usual: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Return what the contract has in most places, and anything in the others."""
    return st.integers(0, 9).flatmap(lambda roll: usual if roll else ANY)


SHARE = mostly(st.floats(0, 1))
BOX = mostly(st.lists(mostly(st.integers(0, 999_999)), min_size=4, max_size=4))
DIGIT = mostly(st.fixed_dictionaries({"class": mostly(st.integers(0, 9)), "probability": SHARE, "box": BOX}))
NUMBER = mostly(
    st.fixed_dictionaries(
        {
            "text": mostly(st.just("42")),
            "probability": SHARE,
            "box": BOX,
            "digits": st.lists(DIGIT, max_size=2),
        },
        optional={"name": ANY},
    )
)
PAGE = st.fixed_dictionaries(
    {
        "text": mostly(st.sampled_from(["42", "4 2", "4\n2"])),
        "numbers": st.lists(NUMBER, max_size=3),
        "size": mostly(st.just([64, 64])),
    },
    optional={"fields": mostly(st.lists(NUMBER, max_size=2))},
)
READING = mostly(
    st.fixed_dictionaries(
        {"class": mostly(st.integers(0, 9)), "probability": SHARE},
        optional={
            "probabilities": mostly(st.lists(SHARE, min_size=10, max_size=10)),
            "digit_score": SHARE,
            "is_digit": ANY,
        },
    )
)
READINGS = st.fixed_dictionaries({"responses": mostly(st.lists(READING, min_size=3, max_size=3))})
FAULT = mostly(
    st.fixed_dictionaries(
        {"pointer": mostly(st.from_regex(r"/requests/(-?\d{1,3}|x|٣)(/image)?", fullmatch=True))},
        optional={"detail": ANY, "type": mostly(st.just("urn:problem-type:digits:image-too-large"))},
    )
)
PROBLEM = st.fixed_dictionaries(
    {}, optional={"detail": ANY, "message": ANY, "errors": mostly(st.lists(FAULT, max_size=4))}
)
STATUS = st.sampled_from(
    [200, 200, 200, 202, 204, 304, 307, 400, 401, 404, 413, 422, 429, 500, 503, 599, 999]
)
HEADER = st.sampled_from(
    [
        "content-type: text/plain; charset=idna",
        "content-type: text/plain; charset=utf-7",
        "content-type: text/plain; charset=hex",
        "content-type: application/json; charset=\xe4",
        "content-encoding: gzip",
        "content-encoding: gzip, gzip",
        "content-encoding: br",
        "content-encoding: zstd",
        "content-encoding: deflate, \xff",
        "location: http://[::1",
        "location: http://a:99999999/",
        "location: //\xe4\xf6.\xfc/",
        "location: javascript:alert(1)",
        "retry-after: \xb2",
        "retry-after: " + "9" * 5000,
        "set-cookie: a=b; expires=Fri, 31 Dec 999999999 23:59:59 GMT; domain=..",
        "set-cookie: =;;;=\xff",
        "transfer-encoding: chunked",
        "content-length: 7",
        "upgrade: websocket",
        "x: " + "y" * 60_000,
    ]
)
TEXT = st.one_of(
    (READINGS | PAGE | PROBLEM | ANY).map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"NaN"]
    ),
)
COMMANDS = st.sampled_from(
    [
        ["classify"],
        ["classify", "--csv"],
        ["classify", "--json"],
        ["read"],
        ["read", "--csv"],
        ["read", "--json"],
    ]
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COMMANDS, TEXT, STATUS, st.lists(HEADER, max_size=2))
def test_any_answer_ends_in_a_word_and_a_code(
    hostile: Raw, pictures: Path, command: list[str], body: bytes, status: int, headers: list[str]
) -> None:
    hostile.answer = http(body, status, *headers)
    ask(hostile, *command, pictures)


@settings(max_examples=60)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 ", b"HTTP/1.1 100 Go on\r\n\r\n"]),
)
def test_any_bytes_end_in_a_word_and_a_code(hostile: Raw, pictures: Path, tail: bytes, head: bytes) -> None:
    hostile.answer = head + tail
    ask(hostile, "classify", pictures)


@settings(max_examples=60)
@given(PAGE)
def test_any_page_is_drawn_or_refused(
    hostile: Raw, pictures: Path, tmp_path_factory: pytest.TempPathFactory, page: Json
) -> None:
    hostile.answer = http(json.dumps(page).encode())
    ask(hostile, "read", pictures / "1.png", "--annotate", tmp_path_factory.getbasetemp() / "drawn")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 100 Go on\r\n\r\n" * 1_000_000, id="endless advice to go on"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 3_000_000, id="headers without end"),
        pytest.param(
            http(b"ffffffffffffffffff\r\n", 200, "transfer-encoding: chunked"), id="a chunk of 2^72 bytes"
        ),
        pytest.param(
            http(gzip.compress(gzip.compress(bytes(1 << 29))), 200, "content-encoding: gzip, gzip"),
            id="512 MB packed twice",
        ),
    ],
)
def test_much_from_little_takes_little(hostile: Raw, pictures: Path, answer: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    hostile.answer = answer
    assert "No answer" in ask(hostile, "classify", pictures)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_names_of_any_bytes_are_shown_without_moving_a_terminal(hostile: Raw, tmp_path: Path) -> None:
    for name in (b"\xff.png", b"\x1b[31m.png", b"two\nlines.png", b"[red].png", b".\x07"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(png(1))
    hostile.answer = http(json.dumps({"responses": [{"class": 7, "probability": 0.5}] * 4}).encode())
    table = ask(hostile, "classify", tmp_path)
    assert "[red].png" in table
    assert "two lines.png" in table
    assert "\\udcff.png" in ask(hostile, "classify", tmp_path, "--json")
    assert run("classify", str(tmp_path), "-s", hostile.url, "--csv").exit_code == 0


def test_a_folder_that_cannot_be_made_for_drawn_pictures_is_said(hostile: Raw, pictures: Path) -> None:
    hostile.answer = http(b'{"text": "", "numbers": [], "size": [9, 9]}')
    picture = str(pictures / "1.png")
    done = run("read", picture, "-s", hostile.url, "--annotate", picture)
    assert done.exit_code == 2
    assert "File exists" in " ".join(done.output.replace("│", " ").split())


def test_a_number_higher_than_its_picture_is_drawn_at_most_a_quarter_as_high(
    hostile: Raw, pictures: Path, tmp_path: Path
) -> None:
    """A server may say that a number is 999,999 pixels high; such letters would take all memory."""
    number = {"text": "1", "probability": 1, "box": [0, 0, 9, 999_999], "digits": []}
    hostile.answer = http(json.dumps({"text": "1", "numbers": [number], "size": [9, 9]}).encode())
    ask(hostile, "read", pictures / "1.png", "--annotate", tmp_path)
    assert (tmp_path / "0000-1.png").exists()
