"""The command `digits` against the real application."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digits_client import files, mnist
from digits_client.errors import DatasetError, ImageUnreadable
from events.draw import draw, png
from tests.project import ROOT
from tests.servers import free_port
from training.data import mnist as training_mnist


def digits(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its installation does."""
    command = [sys.executable, "-m", "digits_client", *map(str, arguments)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DIGITS_")}
    paths = {"PYTHONPATH": str(ROOT / "client/src"), "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(
        command, env=inherited | paths | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of the ten digits, one of them below another folder, beside a text."""
    (tmp_path / "more").mkdir()
    for digit in range(10):
        place = tmp_path / "more" if digit == 9 else tmp_path
        (place / f"{digit}.png").write_bytes(png(digit))
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """Return a file like MNIST's with two of each digit, and two labels that are wrong."""
    labels = np.arange(20) % 10
    images = np.stack([draw(digit) for digit in labels.tolist()])
    labels[:2] = [5, 5]
    path = tmp_path / "mnist.npz"
    np.savez(path, x_test=images, y_test=labels.astype(np.uint8))
    return path


def test_a_folder_is_read_to_a_table(server: str, folder: Path) -> None:
    done = digits("classify", folder, "--server", f"{server}/")
    assert done.returncode == 0, done.stderr
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["file", "digit", "probability", "digit?"]
    assert [line.split()[1] for line in lines] == list("0123456789")
    assert done.stderr == "Skipped 1 files whose names are not those of pictures: 1 .txt\n"


def test_files_are_read_to_json_with_the_address_from_the_environment(server: str, folder: Path) -> None:
    done = digits("classify", folder / "3.png", folder / "7.png", "--json", DIGITS_SERVER=server)
    assert done.returncode == 0, done.stderr
    three, seven = json.loads(done.stdout)
    assert (three["file"], three["digit"], seven["digit"]) == (str(folder / "3.png"), 3, 7)
    assert len(seven["probabilities"]) == 10


def test_a_glob_is_read_to_csv(server: str, folder: Path) -> None:
    done = digits("classify", f"{folder}/[0-4].png", "-s", server, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["digit"] for row in rows] == list("01234")
    assert {row["is_digit"] for row in rows} == {"True"}


def test_a_picture_that_cannot_be_read_fails_alone(server: str, folder: Path) -> None:
    done = digits("classify", folder / "notes.txt", folder / "4.png", "-s", server, "--json")
    assert done.returncode == 1
    notes, four = json.loads(done.stdout)
    assert "Not an image" in notes["error"]
    assert four["digit"] == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ["classify"],
        ["classify", "none.png"],
        ["classify", "*.nothing"],
        ["classify", ".", "--json", "--csv"],
        ["classify", ".", "--mnist", "mnist.npz"],
        ["classify", "--mnist", "none.npz"],
        ["classify", __file__, "--server", "ftp://localhost"],
        ["bench", "none.png"],
        ["draw", "--server", "ftp://localhost"],
    ],
)
def test_wrong_usage_ends_with_2_and_a_word(arguments: list[str]) -> None:
    done = digits(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_no_server_ends_with_3_and_a_word(folder: Path) -> None:
    done = digits("classify", folder, "-s", f"127.0.0.1:{free_port()}", "--retries", 0)
    assert done.returncode == 3
    assert "No answer from" in done.stderr
    assert done.stdout == ""


def test_mnist_from_a_file_gives_accuracy_and_confusion(server: str, npz: Path) -> None:
    done = digits("classify", "--mnist", npz, "-s", server)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("18 of 20 right: 90.00 %")
    scored = json.loads(digits("classify", "--mnist", npz, "-s", server, "--json").stdout)
    assert (scored["total"], scored["right"], scored["refused"]) == (20, 18, 0)
    assert (scored["confusion"][5][0], scored["confusion"][5][1], scored["confusion"][5][5]) == (1, 1, 2)


def test_the_first_of_mnists_images_can_be_asked_for(server: str, npz: Path) -> None:
    done = digits("classify", "--mnist", npz, "--download-mnist", 5, "-s", server, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["file"], row["digit"]) for row in rows][1:] == [
        ("1-5", "1"),
        ("2-2", "2"),
        ("3-3", "3"),
        ("4-4", "4"),
    ]


def test_mnist_itself_is_read(server: str) -> None:
    path = training_mnist.mnist_path()
    if path is None:
        pytest.skip("MNIST is not at hand: neither MNIST_PATH nor Keras' cache has it")
    done = digits("classify", "--mnist", path, "--download-mnist", 500, "-s", server, "--json")
    assert json.loads(done.stdout)["accuracy"] > 0.97


def test_draw_opens_the_page(server: str, tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{opened}\n')
    browser.chmod(0o755)
    done = digits("draw", "-s", server, BROWSER=f"{browser} %s")
    assert done.returncode == 0, done.stderr
    assert opened.read_text() == f"{server}/"
    assert done.stdout.strip() == f"{server}/"


def test_bench_gives_percentiles(server: str, folder: Path) -> None:
    arguments = [
        "bench",
        folder / "8.png",
        "-n",
        30,
        "--concurrency",
        2,
        "--batch",
        2,
        "-s",
        server,
        "--json",
    ]
    found = json.loads(digits(*arguments).stdout)
    assert (found["requests"], found["failed"]) == (30, 0)
    assert 0 < found["p50_ms"] <= found["p90_ms"] <= found["p99_ms"] <= found["longest_ms"]
    assert found["answers_per_second"] > 0
    assert "p99" in digits("bench", "-n", 3, "-s", server).stdout


def test_folders_files_and_globs_name_each_picture_once(folder: Path) -> None:
    found, skipped = files.find([f"{folder}/0.*", str(folder), str(folder / "notes.txt")])
    assert skipped == {".txt": 1}
    assert [path.name for path in found] == [*(f"{digit}.png" for digit in range(10)), "notes.txt"]
    with pytest.raises(ImageUnreadable, match=r"nothing\*"):
        files.find([f"{folder}/nothing*"])


@pytest.fixture
def source(npz: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve the file like MNIST's, and note what is asked for."""
    asked: list[str] = []

    class Source(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/mnist.npz" else 404)
            self.end_headers()
            self.wfile.write(npz.read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Source) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


def test_mnist_is_fetched_once_and_checked(source: tuple[str, list[str]], npz: Path, tmp_path: Path) -> None:
    address, asked = source
    sha256 = mnist._digest(npz.read_bytes())
    folder = tmp_path / "cache"
    for _ in range(2):
        path = mnist.fetch(folder, f"{address}/mnist.npz", sha256)
    images, labels = mnist.load(path, 3)
    assert (images.shape, labels) == ((3, 28, 28), [5, 5, 2])
    assert asked == ["/mnist.npz"]
    with pytest.raises(DatasetError, match=f"Received: {sha256}"):
        mnist.fetch(tmp_path / "other", f"{address}/mnist.npz")
    with pytest.raises(DatasetError, match="404"):
        mnist.fetch(tmp_path / "other", f"{address}/none.npz")
    assert not (tmp_path / "other").exists()


def test_a_file_that_is_not_mnist_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, x_test=np.zeros((2, 8, 8), np.uint8), y_test=np.zeros(2))
    with pytest.raises(DatasetError, match=r"\(2, 8, 8\)"):
        mnist.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(DatasetError, match=r"other\.npz"):
        mnist.load(path)


def test_the_version_is_printed_and_a_bare_command_shows_the_help() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", digits("--version").stdout)
    bare = digits()
    assert bare.returncode == 2
    assert "classify" in bare.stdout


def test_a_picture_comes_by_standard_input(server: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "digits_client", "classify", "-", "-s", server, "--json"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "client/src")},
        input=png(6),
        capture_output=True,
        check=True,
    )
    (six,) = json.loads(done.stdout)
    assert (six["file"], six["digit"]) == ("-", 6)


def test_a_folder_without_pictures_says_what_it_skipped(tmp_path: Path) -> None:
    (tmp_path / "film.mov").write_bytes(b"")
    done = digits("classify", tmp_path)
    assert done.returncode == 2
    assert "The folder holds no picture" in done.stderr
    assert "1 .mov" in done.stderr


def test_exit_codes_tell_no_answer_from_a_refusal(server: str, folder: Path) -> None:
    picture = folder / "3.png"
    silent = digits("classify", picture, "-s", f"127.0.0.1:{free_port()}", "--retries", 0)
    refused = digits("classify", picture, "-s", f"{server}/none", "--retries", 0)
    assert (silent.returncode, refused.returncode) == (3, 4)


def test_names_that_a_spreadsheet_would_run_are_neutralised_in_csv(server: str, folder: Path) -> None:
    (folder / "=cmd.png").write_bytes(png(2))
    done = subprocess.run(
        [sys.executable, "-m", "digits_client", "classify", "=cmd.png", "-s", server, "--csv"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "client/src")},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["file"], row["digit"]) == ("'=cmd.png", "2")


PAGE = {
    "text": "42",
    "numbers": [
        {
            "text": "42",
            "probability": 0.97,
            "box": [4, 4, 20, 20],
            "digits": [
                {"class": 4, "probability": 0.99, "box": [4, 4, 9, 20]},
                {"class": 2, "probability": 0.98, "box": [14, 4, 10, 20]},
            ],
        }
    ],
    "size": [28, 28],
    "model": "2.0.0",
}


@pytest.fixture
def reader() -> Iterator[tuple[str, list[Any]]]:
    """Serve an answer for each route that knows numbers, and note what was asked."""
    asked: list[Any] = []

    class Reader(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            feedback = self.path == "/feedback"
            answer = json.dumps({"id": "ab" * 32} if feedback else PAGE).encode()
            self.send_response(202 if feedback else 200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Reader) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()
        thread.join()


def test_numbers_are_read_to_a_table_csv_and_json(reader: tuple[str, list[Any]], folder: Path) -> None:
    server, asked = reader
    arguments = ["read", folder / "4.png", "-s", server, "--length", 2]
    assert "42" in digits(*arguments).stdout
    (row,) = csv.DictReader(io.StringIO(digits(*arguments, "--csv").stdout))
    assert (row["text"], row["x"], row["height"]) == ("42", "4", "20")
    (page,) = json.loads(digits(*arguments, "--json").stdout)
    assert page["numbers"][0]["digits"][1]["digit"] == 2
    assert [each["length"] for each in asked] == [2, 2, 2]


def test_a_form_is_sent_and_annotated_pictures_are_written(
    reader: tuple[str, list[Any]], folder: Path
) -> None:
    server, asked = reader
    form = folder / "form.json"
    form.write_text(json.dumps([{"name": "amount", "box": [0, 0, 28, 28], "length": 2}]))
    done = digits("read", folder / "4.png", "-s", server, "--fields", form, "--annotate", folder / "out")
    assert done.returncode == 0, done.stderr
    assert asked[0]["fields"][0]["name"] == "amount"
    with Image.open(folder / "out" / "0000-4.png") as drawn, Image.open(folder / "4.png") as plain:
        assert drawn.size == plain.size
        assert drawn.convert("RGB").tobytes() != plain.convert("RGB").tobytes()


@pytest.mark.parametrize("form", ["{", "[1]", '{"fields": 3}'])
def test_a_form_that_is_none_is_refused(folder: Path, form: str) -> None:
    (folder / "form.json").write_text(form)
    done = digits("read", folder / "4.png", "--fields", folder / "form.json")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("right", "sent"), [("7", 7), ("none", None)])
def test_a_correction_is_sent(
    reader: tuple[str, list[Any]], folder: Path, right: str, sent: int | None
) -> None:
    server, asked = reader
    done = digits("feedback", folder / "4.png", "--class", right, "-s", server)
    assert done.stdout.strip() == "ab" * 32
    assert asked[0]["class"] == sent


def test_a_correction_is_of_a_digit_or_none(folder: Path) -> None:
    assert digits("feedback", folder / "4.png", "--class", "x").returncode == 2
