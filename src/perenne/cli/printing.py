"""Words and tables on the terminal. Data goes to standard output, everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from perenne.core import PerenneError
from perenne.text import gettext as _

UNKNOWN = "–"


def say(text: str = "") -> None:
    """A line for the person."""
    click.echo(text)


def tell(text: str = "") -> None:
    """A line about the work in progress."""
    click.echo(text, err=True)


def refuse(error: PerenneError, *, as_json: bool = False) -> None:
    """Why something was not done, and the next step; as JSON on standard output too, where nothing
    stands there yet."""
    if as_json and not hasattr(error, "refusals"):
        told = {name: getattr(error, name) for name in ("what", "next_step", "given", "allowed")}
        click.echo(json.dumps({"refused": told}, ensure_ascii=False, indent=2, default=str))
    tell(click.style(_("Refused: "), fg="red", bold=True) + error.what)
    if error.next_step:
        tell("→ " + error.next_step)


def confirm(question: str) -> None:
    """Go on only when the person says yes, in their language. Raises click.Abort otherwise."""
    yes, no = _("yes"), _("no")
    text = _("{question} [{y}/{n}]").format(question=question, y=yes[:1], n=no[:1].upper())
    words = {yes: True, yes[:1]: True, "y": True, "yes": True}
    words |= {no: False, no[:1]: False, "n": False, "no": False, "": False}
    while True:
        suffix = _("{label}: {value}").format(label="", value="")
        answer = click.prompt(text, default="", show_default=False, prompt_suffix=suffix, err=True)
        said = words.get(str(answer).strip().casefold())
        if said is None:
            tell(_("Please answer {yes} or {no}.").format(yes=yes, no=no))
        elif said:
            return
        else:
            raise click.Abort


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    title: str = "",
) -> None:
    """A table as wide as the terminal; plain tab-separated text when piped."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            click.echo("\t".join(cell.replace("\n", " ") for cell in row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for position, name in enumerate(header):
        table.add_column(name, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


class Steps:
    """Names each step of long work on stderr, with a spinner and the time on a terminal."""

    def __init__(self, status: Any | None = None) -> None:
        self._status = status

    def __call__(self, text: str) -> None:
        if self._status is not None:
            self._status.update(text)


@contextmanager
def progress(text: str) -> Iterator[Steps]:
    """Show that work goes on; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield Steps()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(text, total=None)

        class _Bar:
            def update(self, description: str) -> None:
                bar.update(task, description=description)

        yield Steps(_Bar())
