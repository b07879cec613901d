"""The environment of the bulk functions, read and validated once at start-up."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveInt

import digits

# layers/model beside layers/python/digits, /opt/model beside /opt/python/digits.
BUNDLED_MODEL = Path(digits.__file__).resolve().parents[2] / "model"


class Settings(BaseModel):
    """What can be set from outside; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    input_bucket: str
    results_bucket: str
    model_dir: Path = BUNDLED_MODEL  # folder of digits.tflite and model.json
    max_object_bytes: PositiveInt = (
        10_000_000  # of one object; times twice CONCURRENCY, it must fit into memory
    )
    concurrency: PositiveInt = 64  # objects fetched at the same time


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Raises:
        pydantic.ValidationError: naming each bad or missing variable and what it held.
    """
    names = {name.upper(): name for name in Settings.model_fields}
    return Settings.model_validate(
        {name: environment[variable] for variable, name in names.items() if environment.get(variable)}
    )
