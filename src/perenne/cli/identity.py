"""Commands about who is one customer: identity review, accept, refuse, undo, status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, say
from perenne.text import format_number, ngettext
from perenne.text import gettext as _


def identity_group() -> click.Group:
    group = opts.Family(
        "identity", help=_("Which records of all sources are one customer, and why.")
    )
    for command in (_review(), _status(), *map(_decide, ("accept", "refuse", "undo"))):
        group.add_command(command)
    return group


def _review() -> click.Command:
    @click.command("review", help=_("Pairs of records with how they compare, the likeliest first."))
    @click.option(
        "--status",
        type=click.Choice(["review", "linked", "refused", "all"]),
        default="review",
        help=_("Pairs that wait (review), that are linked, or that were refused."),
    )
    @click.option("--customer", default=None, metavar="ID", help=_("Only pairs of this customer."))
    @click.option("--limit", type=click.IntRange(1), default=20, help=_("How many pairs to show."))
    @click.option(
        "--sample",
        is_flag=True,
        help=_(
            "Undecided pairs drawn from every pair of sources and every likelihood: deciding all "
            "of them measures the thresholds."
        ),
    )
    @click.option("--personal", is_flag=True, help=_("Show names, addresses and ids in full."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def review(
        status: Any,
        customer: str | None,
        limit: int,
        sample: bool,
        personal: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        from perenne.cli.identity_words import pair_lines, pair_values
        from perenne.workspace import open_shop
        from perenne.workspace.identities import Asked, pairs

        asked = Asked(status=status, customer_id=customer, limit=limit, at_random=sample)
        with open_shop(opts.place_of(workspace, lang).root) as shop:
            found, total = pairs(shop, asked)
        if as_json:
            values = [pair_values(pair, personal=personal) for pair in found]
            print_json({"total": total, "pairs": values})
            return
        for pair in found:
            for line in pair_lines(pair, personal=personal):
                say(line)
        if not found:
            say(_("No pair."))
            return
        say(
            ngettext("{shown} of {n} pair", "{shown} of {n} pairs", total).format(
                shown=format_number(len(found)), n=format_number(total)
            )
        )
        if status == "review":
            say("→ perenne identity accept|refuse " + found[0].pair_id)

    return review


def _status() -> click.Command:
    @click.command("status", help=_("What the last refresh linked, left alone, and measured."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def status(workspace: Path | None, lang: str | None, as_json: bool) -> None:
        from perenne.cli.identity_words import since_words
        from perenne.cli.outcome import identity_lines
        from perenne.workspace import open_shop
        from perenne.workspace.identities import since

        with open_shop(opts.place_of(workspace, lang).root) as shop:
            told, new = shop.snapshot.manifest.get("identity"), since(shop)
        if as_json:
            print_json({**told, "decided_since": new} if told else told)
            return
        for line in (*identity_lines(told, whole=True), *since_words(new)):
            say(line)

    return status


def _decide(word: Any) -> click.Command:
    texts = {
        "accept": _("Say that the two records of each PAIR are one customer."),
        "refuse": _("Say that they are not: a link between them is undone."),
        "undo": _("Take back what was said of each PAIR."),
    }

    @click.command(word, help=texts[word])
    @click.argument("pairs", metavar=_("PAIR..."), nargs=-1, required=True)
    @opts.workspace_option()
    @opts.lang_option()
    def decide_(pairs: tuple[str, ...], workspace: Path | None, lang: str | None) -> None:
        from perenne.workspace.identities import decide

        made = decide(opts.place_of(workspace, lang), pairs, word)
        if left := len(set(pairs)) - len(made):
            say(
                ngettext(
                    "Of {n} pair nothing was decided: nothing to undo.",
                    "Of {n} pairs nothing was decided: nothing to undo.",
                    left,
                ).format(n=format_number(left))
            )
        if not made:
            return
        done = {
            "accept": ngettext("{n} pair accepted.", "{n} pairs accepted.", len(made)),
            "refuse": ngettext("{n} pair refused.", "{n} pairs refused.", len(made)),
            "undo": ngettext("{n} decision undone.", "{n} decisions undone.", len(made)),
        }[word]
        say(done.format(n=format_number(len(made))))
        say("→ " + _("Compute the figures: perenne refresh"))

    return decide_


COMMANDS = {"identity": identity_group}
