import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Problem
from api.schemas import (
    Classifications,
    Prediction,
    classifications,
    parse_object,
    parse_picture,
    prediction,
)
from digits.recognize import Reading

SHARES = np.linspace(0, 0.2, 10, dtype=np.float32)
READING = Reading(9, float(SHARES[9]), SHARES, 1 - 1e-9, True, np.zeros((28, 28), np.uint8))


def test_answers_are_what_their_documentation_says() -> None:
    for explain in (False, True):
        one = prediction(READING, "1.0.0", explain)
        Prediction.model_validate_json(json.dumps(one), strict=True, extra="forbid")
        many = classifications([READING] * 2, "1.0.0", explain)
        Classifications.model_validate_json(json.dumps(many), strict=True, extra="forbid")


def test_probabilities_are_short() -> None:
    answer = prediction(READING, "1.0.0", explain=False)
    assert all(len(repr(share)) <= 8 for share in answer["probabilities"])
    assert answer["digit_score"] == 1.0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_json_is_read_in_the_encodings_of_its_standard(encoding: str) -> None:
    assert parse_object('{"é": 1}'.encode(encoding)) == {"é": 1}


@given(st.binary(max_size=100) | st.text(max_size=100).map(str.encode))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(Problem, match="Received: "):
        parse_picture(parse_object(body))


def test_a_member_that_stands_twice_is_found_fast_among_many() -> None:
    names = [f'"{n}":0' for n in range(200_000)]
    body = ("{" + ",".join([*names, names[-1]]) + "}").encode()
    start = time.process_time()
    with pytest.raises(Problem, match="Received: '199999'"):
        parse_object(body)
    assert time.process_time() - start < 5
