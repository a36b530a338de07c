"""The record of one customer on a terminal: the chapters of the page as lines and tables."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from perenne.cli.printing import print_table, say
from perenne.text import gettext as _

# What a name read from a file could order a terminal to do.
_ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def print_person(person: Any) -> None:
    """Say the record: tables as wide as the terminal, tab-separated when piped."""
    from perenne.reports.person.page import display_name
    from perenne.reports.person.sections import chapters, highlights, standing

    _line(f"{display_name(person)}  {person.customer_id}")
    print_chapters((*standing(person), *highlights(person)), chapters(person))


def print_chapters(facts: Any, chapters: Any) -> None:
    """Facts line by line, then each chapter under its title."""
    for fact in facts:
        _fact(fact)
    for chapter in chapters:
        say()
        say(chapter.title)
        say("─" * len(chapter.title))
        for block in chapter.blocks:
            _block(block)


def print_account(account: Any) -> None:
    """Say the record of an account, in the same way."""
    from perenne.reports.account.page import account_title
    from perenne.reports.account.sections import chapters, highlights, sources

    name = account_title(account)
    _line(name if name == account.account_id else f"{name}  {account.account_id}")
    _line(_("{label}: {value}").format(label=_("Id that a source gives"), value=sources(account)))
    print_chapters(highlights(account), chapters(account))


def text_of(record: Any, say_it: Callable[[Any], None] = print_person) -> str:
    """The record as a text file holds it."""
    out = io.StringIO()
    with redirect_stdout(out):
        say_it(record)
    return out.getvalue()


def _line(text: str) -> None:
    say(_clean(text))


def _clean(text: str) -> str:
    return _ORDERS.sub("\N{REPLACEMENT CHARACTER}", text)


def _fact(fact: Any) -> None:
    note = f"  ({fact.note})" if fact.note else ""
    _line(_("{label}: {value}").format(label=fact.label, value=fact.value) + note)


def _block(block: Any) -> None:
    if block.kind == "text":
        _line(block.text)
    elif block.kind == "facts":
        for fact in block.items:
            _fact(fact)
    elif block.kind == "table":
        _table(block)
    elif block.kind == "story":
        _story(block)


def _table(block: Any) -> None:
    say()
    _line(block.caption)
    right = [place for place, column in enumerate(block.columns) if not column.is_text]
    rows = [[_clean(row.header.text), *map(_both, row.cells)] for row in block.rows]
    print_table([column.title for column in block.columns], rows, right=right)
    hints = [
        _("{label}: {value}").format(label=row.header.text, value=row.header.hint)
        for row in block.rows
        if row.header.hint
    ]
    for text in (*hints, *block.notes):
        _line(f"· {text}")


def _both(cell: Any) -> str:
    """What a cell says, and what stands beneath it on the page."""
    return _clean(f"{cell.text} ({cell.hint})" if cell.hint else cell.text)


def _story(block: Any) -> None:
    for month in block.months:
        say()
        _line(month.title)
        for one in month.entries:
            when = f"{one.day} {one.clock}".rstrip()
            told = [one.title, one.amount, *one.details, one.source]
            _line(f"  {when}  " + " · ".join(filter(None, told)))
            for text in one.lines:
                _line(f"      {text}")
    for note in block.notes:
        _line(f"· {note}")
