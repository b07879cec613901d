"""Names that are slips, in the query, beside a picture, in a form, in a field."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.names import check_names
from api.problems import Problem
from events.draw import amount, base64_text
from tests.api.test_app import check_problem

AMOUNT = amount()
IMAGE = base64_text(AMOUNT)


@pytest.mark.parametrize(
    ("path", "query", "taken"),
    [
        ("/read", "lenght=4", "length, explain"),
        ("/predict", "length=4", "normalize, explain"),
        ("/predict", "explain=true&normalise=never", "normalize, explain"),
        ("/mnist/classify", "length", "normalize, explain"),
        ("/classify", "Explain=true", "normalize, explain"),
    ],
)
def test_a_query_parameter_that_the_route_does_not_take(
    client: TestClient, path: str, query: str, taken: str
) -> None:
    body = {"image": IMAGE} if "classify" not in path else {"requests": [{"image": IMAGE}]}
    problem = check_problem(client.post(f"{path}?{query}", json=body), 422, "invalid-query")
    name = query.rpartition("&")[2].partition("=")[0]
    assert problem.detail == f"This route takes {taken}. Received: {name!r}"
    assert problem.errors is not None
    assert [fault.parameter for fault in problem.errors] == [name]


@pytest.mark.parametrize("query", ["api_key=1", "_=1700000000", "v=2&v=3", "x"])
def test_a_query_parameter_of_somebody_elses(client: TestClient, query: str) -> None:
    assert client.post(f"/read?{query}", content=AMOUNT).json()["text"] == "18014"


def test_a_query_parameter_that_stands_twice(client: TestClient) -> None:
    problem = check_problem(client.post("/read?length=5&length=4", content=AMOUNT), 422, "invalid-query")
    assert problem.detail == "A parameter may stand once. Received: 'length'"


def test_normalize_has_no_meaning_when_numbers_are_read_and_does_no_harm(client: TestClient) -> None:
    assert client.post("/read?normalize=auto", content=AMOUNT).json()["text"] == "18014"


@pytest.mark.parametrize(
    ("path", "members", "place"),
    [
        ("/predict", {"normalize": "never"}, "the query"),
        ("/predict", {"explain": True}, "the query"),
        ("/predict", {"length": 4}, "the query or the JSON body of /read"),
        ("/read", {"lenght": 4}, "the query or the JSON body of /read"),
        ("/read", {"Fields": []}, "the JSON body of /read"),
        (
            "/read",
            {"fields": [{"name": "a", "box": [0, 0, 9, 9], "lenght": 4}]},
            "the query or the JSON body of",
        ),
    ],
)
def test_a_member_that_is_taken_elsewhere_or_nowhere(
    client: TestClient, path: str, members: dict[str, Any], place: str
) -> None:
    problem = check_problem(client.post(path, json={"image": IMAGE, **members}), 422, "invalid-body")
    assert f"goes into {place}" in problem.detail


@pytest.mark.parametrize("name", ["length", "fields", "lenght"])
def test_a_field_of_a_form_that_would_not_be_read(client: TestClient, name: str) -> None:
    answer = client.post("/read", files={"image": ("a.png", AMOUNT)}, data={name: "5"})
    assert check_problem(answer, 422, "invalid-body").detail.endswith(f"Received: {name!r} in the form")


@pytest.mark.parametrize(
    "name",
    ["name", "id", "filename", "user", "date", "label", "file", "width", "timestamp", "metadata", "text"],
)
def test_names_of_ones_own_are_overlooked(name: str) -> None:
    check_names([name], "beside the picture")


def test_what_is_taken_at_a_place_is_no_slip_there() -> None:
    check_names(["length", "fields"], "beside the picture", ("length", "fields"))
    with pytest.raises(Problem, match=r'"fields" goes into .* Received: \'fieldss\' beside'):
        check_names(["length", "fieldss"], "beside the picture", ("length", "fields"))
