"""The settings of the bulk functions."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt

from environment import BUNDLED_MODEL, read


class Settings(BaseModel):
    """The settings; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    input_bucket: str
    results_bucket: str
    model_dir: Path = BUNDLED_MODEL  # folder of digits.tflite and model.json
    # Bytes of one object; times twice CONCURRENCY, it must fit into memory.
    max_object_bytes: PositiveInt = 10_000_000
    concurrency: PositiveInt = 64  # objects fetched at the same time


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Raises:
        environment.SettingsError: naming each bad or missing variable and what it held.
    """
    return read(Settings, environment)
