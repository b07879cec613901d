from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import read_settings
from bulk.settings import read_settings as read_bulk_settings
from environment import SettingsError


def test_without_an_environment_the_defaults_hold() -> None:
    settings = read_settings({})
    assert settings.max_batch_size == 64
    assert settings.max_body_bytes == 6_000_000
    assert settings.max_pixels == 16_000_000


def test_the_model_lies_beside_the_package() -> None:
    assert read_settings({}).model_dir.parts[-2:] == ("layers", "model")


def test_variables_are_read_and_others_left_alone() -> None:
    settings = read_settings(
        {"MAX_BATCH_SIZE": "8", "MODEL_DIR": "/opt/model", "HOME": "/", "MAX_PIXELS": ""}
    )
    assert settings.max_batch_size == 8
    assert settings.model_dir == Path("/opt/model")
    assert settings.max_pixels == 16_000_000


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "1e3"])
def test_a_bad_value_is_named_with_what_was_received(value: str) -> None:
    with pytest.raises(SettingsError, match=rf"MAX_BATCH_SIZE: .*\. Received: '{value}'$"):
        read_settings({"MAX_BATCH_SIZE": value})


def test_every_bad_value_is_named() -> None:
    with pytest.raises(SettingsError, match=r"MAX_BATCH_SIZE: .*; MAX_PIXELS: "):
        read_settings({"MAX_BATCH_SIZE": "x", "MAX_PIXELS": "y"})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match=r"^RESULTS_BUCKET: Field required\. Received: nothing$"):
        read_bulk_settings({"INPUT_BUCKET": "in", "RESULTS_BUCKET": ""})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        read_settings({}).max_pixels = 1


def test_a_prefix_is_of_whole_segments() -> None:
    assert read_settings({"ROOT_PATH": "/ocr/v1"}).root_path == "/ocr/v1"
    for value in ("ocr", "/ocr/", "/o cr", "/ocr?x"):
        with pytest.raises(SettingsError, match="ROOT_PATH"):
            read_settings({"ROOT_PATH": value})


def test_origins_are_separated_by_commas() -> None:
    origins = read_settings({"CORS_ORIGINS": "https://a.example, http://127.0.0.1:3000"}).cors_origins
    assert origins == ("https://a.example", "http://127.0.0.1:3000")
    assert read_settings({"CORS_ORIGINS": "*"}).cors_origins == ("*",)
    with pytest.raises(SettingsError, match="CORS_ORIGINS"):
        read_settings({"CORS_ORIGINS": "a.example"})
