"""Every parser against what Hypothesis makes up: an answer or a problem, and no other exception."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import model
from api.handler import handler
from api.problems import Problem
from api.protocols.tensors import file_bytes, images
from api.schemas import parse_batch, parse_item, parse_object, parse_picture
from digits.base64_text import decode_base64
from digits.errors import DigitsError, InvalidImage
from digits.images import decode
from digits.raster import Grey
from events.draw import png
from events.sources import http_v2
from tests.samples.drawings import draw_mnist, encode
from tests.samples.hostile import FORMATS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)
FILES = [encode(draw_mnist(4), kind) for kind in FORMATS]
REFUSED = (Problem, DigitsError)


def read_picture(body: bytes) -> bytes | Grey:
    return parse_picture(parse_object(body))


@contextmanager
def clear_refusals() -> Iterator[None]:
    """Let refusals pass that end with what was received; any other exception fails the test."""
    try:
        yield
    except REFUSED as refusal:
        if "Received: " not in str(refusal):
            raise AssertionError(refusal) from refusal


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_as_json(body: bytes) -> None:
    for parse in (parse_object, read_picture, lambda given: parse_batch(given, 64)):
        with clear_refusals():
            parse(body)


@given(JSON)
def test_any_json_as_any_body(document: Any) -> None:
    for body in (document, {"data": document}, {"requests": document}, {"requests": [document]}):
        text = json.dumps(body).encode()
        for parse in (read_picture, lambda given: [*map(parse_item, parse_batch(given, 64))]):
            with clear_refusals():
                parse(text)


@given(st.text("normalizexp=&%20+autoevrs1", max_size=60))
def test_any_query(query: str) -> None:
    event = http_v2("POST", "/predict", png(7), "image/png", rawQueryString=query)
    answer = handler(event, None)
    assert answer["statusCode"] in {200, 422}


@given(st.text() | st.text("ABCDabcd0129+/-_= \n"))
def test_any_text_as_base64(text: str) -> None:
    with clear_refusals():
        assert isinstance(decode_base64(text), bytes)


@given(st.binary(min_size=1))
def test_any_bytes_survive_base64_in_every_spelling(data: bytes) -> None:
    for encoder in (base64.b64encode, base64.urlsafe_b64encode):
        text = encoder(data).decode()
        for spelling in (text, text.rstrip("="), f"data:image/png;base64,{text}", f" {text}\n"):
            assert decode_base64(spelling) == data


@given(st.sampled_from(FILES), st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=8)), max_size=6))
def test_any_damage_to_a_picture(file: bytes, damages: list[tuple[int, bytes]]) -> None:
    for place, data in damages:
        start = place % len(file)
        file = file[:start] + data + file[start + len(data) :]
    with clear_refusals():
        grey = decode(file, 1_000_000)
        assert grey.ndim == 2


@given(st.binary(max_size=200))
def test_any_bytes_as_a_picture(data: bytes) -> None:
    with pytest.raises(InvalidImage, match="Received: "):
        decode(data)


TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "shape": st.lists(st.integers(-1, 30) | st.integers()) | JSON,
        "datatype": st.sampled_from(["UINT8", "INT32", "INT64", "FP32", "FP64", "BYTES", "BOOL"]) | JSON,
        "data": st.lists(st.integers(0, 255)) | JSON,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(0, 40) | JSON}) | JSON,
    },
)


@given(TENSORS, st.binary(max_size=40))
def test_any_tensor(tensor: dict[str, Any], blob: bytes) -> None:
    with clear_refusals():
        for element in images(tensor, blob):
            file_bytes(element)


MEMBERS = (
    "version requestContext headers body httpMethod path rawPath rawQueryString resource isBase64Encoded"
)


@given(JSON | st.dictionaries(st.sampled_from(MEMBERS.split()), JSON))
def test_any_event(event: Any) -> None:
    answer = handler(event, None)
    assert answer == {"status": "ok", "model": model.version} or answer["statusCode"] < 500
