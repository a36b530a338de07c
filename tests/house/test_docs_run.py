"""Every example in the documentation runs: Python blocks in order, `$ perenne …` lines too."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import Said, perenne
from tests.house.beginnings import Beginnings
from tests.house.markdown_blocks import Block, Command, blocks, commands, companions
from tests.house.repository import PACKAGE, ROOT, relative

pytestmark = pytest.mark.slow

CLI = "import sys; sys.argv[0] = 'perenne'; from perenne.cli import main; sys.exit(main())"
NOT_OURS = ("make ", "git ", "pip ", "python", "source ", "open ", "ls", "cat ")
# Its commands run as a newcomer types them, each a process of its own; those of the other
# documents run within this one, which spares each of them the start of a program.
TYPED = ROOT / "docs" / "tutorials" / "first-report.md"


def _documents() -> list[Path]:
    top = [ROOT / n for n in ("README.md", "README.fr.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
    found = [*top, *sorted((ROOT / "docs").rglob("*.md")), *sorted(PACKAGE.glob("*/README.md"))]
    return [path for path in found if path.is_file()]


def _parameters() -> list[object]:
    return [pytest.param(p, id=relative(p)) for p in _documents()]


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    """What the first commands of several documents leave, made once."""
    documents = [path for path in _documents() if path != TYPED]
    return Beginnings(documents, tmp_path_factory.mktemp("beginnings"))


@pytest.mark.parametrize("document", _parameters())
def test_examples_run(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beginnings: Beginnings
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in companions(document):
        shutil.copy(ROOT / name, tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    ran = 0
    for block in blocks(document):
        if block.not_run is not None:
            print(f"not run: {relative(document)}:{block.line}: {block.not_run}")
        elif block.language == "python":
            _run_python(block, document, namespace)
        elif block.language == "console":
            for command in commands(block):
                ran += 1
                if not beginnings.recalled(document, ran, tmp_path):
                    _run_command(command, document)
                    beginnings.remember(document, ran, tmp_path)


def _run_python(block: Block, document: Path, namespace: dict[str, object]) -> None:
    """Run a block with line numbers that point into the document."""
    padded = "\n" * (block.line - 1) + block.text
    exec(compile(padded, str(document), "exec"), namespace)


def _run_command(command: Command, document: Path) -> None:
    words = shlex.split(command.text, comments=True)
    if words[0] == "cd":
        os.chdir(words[1])
    elif words[0] == "perenne":
        _run_perenne(words[1:], command, document)
    else:
        where = f"{relative(document)}:{command.line}"
        assert command.text.startswith(NOT_OURS), f"{where}: cannot run “{command.text}”"


def _run_perenne(arguments: list[str], command: Command, document: Path) -> None:
    done = _typed(arguments) if document == TYPED else perenne(*arguments)
    where = f"{relative(document)}:{command.line}: $ {command.text}"
    assert done.code == command.exits, f"{where}\n{done.out}\n{done.err}"


def _typed(arguments: list[str]) -> Said:
    done = subprocess.run(
        [sys.executable, "-c", CLI, *arguments], capture_output=True, text=True, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


def test_blocks_that_are_not_run_are_few() -> None:
    skipped = [
        f"{relative(d)}:{b.line}: {b.not_run}"
        for d in _documents()
        for b in blocks(d)
        if b.not_run is not None
    ]
    print(f"{len(skipped)} blocks of the documentation are not run", *skipped, sep="\n  ")
    assert len(skipped) <= 12


@pytest.mark.parametrize(
    ("text", "message"),
    [("<!-- not run -->\n```python\n1\n```\n", "reason"), ("```python\n1\n", "never closed")],
)
def test_reader_refuses_what_would_hide_an_example(text: str, message: str, tmp_path: Path) -> None:
    document = tmp_path / "broken.md"
    document.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        blocks(document)


def test_reader_finds_languages_exits_and_continued_lines(tmp_path: Path) -> None:
    document = tmp_path / "sample.md"
    document.write_text(
        "```python\nassert True\n```\n"
        "<!-- not run: shown only -->\n"
        "```console\n$ perenne a \\\n  --b\n$ perenne c\n# exits 1\n```\n"
    )
    first, second = blocks(document)
    assert (first.language, first.line, first.not_run) == ("python", 2, None)
    assert second.not_run == "shown only"
    assert [(c.text, c.exits) for c in commands(second)] == [
        ("perenne a --b", 0),
        ("perenne c", 1),
    ]
