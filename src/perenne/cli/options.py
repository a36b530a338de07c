"""Options that several commands share, and what they mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.text import set_language

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Family(click.Group):
    """Commands about one thing; `--lang` may stand before or after their names."""

    def __init__(self, name: str, *, help: str) -> None:
        lang = click.Option(["--lang"], type=click.Choice(["fr", "en"]), help=_("Language."))
        super().__init__(name, help=help, params=[lang], callback=lambda lang: None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            rows = [(name, one.get_short_help_str(80)) for name, one in self.commands.items()]
            formatter.write_dl(rows)


class LocalPath(click.Path):
    """A path of this machine; an address such as s3://bucket/shop is refused, not made a folder."""

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, **more)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if "://" in str(value):
            from perenne.workspace import require_local

            require_local(value)
        return super().convert(value, param, ctx)


def workspace_option() -> Decorator:
    return click.option(
        "--workspace",
        "-w",
        type=LocalPath(),
        default=None,
        help=_("Folder of the workspace; default: the one you stand in."),
    )


def lang_option() -> Decorator:
    return click.option(
        "--lang",
        type=click.Choice(["fr", "en"]),
        default=None,
        help=_("Language; default: that of the workspace."),
    )


def json_option() -> Decorator:
    return click.option(
        "--json", "as_json", is_flag=True, help=_("Print JSON alone on standard output.")
    )


def as_of_option() -> Decorator:
    return click.option(
        "--as-of",
        metavar=_("DATE"),
        default=None,
        callback=lambda ctx, param, value: read_day(value),
        help=_("Compute as of the end of this day (YYYY-MM-DD); default: the last order day."),
    )


def read_day(text: str | None) -> date | None:
    """A day as YYYY-MM-DD. Raises PerenneError otherwise."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PerenneError(
            _("“{text}” is not a date.").format(text=text),
            given=text,
            allowed=("2025-12-31",),
            next_step=_("Write the date as year-month-day, for example 2025-12-31."),
        ) from error


def place_of(workspace: Path | None, lang: str | None = None) -> Any:
    """The workspace named, or the one that the current folder stands in; speaks its language."""
    from perenne.workspace import find
    from perenne.workspace.settings import load

    place = find((workspace or Path.cwd()).resolve())
    speak(lang, load(place.settings).shop.language)
    return place


def shop_of(workspace: Path | None, lang: str | None = None) -> Any:
    """The opened workspace, speaking its language unless another was asked for."""
    from perenne.workspace import open_shop

    shop = open_shop(workspace or Path.cwd())
    speak(lang, shop.settings.shop.language)
    return shop


def speak(lang: str | None, default: str) -> None:
    """`--lang`, before or after the command, wins over the environment, which wins over the
    workspace."""
    import os

    outer = click.get_current_context().find_root().params.get("lang")
    chosen = lang or outer or os.environ.get("PERENNE_LANG") or default
    set_language("fr" if chosen == "fr" else "en")


def read_pairs(pairs: tuple[str, ...], *, option: str) -> dict[str, str]:
    """`name=value` texts as a mapping. Raises PerenneError for a text without `=`."""
    result: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise PerenneError(
                _("{option} {text} is not of the form name=value.").format(
                    option=option, text=pair
                ),
                given=pair,
                next_step=_("For example: {option} {example}").format(
                    option=option,
                    example="order_id=Commande" if option == "--map" else "channel=email",
                ),
            )
        result[name.strip()] = value.strip()
    return result
