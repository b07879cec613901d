"""The API's settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt

from environment import BUNDLED_MODEL, read

Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^/\s,]+)$")]


def _split(origins: object) -> object:
    return [origin.strip() for origin in origins.split(",")] if isinstance(origins, str) else origins


class Settings(BaseModel):
    """The API's settings; each field is the environment variable of its name in capitals."""

    model_config = ConfigDict(frozen=True)

    model_dir: Path = BUNDLED_MODEL  # folder of digits.tflite and model.json
    max_batch_size: PositiveInt = 64  # images in one classify request
    max_body_bytes: PositiveInt = 6_000_000  # Lambda takes 6 MB
    max_pixels: PositiveInt = 16_000_000  # of one image
    max_batch_pixels: PositiveInt = 80_000_000  # of a batch's images together
    feedback_dir: Path | None = None  # folder of corrections; without one none are taken
    max_feedback: PositiveInt = 10_000  # pictures that are kept, of some kilobytes each
    feedback_rate: PositiveInt = 60  # a minute
    feedback_bucket: str = ""  # bucket of corrections, in place of a folder
    max_daily_feedback: PositiveInt = 200  # pictures that the bucket takes a day
    # Prefix of every path, such as /ocr, that a domain's mapping key, a named stage or a proxy leaves in it.
    root_path: Annotated[str, Field(pattern=r"^(/[^/?#\s]+)*$")] = ""
    # Origins whose pages may call the API, comma-separated, or *. API Gateway has a setting of its own.
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(_split)] = ()

    @property
    def collects(self) -> bool:
        """Return whether corrections are taken."""
        return bool(self.feedback_dir or self.feedback_bucket)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Raises:
        environment.SettingsError: naming each bad variable and what it held.
    """
    return read(Settings, environment)
