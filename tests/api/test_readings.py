"""A batch is read within limits of its own, which a caller is told."""

from functools import partial

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api import journal
from api.app import model
from api.problems import Problem
from api.readings import read_items
from digits.recognize import Item, Limits, Reader
from tests.samples.drawings import draw, encode
from tests.samples.hostile import large_sliver


@pytest.fixture(autouse=True)
def _request() -> None:
    journal.begin("a request")


def items(*files: bytes) -> dict[str, Item]:
    return {f"/{place}": partial(bytes, file) for place, file in enumerate(files)}


def limited(batch_pixels: int) -> Reader:
    return Reader(model, Limits(batch_pixels=batch_pixels))


def test_a_batch_may_have_as_many_pixels_as_the_limit_says() -> None:
    picture = encode(draw(7, 200))
    reader = limited(3 * 200 * 200)
    assert [r.digit for r in read_items(reader, items(*[picture] * 3))] == [7] * 3
    with pytest.raises(Problem) as refused:
        read_items(reader, items(picture, b"", *[picture] * 3, encode(draw(1, 8))))
    assert [fault["pointer"] for fault in refused.value.errors] == ["/1", "/4", "/5"]
    assert refused.value.errors[1]["detail"] == (
        "A batch may have 120,000 pixels in all. Received: 40,000 after 120,000"
    )


def test_large_pictures_count_with_all_that_is_decoded_of_them() -> None:
    """However much they are reduced while that is done."""
    large = encode(np.zeros((2400, 2400), np.uint8))
    assert len(read_items(limited(2 * 2400**2), items(large, large))) == 2
    with pytest.raises(Problem, match="1 of 2"):
        read_items(limited(2 * 2400**2 - 1), items(large, large))


def test_a_single_picture_is_held_to_its_own_limit_alone(client: TestClient) -> None:
    answer = client.post("/predict", content=large_sliver(), headers={"content-type": "image/png"})
    assert answer.status_code == 200
