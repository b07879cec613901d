"""An evaluation of made-up numbers, as training.evaluation writes it."""

from typing import Any

import numpy as np

from training.evaluation.corruptions import CORRUPTIONS

Json = dict[str, Any]


def score(correct: int, count: int) -> Json:
    """Return a score of digits."""
    share = correct / count
    return {
        "count": count,
        "accuracy": share,
        "interval": [share - 0.01, min(1, share + 0.004)],
        "calibration_error": 0.00123,
        "log_loss": 0.0456,
        "kept": 0.9951,
        "accepted_wrong": 0.00234,
    }


def refused(count: int, share: float) -> Json:
    """Return a score of non-digits."""
    one = {"count": count, "refused": share, "interval": [share - 0.02, share + 0.01]}
    return one | {"auroc": 0.9876, "histogram": [count, 0], "kinds": {"plus": one}}


def model() -> Json:
    """Return a model.json."""
    return {
        "version": "3.1.4",
        "created": "2030-01-02T03:04:05+00:00",
        "stages": [{"epochs": 17, "rate": 0.00271}, {"epochs": 19, "rate": 0.00137}],
        "seed": 42,
        "data": {"name": "MNIST", "sha256": "ab" * 32},
        "git_commit": "c0ffee",
        "members": [
            {
                "seed": 41 + n,
                "starts": [
                    {"stage": stage, "epoch": 0, "git_commit": f"c0ffee{n}", "examples_sha256": "ef" * 32}
                    for stage in (1, 2)
                ],
                "validation": {"errors": 10 - n, "accuracy": 0.998 + n / 5000},
                "test": {"errors": 20 - n, "accuracy": 0.998 + n / 10000},
            }
            for n in (1, 2, 3)
        ],
        "files": {"digits.tflite": {"sha256": "cd" * 32, "bytes": 1_234_567}},
        "parity": {"float32": 3.21e-7, "quantized": 0.0345},
        "threshold": 0.61803,
        "temperature": 1.2345,
        "background": 4.321,
    }


def candidate(name: str, *, shipped: bool) -> Json:
    """Return one of the candidates."""
    figures = {"accuracy": 0.995, "calibration_error": 0.00234, "kept": 0.995, "refused": 0.9876}
    return {"name": name, "milliseconds": 0.2345, "bytes": 345_678, "shipped": shipped} | figures


def evaluation(model: Json) -> Json:
    """Return an evaluation.json of that model: MNIST, corruptions, non-digits, and two sets."""
    modes = ("never", "auto", "always")
    bins = [{"low": 14 / 15, "high": 1.0, "count": 9000, "confidence": 0.997, "accuracy": 0.9973}]
    return {
        "model": {key: model[key] for key in ("version", "files", "threshold")},
        "settings": {"batch": 64, "seed": 1, "limit": None},
        "mnist": {
            "validation": {mode: score(4981 - i, 5000) for i, mode in enumerate(modes)},
            "test": {mode: score(9973 - i, 10000) for i, mode in enumerate(modes)},
        },
        "trials": {
            "digits": {"in a box": score(876, 1000), "on security print": score(765, 1000)},
            "empty": refused(1000, 0.954),
            "letters": refused(1000, 0.943),
        },
        "reliability": {"validation": bins, "test": bins},
        "confusion": (np.eye(10, dtype=int) * 997 + 1).tolist(),
        "mistakes": [
            {"index": 1, "label": 4, "prediction": 9, "probability": 0.83, "digit_score": 1.0},
            {"index": 0, "label": 7, "prediction": 1, "probability": 0.51, "digit_score": 0.9},
        ],
        "histogram": {"edges": [-1, 0, 1], "digits": [3, 9997]},
        "corruptions": {
            name: {mode: score(900 - 3 * i, 1000) for mode in ("never", "always")}
            for i, name in enumerate(CORRUPTIONS)
        },
        "nondigits": {"seen": refused(700, 0.9912), "unseen": refused(300, 0.8123)},
        "sets": [
            {
                "name": "tablets",
                "count": 800,
                "unreadable": {},
                "milliseconds": {"decode": 0.111, "normalize": 0.222, "infer": 0.333},
                "digits": score(787, 800),
                "confusions": [[1, 7, 8], [4, 9, 5]],
                "nondigits": None,
            },
            {
                "name": "signs",
                "count": 200,
                "unreadable": {},
                "milliseconds": {"decode": 0.1, "normalize": 0.2, "infer": 0.3},
                "digits": None,
                "confusions": [],
                "nondigits": refused(200, 0.777),
            },
        ],
    }
