"""The environment, read and validated once at start-up."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

import digits

# layers/model beside layers/python/digits, /opt/model beside /opt/python/digits.
_BUNDLED_MODEL = Path(digits.__file__).resolve().parents[2] / "model"


class SettingsError(Exception):
    """Raised at start-up when an environment variable does not hold what it should."""


class Settings(BaseModel):
    """What can be set from outside; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    model_dir: Path = _BUNDLED_MODEL  # folder of digits.tflite and model.json
    max_batch_size: PositiveInt = 64  # images in one classify request
    max_body_bytes: PositiveInt = 6_000_000  # Lambda takes 6 MB
    max_pixels: PositiveInt = 16_000_000  # of one image
    max_batch_pixels: PositiveInt = 80_000_000  # of a batch's images together


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Raises:
        SettingsError: naming each bad variable and what it held.
    """
    names = {name.upper(): name for name in Settings.model_fields}
    given = {name: environment[variable] for variable, name in names.items() if environment.get(variable)}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        faults = [f"{str(e['loc'][0]).upper()}: {e['msg']}. Received: {e['input']!r}" for e in error.errors()]
        raise SettingsError("; ".join(faults)) from None
