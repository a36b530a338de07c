"""Writes the generated half of commands.md from the program itself: `make reference`."""

from collections.abc import Iterator
from pathlib import Path

import click

PAGE = Path(__file__).with_name("commands.md")
MARK = "<!-- generated below by docs/reference/build_commands.py -->"


def commands() -> dict[str, click.Command]:
    """Return every command of the program by its full name, in the order of the help."""
    from perenne.cli.app import program
    from perenne.text import use_language

    with use_language("en"):
        return dict(_leaves(program(), "perenne"))


def _leaves(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=name)
    for child_name in group.list_commands(context):
        child = group.get_command(context, child_name)
        full = f"{name} {child_name}"
        if isinstance(child, click.Group):
            yield from _leaves(child, full)
        elif child is not None:
            yield full, child


def render(found: dict[str, click.Command]) -> str:
    """Return the generated half of the page: one section per command."""
    return "\n".join(_section(name, command) for name, command in found.items())


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [_row(p, context) for p in command.params if isinstance(p, click.Option)]
    table = ["| option | meaning |", "|---|---|", *rows, ""] if rows else []
    text = " ".join((command.help or "").split())
    return "\n".join([f"## `{name}`", "", f"`{usage}`", "", text, "", *table])


def _row(option: click.Option, context: click.Context) -> str:
    names = sorted(option.opts, key=len, reverse=True)
    metavar = option.make_metavar(context).replace("INTEGER RANGE", "N").replace("INTEGER", "N")
    cells = [", ".join(f"`{n}`" for n in names)]
    cells[0] += "" if option.is_flag else f" `{metavar}`"
    cells.append(" ".join((option.help or "").split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Rewrite the generated half of the page."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0].rstrip()
    PAGE.write_text(f"{written}\n\n{MARK}\n\n{render(commands())}", encoding="utf-8")


if __name__ == "__main__":
    main()
