import json

import pytest
from fastapi import FastAPI, HTTPException

from api.problems import KINDS, fault, install, internal_error, refuse_items
from digits.errors import (
    ArtefactError,
    DigitsError,
    ImageTooLarge,
    InvalidBase64,
    InvalidImage,
    InvalidPixels,
)

SCOPE = {"type": "http", "state": {"request_id": "an-id"}}


def test_an_internal_error_tells_nothing_but_its_id() -> None:
    response = internal_error(SCOPE)
    assert response.status_code == 500
    assert json.loads(bytes(response.body)) == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "The log holds the cause, by this instance.",
        "instance": "an-id",
    }


@pytest.mark.parametrize("error", [InvalidPixels, InvalidBase64, InvalidImage, ImageTooLarge])
def test_every_error_of_the_input_has_its_kind(error: type[DigitsError]) -> None:
    assert error.kind in KINDS
    assert fault("/data", error("x")) == {
        "pointer": "/data",
        "type": f"urn:problem-type:digits:{error.kind}",
        "detail": "x",
    }


@pytest.mark.parametrize("error", [ArtefactError, DigitsError])
def test_an_error_that_is_not_the_inputs_is_of_no_kind_of_problem(error: type[DigitsError]) -> None:
    assert error.kind not in KINDS


def test_a_batch_is_too_large_only_where_nothing_else_is_wrong() -> None:
    large, broken = fault("/requests/0", ImageTooLarge("x")), fault("/requests/1", InvalidImage("x"))
    assert refuse_items([large, large], 3).kind == "image-too-large"
    assert refuse_items([large, broken], 3).kind == "invalid-items"


def test_every_refusal_has_a_handler_of_ours() -> None:
    app = FastAPI()
    install(app)
    assert {DigitsError, HTTPException.__mro__[1]} <= set(app.exception_handlers)
