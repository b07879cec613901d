"""The environment of every function: read and validated once at start-up."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

import digits

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# layers/model beside layers/python/digits, /opt/model beside /opt/python/digits.
BUNDLED_MODEL = Path(digits.__file__).resolve().parents[2] / "model"

Settings = TypeVar("Settings", bound=BaseModel)


class SettingsError(Exception):
    """Raised at start-up when an environment variable is missing or does not hold what it should."""


def read(settings: type[Settings], environment: Mapping[str, str]) -> Settings:
    """Make settings from environment variables; those unset or empty keep their default.

    Args:
        settings: what can be set; each field is the environment variable of its name in capitals.
        environment: the variables.

    Raises:
        SettingsError: naming each bad or missing variable and what it held.
    """
    names = {name.upper(): name for name in settings.model_fields}
    given = {name: environment[variable] for variable, name in names.items() if environment.get(variable)}
    try:
        return settings.model_validate(given)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_fault, error.errors()))) from None


def _fault(error: "ErrorDetails") -> str:
    held = "nothing" if error["type"] == "missing" else repr(error["input"])
    return f"{str(error['loc'][0]).upper()}: {error['msg']}. Received: {held}"
