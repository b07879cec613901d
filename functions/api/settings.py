"""What can be set from outside of the API."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt

from environment import BUNDLED_MODEL, read


class Settings(BaseModel):
    """What can be set from outside; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    model_dir: Path = BUNDLED_MODEL  # folder of digits.tflite and model.json
    max_batch_size: PositiveInt = 64  # images in one classify request
    max_body_bytes: PositiveInt = 6_000_000  # Lambda takes 6 MB
    max_pixels: PositiveInt = 16_000_000  # of one image
    max_batch_pixels: PositiveInt = 80_000_000  # of a batch's images together


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Raises:
        environment.SettingsError: naming each bad variable and what it held.
    """
    return read(Settings, environment)
