"""The settings of a recipe as flags of the command line, one for each field."""

from argparse import ArgumentParser, Namespace
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


Settings = TypeVar("Settings", bound="DataclassInstance")


def add_flags(parser: ArgumentParser, settings: "type[DataclassInstance]") -> None:
    """Add a flag for each setting; its recipe says what it means."""
    group = parser.add_argument_group("settings", f"what each means stands in {_file(settings)}")
    for field in fields(settings):
        kind: dict[str, Any] = {"type": type(field.default)}
        if isinstance(field.default, tuple):
            kind = {"type": int, "nargs": len(field.default)}
        group.add_argument(f"--{field.name.replace('_', '-')}", default=None, **kind)


def changed(stages: tuple[Settings, ...], given: Namespace) -> tuple[Settings, ...]:
    """Return the stages with the settings that flags gave, in each of them.

    Raises:
        ValueError: a stage cannot have them.
    """
    flags = {field.name: getattr(given, field.name) for field in fields(stages[0])}
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in flags.items()
        if value is not None
    }
    return tuple(replace(stage, **values) for stage in stages)


def _file(settings: "type[DataclassInstance]") -> str:
    return f"{settings.__module__.replace('.', '/')}.py"
