"""The parts of the house: their contract, their faces and their habits."""

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.repository import PACKAGE, parts, project, python_files, relative

LINE_LIMIT = 400
POSITIONAL_LIMIT = 3
PRIVATE_POSITIONAL_LIMIT = 5
# Light or spoken everywhere; any other library has one home, held by a contract.
SHARED_LIBRARIES = {"numpy", "pyarrow", "pydantic", "pydantic_core", "yaml"}
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}


def _layers() -> list[str]:
    layers = _contracts("layers")[0]["layers"]
    return [name.strip() for line in layers for name in line.split("|")]


def _contracts(kind: str) -> list[dict[str, Any]]:
    contracts: list[dict[str, Any]] = project()["tool"]["importlinter"]["contracts"]
    return [contract for contract in contracts if contract["type"] == kind]


def _imports(path: Path) -> set[str]:
    """Return the absolute dotted names that a file imports, relative imports resolved."""
    package = ("perenne", *path.relative_to(PACKAGE).parent.parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            found.update({module, *(f"{module}.{alias.name}" for alias in node.names)})
    return found


def test_contract_names_the_parts_that_exist() -> None:
    assert sorted(_layers()) == parts(), "pyproject.toml [tool.importlinter] layers ≠ src/perenne"


def test_every_library_has_one_home() -> None:
    used = {name.split(".")[0] for path in python_files() for name in _imports(path)}
    strangers = used - sys.stdlib_module_names - SHARED_LIBRARIES - {"perenne", "__future__"}
    housed = {
        name for contract in _contracts("protected") for name in contract["protected_modules"]
    }
    assert strangers == housed, "pyproject.toml [tool.importlinter]: one protected contract each"


@pytest.mark.parametrize("part", parts())
def test_part_has_readme_and_face(part: str) -> None:
    assert (PACKAGE / part / "README.md").is_file()
    face = ast.parse((PACKAGE / part / "__init__.py").read_text(encoding="utf-8"))
    assigned = [
        target.id
        for node in face.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    assert "__all__" in assigned


@pytest.mark.parametrize("path", python_files(PACKAGE / "core"), ids=relative)
def test_core_needs_only_the_standard_library(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"perenne"}
    strangers = {name for name in _imports(path) if name.split(".")[0] not in allowed}
    assert not strangers


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_inside_a_part_nothing_calls_its_jobs(path: Path) -> None:
    part, *inside = path.relative_to(PACKAGE).parts
    if inside and inside[0].removesuffix(".py") not in {"__init__", "jobs"}:
        assert f"perenne.{part}.jobs" not in _imports(path)


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_file_is_short_and_well_named(path: Path) -> None:
    assert path.stem not in DRAWERS
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINE_LIMIT


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_functions_take_few_positional_parameters(path: Path) -> None:
    greedy = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_command(node):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            limit = PRIVATE_POSITIONAL_LIMIT if node.name.startswith("_") else POSITIONAL_LIMIT
            if len([n for n in names if n not in {"self", "cls"}]) > limit:
                greedy.append(node.name)
    assert not greedy, "make the options keyword-only"


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether click calls the function, always by keyword."""
    return any(
        "click" in ast.unparse(d) or "command" in ast.unparse(d) for d in node.decorator_list
    )


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_silenced_checks_give_their_reason(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.search(r"#\s*(noqa|type:\s*ignore)", line):
            silenced = re.split(r"#\s*(?:noqa|type:\s*ignore)\S*", line)[-1]
            assert re.search(r"\w{3}", silenced), f"no reason given: {line.strip()}"
