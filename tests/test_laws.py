"""The laws of who may import whom, read from syntax trees: this test imports none of the modules."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.project import ROOT

# Folders that imports start from, as in pyproject.toml.
STARTS = ("client/src", "functions", "layers/python", "")
Imports = dict[str, set[str]]  # for each module of ours the modules of ours that it imports


def find_modules(root: Path) -> dict[str, Path]:
    """Return every Python file in the visible folders of `root` by its dotted name."""
    folders = [folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith(".")]
    return {_dotted(file.relative_to(root)): file for folder in folders for file in folder.rglob("*.py")}


def _dotted(path: Path) -> str:
    start = next(start for start in STARTS if path.is_relative_to(start))
    return ".".join(path.relative_to(start).with_suffix("").parts).removesuffix(".__init__")


def read_imports(root: Path) -> Imports:
    """Return the imports of every module in `root`, those inside functions included."""
    modules = find_modules(root)
    return {name: set(_imported(file, modules)) for name, file in modules.items()}


def _imported(file: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of ours that a file imports. Raises ValueError for a relative import."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            if node.module is None or node.level:
                raise ValueError(f"Imports name the whole module. Received: {file}, line {node.lineno}")
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from inner & modules.keys()
            if node.module in modules and inner - modules.keys():
                yield node.module


@pytest.fixture(scope="module")
def imports() -> Imports:
    """Return the imports of the whole repository."""
    return read_imports(ROOT)


def importers(imports: Imports, place: str) -> set[str]:
    """Return the modules outside a package that import it or a module of it."""
    return {
        module
        for module, imported in imports.items()
        if not _within(module, place) and any(_within(one, place) for one in imported)
    }


def _within(module: str, place: str) -> bool:
    return f"{module}.".startswith(f"{place}.")


def check_circles(imports: Imports) -> None:
    """Raise CycleError, which names the modules, if imports form a circle."""
    TopologicalSorter(imports).prepare()


def test_no_imports_form_a_circle(imports: Imports) -> None:
    check_circles(imports)


def test_drawing_imports_nothing_else_of_training(imports: Imports) -> None:
    found = {
        (module, one)
        for module, imported in imports.items()
        if _within(module, "training.drawing")
        for one in imported
        if _within(one, "training") and not _within(one, "training.drawing")
    }
    assert found == set()


def test_only_tests_import_the_studies(imports: Imports) -> None:
    assert {
        module for module in importers(imports, "training.studies") if not _within(module, "tests")
    } == set()


def test_only_tests_import_tests(imports: Imports) -> None:
    assert importers(imports, "tests") == set()


def test_the_laws_see_the_whole_repository(imports: Imports) -> None:
    assert "training.recipe" in imports["training.train"]
    assert "digits.errors" in imports["digits.images"]
    assert "digits.model" in imports["training.tune"]
    assert {module.partition(".")[0] for module in imports} >= {
        "api",
        "bulk",
        "hooks",
        "digits_client",
        "jobs",
    }


def test_a_circle_is_found_and_named(tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "round.py").write_text("def area():\n    from shapes import square\n")
    (tmp_path / "shapes" / "square.py").write_text("import shapes.round\n")
    with pytest.raises(CycleError, match="shapes.round"):
        check_circles(read_imports(tmp_path))
