"""POST /read: every way of asking, every refusal, and what it costs those who do not ask."""

import io
import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from api.app import model
from api.schemas import Written
from digits.errors import TooManyDigits
from digits.numbers import NumberReader
from events.draw import FIELDS, amount, base64_text, form, form_body, page
from events.sources import http_v2
from tests.api.test_app import check_problem
from tests.api.test_journal import Log, log, metric
from tests.samples.answers import ask

__all__ = ["log"]  # a fixture
AMOUNT = amount()
IMAGE = base64_text(AMOUNT)


def read(client: TestClient, **members: Any) -> Any:
    answer = client.post("/read", json={"image": IMAGE, **members})
    assert answer.status_code == 200, answer.text
    Written.model_validate_json(answer.content, strict=True, extra="forbid")
    return answer.json()


class TestAnswers:
    def test_an_amount_is_read_with_the_box_of_each_digit(self, client: TestClient) -> None:
        answer = read(client)
        (number,) = answer["numbers"]
        assert (answer["text"], number["text"], answer["size"]) == ("18014", "18014", [240, 72])
        assert [digit["class"] for digit in number["digits"]] == [1, 8, 0, 1, 4]
        assert answer["model"] == model.version
        lefts = [digit["box"][0] for digit in number["digits"]]
        assert lefts == sorted(lefts)
        x, y, width, height = number["box"]
        assert 0 <= x < x + width <= 240
        assert 0 <= y < y + height <= 72
        assert 0 < number["probability"] <= min(digit["probability"] for digit in number["digits"])

    def test_lines_are_read_from_top_to_bottom_and_from_left_to_right(self, client: TestClient) -> None:
        assert client.post("/read", content=page()).json()["text"] == "314 26\n9753"

    def test_every_packing_is_read_alike(self, client: TestClient) -> None:
        wanted = read(client)
        for sent in (
            {"content": AMOUNT, "headers": {"content-type": "image/png"}},
            {"content": AMOUNT},
            {"files": {"image": ("a.png", AMOUNT)}},
            {"json": {"image": f"data:image/png;base64,{IMAGE}"}},
            {"json": {"data": np.asarray(Image.open(io.BytesIO(AMOUNT)).convert("L")).tolist()}},
        ):
            assert client.post("/read", **sent).json() == wanted

    def test_nothing_written_is_an_answer(self, client: TestClient) -> None:
        file = io.BytesIO()
        Image.new("L", (300, 200), 255).save(file, "PNG")
        answer = client.post("/read", content=file.getvalue()).json()
        assert (answer["text"], answer["numbers"], answer["size"]) == ("", [], [300, 200])

    def test_boxes_are_those_of_the_picture_set_upright(self, client: TestClient) -> None:
        lying = Image.open(io.BytesIO(AMOUNT)).convert("L").transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned clockwise
        file = io.BytesIO()
        lying.save(file, "PNG", exif=exif)
        assert client.post("/read", content=file.getvalue()).json() == read(client)

    def test_explain_adds_the_share_of_each_digit(self, client: TestClient) -> None:
        answer = client.post("/read?explain=true", content=AMOUNT).json()
        for digit in answer["numbers"][0]["digits"]:
            assert len(digit["probabilities"]) == 10
            assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)


class TestLengthAndFields:
    @pytest.mark.parametrize("length", [4, 5])
    def test_every_number_has_the_length_that_is_asked(self, client: TestClient, length: int) -> None:
        assert {len(number["text"]) for number in read(client, length=length)["numbers"]} <= {length}
        by_query = client.post(f"/read?length={length}", content=AMOUNT).json()
        assert by_query == read(client, length=length)

    def test_the_length_in_the_body_goes_before_the_querys(self, client: TestClient) -> None:
        answer = client.post("/read?length=2", json={"image": IMAGE, "length": 5}).json()
        assert answer["text"] == "18014"

    def test_fields_are_answered_in_the_order_asked(self, client: TestClient) -> None:
        answer = client.post("/read", content=form_body(), headers={"content-type": "application/json"})
        Written.model_validate_json(answer.content, strict=True, extra="forbid")
        body = answer.json()
        assert "numbers" not in body
        assert [(field["name"], tuple(field["box"]), field["text"]) for field in body["fields"]] == FIELDS
        assert body["fields"][2]["digits"] == []

    @pytest.mark.parametrize(
        ("members", "pointer"),
        [
            ({"length": 0}, "/length"),
            ({"length": "5"}, "/length"),
            ({"length": True}, "/length"),
            ({"fields": []}, "/fields"),
            ({"fields": {}}, "/fields"),
            ({"fields": ["x"]}, "/fields/0"),
            ({"fields": [{"name": 1, "box": [0, 0, 9, 9]}]}, "/fields/0"),
            ({"fields": [{"name": "\ud83d", "box": [0, 0, 9, 9]}]}, "/fields/0"),
            ({"fields": [{"name": "a", "box": [0, 0, 9]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "box": [0, 0, 9, 0]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "box": [-1, 0, 9, 9]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "box": [0, 0, 9, 1e400]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "box": [0, 0, 9, "9"]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "rect": [0, 0, 9, 9]}]}, "/fields/0/box"),
            ({"fields": [{"name": "a", "box": [0, 0, 9, 9], "length": 0}]}, "/fields/0/length"),
            ({"fields": [{"name": "a", "box": [0, 0, 240, 72]}] * 3}, "/fields"),
        ],
    )
    def test_a_wish_that_cannot_be_met_is_named(
        self, client: TestClient, members: dict[str, Any], pointer: str
    ) -> None:
        answer = client.post("/read", content=json.dumps({"image": IMAGE, **members}))
        problem = check_problem(answer, 422, "invalid-body")
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == [pointer]

    def test_a_box_that_cannot_be_is_shown(self, client: TestClient) -> None:
        field = {"name": "a", "box": [-1, 0, "9", 0.5]}
        answer = client.post("/read", json={"image": IMAGE, "fields": [field]})
        assert check_problem(answer, 422, "invalid-body").detail.endswith("Received: [-1, 0, '9', 0.5]")

    def test_a_field_over_the_pictures_edge_is_read_in_the_picture(self, client: TestClient) -> None:
        fields = [{"name": "whole", "box": [0, 0, 900, 900]}, {"name": "rim", "box": [239, 71, 50, 50]}]
        assert [field["text"] for field in read(client, fields=fields)["fields"]] == ["18014", ""]

    @pytest.mark.parametrize("box", [[240, 0, 10, 10], [0, 72, 10, 10], [900, 900, 10, 10]])
    def test_a_field_outside_of_the_picture_is_refused(self, client: TestClient, box: list[int]) -> None:
        fields = [{"name": "in", "box": [0, 0, 9, 9]}, {"name": "far", "box": box}]
        problem = check_problem(
            client.post("/read", json={"image": IMAGE, "fields": fields}), 422, "invalid-body"
        )
        assert problem.errors is not None
        assert [item.pointer for item in problem.errors] == ["/fields/1/box"]
        assert "240×72" in problem.detail
        assert problem.detail.endswith(f"Received: 'far' at {box}")

    def test_a_number_that_leaves_out_a_clear_digit_is_unlikely(self, client: TestClient) -> None:
        (whole,), (short,) = read(client)["numbers"], read(client, length=4)["numbers"]
        assert whole["probability"] > 0.9
        assert short["probability"] < 0.05

    @pytest.mark.parametrize("length", ["0", "x", "101"])
    def test_a_length_in_the_query_is_checked(self, client: TestClient, length: str) -> None:
        check_problem(client.post(f"/read?length={length}", content=AMOUNT), 422, "invalid-query")


class TestRefusals:
    def test_what_is_no_picture_is_refused_as_on_the_other_routes(self, client: TestClient) -> None:
        check_problem(client.post("/read", content=b"no image"), 422, "invalid-image")
        check_problem(client.post("/read", content=AMOUNT[:60]), 422, "invalid-image")
        check_problem(client.post("/read", json={"requests": []}), 422, "invalid-body")
        headers = {"content-type": "text/plain"}
        check_problem(client.post("/read", content=AMOUNT, headers=headers), 415, "unsupported-media-type")

    def test_too_many_digits_are_refused(self, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise TooManyDigits("A picture may have 2,000 digits. Received: 2,001")

        monkeypatch.setattr(NumberReader, "read", refuse)
        check_problem(client.post("/read", content=AMOUNT), 413, "too-many-digits")


def test_digits_read_are_counted_by_class(log: Log) -> None:
    answer = ask(http_v2("POST", "/read", form(), "image/png"))
    (record,), metrics = log.take()
    counted = sum(len(number["digits"]) for number in json.loads(answer["body"])["numbers"])
    assert record["route"] == "/read"
    assert sum(record["classes"].values()) == counted > 0
    assert metric(metrics, "BatchSize") == [counted]
