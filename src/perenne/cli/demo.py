"""The demo: a simulated shop's raw exports, and the whole job on them."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.making import FILES, finish, import_into, new_workspace
from perenne.cli.printing import progress, say
from perenne.text import gettext as _
from perenne.text import ngettext


def demo_command() -> click.Command:
    @click.command("demo", help=_("Simulate a French shop's raw exports and run the whole job."))
    @click.argument("folder", metavar="[DIR]", type=FILES, default=Path("demo-shop"))
    @click.option(
        "--customers",
        type=click.IntRange(min=10),
        default=3000,
        show_default=True,
        help=_("Number of customers to simulate."),
    )
    @click.option(
        "--seed",
        type=int,
        default=42,
        show_default=True,
        help=_("The same seed gives the same shop."),
    )
    @click.option(
        "--one-system",
        is_flag=True,
        help=_("Simulate the web shop alone, without till, newsletter, payments or support."),
    )
    @opts.lang_option()
    def demo(folder: Path, customers: int, seed: int, one_system: bool, lang: str | None) -> None:
        opts.speak(lang, "en")
        from perenne.demo import simulate
        from perenne.workspace import Options

        if (folder / "perenne.toml").is_file():
            _say_demo_is_there(folder)
            return
        with progress(_("Simulating a shop")):
            made = simulate(
                folder / "exports", customers=customers, seed=seed, several=not one_system
            )
        files = sorted(made.files)
        say(
            ngettext(
                "{n} raw export file written to {folder}.",
                "{n} raw export files written to {folder}.",
                len(files),
            ).format(n=len(files), folder=folder / "exports")
        )
        place = new_workspace(folder, name=_("Demo shop"), currency="EUR")
        write_settings(place)
        for store in sorted({made.stores.get(path, "") for path in files}):
            chosen = tuple(path for path in files if made.stores.get(path, "") == store)
            import_into(place, chosen, Options(store=store or None), brief=True)
        finish(place, None, folder)

    return demo


def write_settings(place: Any) -> None:
    """What a shop's owner would write: which tags and utm marks mean which channel, and the order
    of day and month, which the few dates of a small shop may leave open."""
    from perenne.demo import tag_marks, utm_marks
    from perenne.workspace.settings import channel_table

    rules = [
        *(
            {"channel": channel, "utm_source": source, "utm_medium": medium}
            for (source, medium), channel in utm_marks().items()
        ),
        *({"channel": channel, "tag": tag} for tag, channel in tag_marks().items()),
    ]
    text = place.settings.read_text(encoding="utf-8")
    text = text.replace("# default_rate = 0.20 ", "default_rate = 0.20   ")
    dates = '\n[import]\ndate_order = "dmy"\n'
    place.settings.write_text(text + dates + channel_table(rules), encoding="utf-8")


def _say_demo_is_there(folder: Path) -> None:
    say(_("{folder} holds a demo shop already; nothing was changed.").format(folder=folder))
    say(
        "→ "
        + _(
            "Look at it: perenne status --workspace {folder}, or name another folder: "
            "perenne demo OTHER"
        ).format(folder=quote(str(folder)))
    )


COMMANDS = {"demo": demo_command}
