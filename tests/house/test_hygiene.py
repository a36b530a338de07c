"""Nothing in the repository ties it to one machine or one package index."""

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT, own_files, relative

# Split so that this file does not contain what it looks for.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "crates" + ".io"]
OPTIONS = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links"]
PLACES = ["/" + "work/", "/" + "root/", "/" + "opt/pypi", "/" + "opt/wheels", "/" + "tmp/play"]
FORBIDDEN = re.compile(
    "|".join(map(re.escape, [*HOSTS, *OPTIONS]))
    + "|"
    + r"(?<![\w.}~-])(?:"
    + "|".join(PLACES)
    + ")"
)


def _text_files() -> list[Path]:
    return [path for path in own_files() if b"\0" not in path.read_bytes()[:4096]]


def test_no_registry_address_and_no_machine_path() -> None:
    found = [
        f"{relative(path)}: {match.group()}"
        for path in _text_files()
        if (match := FORBIDDEN.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not found


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_locked_version_is_exact_and_hashed(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, (raw.split("#")[0].strip() for raw in text.splitlines())):
        assert re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_development_lock_contains_the_run_lock() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9.-]+==[^\s;]+)", text, flags=re.MULTILINE))

    assert pins("run.txt") <= pins("dev.txt")
