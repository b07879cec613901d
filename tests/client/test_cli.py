"""The command `digits` against the real application."""

import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

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
    assert done.stderr == ""


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
    assert 0 < found["p50"] <= found["p90"] <= found["p99"] <= found["longest"]
    assert found["per_second"] > 0
    assert "p99" in digits("bench", "-n", 3, "-s", server).stdout


def test_folders_files_and_globs_name_each_picture_once(folder: Path) -> None:
    found = files.find([f"{folder}/0.*", str(folder), str(folder / "notes.txt")])
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
