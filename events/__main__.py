"""The writer of every event and request body of this folder: `python -m events`."""

import json
from typing import Any

from events import FOLDER
from events.draw import (
    amount,
    black_and_white,
    classify_body,
    form_body,
    open_inference_body,
    page,
    png,
    predict_body,
    sheet,
    tensorflow_serving_body,
)
from events.sources import alb, base_path, function_url, http_v2, mapping_key, named_stage, rest_v1


def events() -> dict[str, dict[str, Any]]:
    """Return every event of this folder by the name of its file."""
    batch = json.dumps(json.loads(classify_body(range(10))))
    return {
        "predict": http_v2("POST", "/predict", predict_body(5)),
        "png": http_v2("POST", "/predict", png(7), "image/png"),
        "classify": http_v2("POST", "/mnist/classify", batch),
        "amount": http_v2("POST", "/read", amount(), "image/png"),
        "numbers": http_v2("POST", "/read", page(), "image/png"),
        "form": http_v2("POST", "/read", form_body()),
        "nothing": http_v2("POST", "/read", black_and_white(sheet((240, 72), [])), "image/png"),
        "page": http_v2("GET", "/"),
        "health": http_v2("GET", "/health"),
        "model": http_v2("GET", "/model"),
        "tensorflow_serving": http_v2(
            "POST", "/v1/models/digits:predict", tensorflow_serving_body(range(2, 4))
        ),
        "open_inference": http_v2("POST", "/v2/models/digits/infer", open_inference_body(range(2, 4))),
        "bad_json": http_v2("POST", "/predict", '{"data": [[0, 0, 0'),
        "bad_image": http_v2("POST", "/predict", png(7)[:100], "image/png"),
        "rest_v1": rest_v1("POST", "/predict", predict_body(3)),
        "function_url": function_url("POST", "/predict", predict_body(4)),
        "alb": alb("POST", "/predict", predict_body(8)),
        **prefixed("/ocr"),
    }


def prefixed(prefix: str) -> dict[str, dict[str, Any]]:
    """Return the events of each front door that leaves a prefix in the path, for ROOT_PATH to name."""
    path, body = f"{prefix}/predict", predict_body(6)
    return {
        "mapping_key": mapping_key("POST", path, body),
        "named_stage": named_stage("POST", path, body),
        "base_path": base_path("POST", path, body),
        "alb_rule": alb("POST", path, body),
    }


def write() -> None:
    """Write the events, and under `bodies` what curl sends."""
    for name, event in events().items():
        (FOLDER / f"{name}.json").write_text(json.dumps(event, indent=1) + "\n")
    bodies = FOLDER / "bodies"
    bodies.mkdir(exist_ok=True)
    (bodies / "predict.json").write_text(predict_body(5))
    (bodies / "classify.json").write_text(classify_body(range(10)))
    (bodies / "seven.png").write_bytes(png(7))
    (bodies / "amount.png").write_bytes(amount())
    (bodies / "form.json").write_text(form_body())


if __name__ == "__main__":
    write()
