"""Reads the fenced blocks of a Markdown file, with the comments that say how to run them.

<!-- not run: reason -->      before a block: it is shown, not run; the reason is counted
<!-- with: path path -->      anywhere: files copied beside the examples before they run
"""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<language>[\w-]*)[^\n]*$")
NOT_RUN = re.compile(r"^\s*<!--\s*not run(?::\s*(?P<reason>.*?))?\s*-->")
WITH = re.compile(r"^<!--\s*with:\s*(?P<paths>.*?)\s*-->", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, text and first line (1-based) within the file."""

    language: str
    text: str
    line: int
    not_run: str | None = None


@dataclass(frozen=True)
class Command:
    """One line after ``$`` in a console block and the exit code that it must end with."""

    text: str
    line: int
    exits: int = 0


def blocks(path: Path) -> list[Block]:
    """Return the fenced blocks of ``path`` in order; ValueError when a reason is missing."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    reason: str | None = None
    position = 0
    while position < len(lines):
        line = lines[position]
        if comment := NOT_RUN.search(line):
            reason = comment["reason"]
            if not reason:
                raise ValueError(f"{path.name}:{position + 1}: “not run” needs a reason")
        elif opened := FENCE.match(line):
            end = _end_of_block(lines, position, opened["fence"])
            text = "\n".join(x[len(opened["indent"]) :] for x in lines[position + 1 : end])
            found.append(Block(opened["language"], text, position + 2, reason))
            reason, position = None, end
        elif line.strip():
            reason = None
        position += 1
    return found


def _end_of_block(lines: list[str], start: int, fence: str) -> int:
    for position in range(start + 1, len(lines)):
        if lines[position].strip() == fence:
            return position
    raise ValueError(f"the block opened on line {start + 1} is never closed")


def commands(block: Block) -> list[Command]:
    """Return the command lines of a console block; ``# exits N`` after one changes its code."""
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if line.startswith("$ "):
            found.append(Command(line[2:].strip(), number))
        elif found and found[-1].text.endswith("\\"):
            joined = found[-1].text[:-1] + line.strip().removeprefix("> ")
            found[-1] = Command(joined, found[-1].line)
        elif found and (exits := re.fullmatch(r"# exits (\d)", line.strip())):
            found[-1] = Command(found[-1].text, found[-1].line, int(exits[1]))
    return found


def companions(path: Path) -> list[str]:
    """Return the files, named from the root of the repository, that the examples need."""
    return [p for m in WITH.finditer(path.read_text(encoding="utf-8")) for p in m["paths"].split()]
