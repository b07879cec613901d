"""The Open Inference Protocol, with Triton's own client and without."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient import http as triton
from tritonclient.utils import InferenceServerException

from events.draw import base64_text, draw, png
from tests import patient
from tests.project import ROOT

DIGITS = np.stack([draw(digit) for digit in range(10)])
MAJOR = json.loads((ROOT / "layers/model/model.json").read_text())["version"].partition(".")[0]
OUTPUTS = {
    "class": ("INT64", [-1]),
    "probability": ("FP32", [-1]),
    "probabilities": ("FP32", [-1, 10]),
    "is_digit": ("BOOL", [-1]),
    "digit_score": ("FP32", [-1]),
}
NUMBERS: dict[str, NDArray[Any]] = {
    "UINT8": DIGITS,
    **{kind: DIGITS.astype(kind.lower()) for kind in ("UINT16", "UINT32", "UINT64", "INT16")},
    "INT8": (DIGITS > 127).astype(np.int8),
    "BOOL": DIGITS > 127,
    "FP16": (DIGITS / 255).astype(np.float16),
    "INT32": DIGITS.astype(np.int32),
    "INT64": DIGITS.astype(np.int64),
    "FP32": (DIGITS / 255).astype(np.float32),
    "FP64": DIGITS / 255,
}
SHAPES = [(10, 28, 28), (10, 28, 28, 1), (10, 1, 28, 28), (10, 784)]
FILES = np.array([png(digit) for digit in range(10)], dtype=np.object_)
TEXTS = np.array([base64_text(file) for file in FILES], dtype=np.object_)
ONE: dict[str, Any] = {"name": "image", "shape": [1, 28, 28], "datatype": "UINT8", "data": DIGITS[1].tolist()}
REFUSED = {
    "no inputs": ({}, '"inputs"'),
    "half a character as id": ({"inputs": [ONE], "id": "\ud83d"}, '"id" must be Unicode text'),
    "two inputs": ({"inputs": [ONE, ONE]}, "an array of 2"),
    "another input": ({"inputs": [ONE | {"name": "x"}]}, "Received: 'x'"),
    "no shape": ({"inputs": [ONE | {"shape": None}]}, '"shape"'),
    "a negative size": ({"inputs": [ONE | {"shape": [-2, 28, 28]}]}, '"shape"'),
    "two open sizes": ({"inputs": [ONE | {"shape": [-1, -1, 28]}]}, "One size may be -1"),
    "another shape": ({"inputs": [ONE | {"shape": [28, 28]}]}, "[n, h, w]"),
    "too few elements": ({"inputs": [ONE | {"data": [1, 2]}]}, "784 elements. Received: 2"),
    "a number beyond": ({"inputs": [ONE | {"data": [300] * 784}]}, "/inputs/0/data/0: Row 0, column 0"),
    "no data": (
        {"inputs": [{"name": "image", "shape": [1, 28, 28], "datatype": "UINT8"}]},
        "binary_data_size",
    ),
    "uneven data": ({"inputs": [ONE | {"data": [[1], 2]}]}, "evenly nested"),
    "another datatype": ({"inputs": [ONE | {"datatype": "BF16"}]}, "Received: 'BF16'"),
    "no image": ({"inputs": [ONE | {"shape": [0, 28, 28], "data": []}]}, "at least one image"),
    "not base64": ({"inputs": [ONE | {"shape": [1], "datatype": "BYTES", "data": ["*"]}]}, "not base64"),
    "not text": ({"inputs": [ONE | {"shape": [1], "datatype": "BYTES", "data": [5]}]}, "base64 text"),
    "another output": ({"inputs": [ONE], "outputs": [{"name": "logits"}]}, "Received: 'logits'"),
    "classification": (
        {"inputs": [ONE], "outputs": [{"name": "probabilities", "parameters": {"classification": 3}}]},
        "tensors only",
    ),
}


@pytest.fixture(scope="module")
def infer(server: str) -> str:
    return f"{server}/v2/models/digits/infer"


@pytest.fixture
def client(server: str) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(urlsplit(server).netloc)
    yield client
    client.close()


def tensor(values: NDArray[Any], datatype: str, *, binary: bool) -> triton.InferInput:
    made = triton.InferInput("image", values.shape, datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def test_the_client_finds_server_and_model_ready(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("digits")
    assert client.is_model_ready("digits", MAJOR)
    assert not client.is_model_ready("letters")
    assert client.get_server_metadata()["name"] == "digits"


def test_the_metadata_describe_the_tensors(client: triton.InferenceServerClient) -> None:
    metadata = client.get_model_metadata("digits", MAJOR)
    assert metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 28, 28]}]
    assert {each["name"]: (each["datatype"], each["shape"]) for each in metadata["outputs"]} == OUTPUTS


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "JSON"])
@pytest.mark.parametrize("datatype", NUMBERS)
def test_the_client_infers_from_numbers(
    client: triton.InferenceServerClient, datatype: str, binary: bool
) -> None:
    values = NUMBERS[datatype]
    result = client.infer("digits", [tensor(values, datatype, binary=binary)], request_id="42")
    assert result.get_response()["id"] == "42"
    assert result.as_numpy("class").tolist() == list(range(10))
    assert result.as_numpy("probabilities").shape == (10, 10)
    assert result.as_numpy("is_digit").all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_client_infers_from_every_usual_shape(
    client: triton.InferenceServerClient, shape: tuple[int, ...]
) -> None:
    result = client.infer("digits", [tensor(NUMBERS["FP32"].reshape(shape), "FP32", binary=True)])
    assert result.as_numpy("class").tolist() == list(range(10))


@pytest.mark.parametrize(("values", "binary"), [(FILES, True), (TEXTS, True), (TEXTS, False)])
@pytest.mark.parametrize("shape", [(10,), (10, 1)])
def test_the_client_infers_from_image_files(
    client: triton.InferenceServerClient, values: NDArray[Any], binary: bool, shape: tuple[int, ...]
) -> None:
    result = client.infer("digits", [tensor(values.reshape(shape), "BYTES", binary=binary)])
    assert result.as_numpy("class").tolist() == list(range(10))


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "JSON"])
def test_the_client_gets_the_outputs_it_asks_for(client: triton.InferenceServerClient, binary: bool) -> None:
    wanted = [triton.InferRequestedOutput("probability", binary_data=binary)]
    result = client.infer("digits", [tensor(DIGITS, "UINT8", binary=True)], outputs=wanted)
    assert [each["name"] for each in result.get_response()["outputs"]] == ["probability"]
    assert result.as_numpy("probability").shape == (10,)


def test_the_client_raises_what_the_server_says(client: triton.InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="The model here is digits"):
        client.get_model_metadata("letters")
    with pytest.raises(InferenceServerException, match=r"\[n, h, w\]"):
        client.infer("digits", [tensor(DIGITS[0], "UINT8", binary=True)])


@pytest.mark.parametrize("data", [DIGITS.ravel().tolist(), DIGITS.tolist()], ids=["flat", "nested"])
def test_flat_and_nested_data_are_read_alike(infer: str, data: object) -> None:
    body = {"id": "a", "inputs": [ONE | {"shape": [10, 28, 28], "data": data}]}
    answer = patient.post(infer, json=body).json()
    assert (answer["model_name"], answer["id"]) == ("digits", "a")
    outputs = {each["name"]: each for each in answer["outputs"]}
    assert {name: (each["datatype"], each["shape"]) for name, each in outputs.items()} == {
        name: (datatype, [10, *shape[1:]]) for name, (datatype, shape) in OUTPUTS.items()
    }
    assert outputs["class"]["data"] == list(range(10))
    assert len(outputs["probabilities"]["data"]) == 100


def test_without_an_id_none_is_given_back(infer: str) -> None:
    assert "id" not in patient.post(infer, json={"inputs": [ONE]}).json()


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_the_protocols_form(infer: str, name: str) -> None:
    body, shown = REFUSED[name]
    response = patient.post(infer, content=json.dumps(body))
    assert response.status_code == 400
    assert response.json().keys() == {"error"}
    assert shown in response.json()["error"]


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        ("9", "line 1"),
        ("-1", "number of bytes"),
        ("99999", "number of bytes"),
        ("0" * 5000, "number of bytes"),  # Python reads no more than 4,300 digits
        ("1" * 20, "number of bytes"),
    ],
)
def test_a_wrong_length_of_the_json_is_refused(infer: str, length: str, shown: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    response = patient.post(infer, json={"inputs": [ONE]}, headers=headers)
    assert response.status_code == 400
    assert shown in response.json()["error"]


def test_bytes_that_end_early_are_refused(infer: str) -> None:
    head = (
        b'{"inputs": [{"name": "image", "shape": [1], "datatype": "BYTES", '
        b'"parameters": {"binary_data_size": 6}}]}'
    )
    headers = {"Inference-Header-Content-Length": str(len(head))}
    response = patient.post(infer, content=head + b"\xff\0\0\0ab", headers=headers)
    assert response.status_code == 400
    assert "ends after the body" in response.json()["error"]


def test_members_may_be_null(infer: str) -> None:
    """As the dumps of KServe's and MLServer's clients have them."""
    nulls = {"id": None, "outputs": None, "parameters": None}
    plain = patient.post(infer, json={"inputs": [ONE]}).json()
    assert patient.post(infer, json={"inputs": [ONE | {"parameters": None}], **nulls}).json() == plain


def test_one_size_may_be_open(infer: str) -> None:
    for shape in ([-1, 28, 28], [1, -1, 28], [-1, 784]):
        assert patient.post(infer, json={"inputs": [ONE | {"shape": shape}]}).status_code == 200


@pytest.mark.parametrize(
    ("body", "classes"),
    [((DIGITS / 255).astype("<f4").tobytes(), list(range(10))), (png(7), [7])],
    ids=["numbers", "a file"],
)
def test_a_body_may_be_the_tensor_alone(infer: str, body: bytes, classes: list[int]) -> None:
    answer = patient.post(infer, content=body, headers={"inference-header-content-length": "0"})
    (found,) = [output for output in answer.json()["outputs"] if output["name"] == "class"]
    assert found["data"] == classes


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_the_client_may_pack_its_requests(client: triton.InferenceServerClient, algorithm: str) -> None:
    found = client.infer(
        "digits", [tensor(DIGITS, "UINT8", binary=True)], request_compression_algorithm=algorithm
    )
    assert found.as_numpy("class").tolist() == list(range(10))


def test_the_client_finds_the_model_in_the_index_and_its_configuration(
    client: triton.InferenceServerClient,
) -> None:
    (model,) = client.get_model_repository_index()
    assert (model["name"], model["state"]) == ("digits", "READY")
    config = client.get_model_config("digits")
    assert (config["name"], config["max_batch_size"]) == ("digits", 64)
    assert [output["name"] for output in config["output"]] == list(OUTPUTS)


def test_the_client_is_told_where_statistics_are(client: triton.InferenceServerClient) -> None:
    for name in ("", "digits"):
        with pytest.raises(InferenceServerException, match="CloudWatch has the metrics"):
            client.get_inference_statistics(name)


def test_a_slash_may_end_the_path_of_the_server(server: str) -> None:
    assert patient.get(f"{server}/v2/").json()["name"] == "digits"
