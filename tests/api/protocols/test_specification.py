"""The service against the Open Inference Protocol's own description, by schemathesis."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.app import app, model
from events.draw import draw
from tests.api.test_openapi import EXAMPLES
from tests.samples.open_inference import protocol

load_all_checks()
ONE = {"name": "image", "shape": [1, 28, 28], "datatype": "UINT8", "data": draw(1).tolist()}
EXAMPLE = {"id": "42", "inputs": [ONE], "outputs": [{"name": "class"}, {"name": "probabilities"}]}
schema = schemathesis.openapi.from_dict(protocol("digits", model.version, EXAMPLE))
answered: Counter[tuple[str, int]] = Counter()  # of a path, with a status


@pytest.fixture(scope="module", autouse=True)
def every_operation_was_done() -> Iterator[None]:
    """Afterwards, see that each operation was answered, and that refusals were among the tries."""
    yield
    paths = protocol("digits", model.version, EXAMPLE)["paths"]
    assert {path for path, status in answered if status == 200} == set(paths)
    assert {status for path, status in answered if path.endswith("/infer")} >= {200, 400}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES // 4,  # bodies of nested tensors take long to make
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_the_protocol_describes(case: schemathesis.Case[Any]) -> None:
    # All checks but two: the protocol's schema takes any tensor, of which only images are read here, and it
    # refuses the nulls that its own clients send.
    response = case.call_and_validate(
        app=app, excluded_checks=[positive_data_acceptance, negative_data_rejection]
    )
    answered[case.operation.path, response.status_code] += 1
