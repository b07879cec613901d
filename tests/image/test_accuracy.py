"""MNIST's test images through `make serve`, by both contracts. The whole test set is `make evaluate`'s."""

import base64
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from training.data import mnist as training_mnist

COUNT = 1_000
BATCH = 64
PREDICT_FIELDS = {"prediction", "probability", "probabilities", "is_digit", "digit_score", "model"}
CLASSIFY_FIELDS = {"class", "probability", "probabilities", "is_digit", "digit_score"}


@pytest.fixture(scope="module")
def mnist() -> tuple[training_mnist.Images, training_mnist.Labels]:
    """Return the first test images and their labels."""
    path = training_mnist.mnist_path()
    if path is None:
        pytest.skip("MNIST is not at hand: neither MNIST_PATH nor Keras' cache has it")
    loaded = training_mnist.load(path)
    return loaded.x_test[:COUNT], loaded.y_test[:COUNT]


def check(answer: dict[str, Any], read: int) -> None:
    """Assert what holds for every answer, of either contract."""
    probabilities = answer["probabilities"]
    assert len(probabilities) == 10
    assert sum(probabilities) == pytest.approx(1, abs=1e-3)
    assert answer["probability"] == max(probabilities) == probabilities[read]
    assert 0 <= answer["digit_score"] <= 1


def png(image: training_mnist.Images) -> str:
    """Return an image as a PNG file in base64."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")


def test_predict_reads_mnist(server: str, mnist: tuple[training_mnist.Images, training_mnist.Labels]) -> None:
    read = []
    with httpx.Client(base_url=server, timeout=60) as client:
        for image in mnist[0]:
            response = client.post("/predict", json={"data": image.tolist()})
            assert response.status_code == 200, response.text
            answer = response.json()
            assert answer.keys() == PREDICT_FIELDS
            read.append(int(answer["prediction"]))
            check(answer, read[-1])
    assert np.mean(read == mnist[1]) >= 0.99


def test_classify_reads_mnist_in_batches(
    server: str, mnist: tuple[training_mnist.Images, training_mnist.Labels]
) -> None:
    read: list[int] = []
    with httpx.Client(base_url=server, timeout=60) as client:
        for start in range(0, COUNT, BATCH):
            batch = [{"image": png(image)} for image in mnist[0][start : start + BATCH]]
            response = client.post("/mnist/classify", json={"requests": batch})
            assert response.status_code == 200, response.text
            answers = response.json()["responses"]
            assert len(answers) == len(batch)
            for answer in answers:
                assert answer.keys() == CLASSIFY_FIELDS
                read.append(answer["class"])
                check(answer, read[-1])
    assert np.mean(read == mnist[1]) >= 0.99
