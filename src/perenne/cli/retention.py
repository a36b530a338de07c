"""The retention policy: who and what is due, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import confirm, print_json, print_table, progress, say
from perenne.cli.privacy import finish, waiting
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _


def retention_command() -> click.Command:
    @click.command(
        "retention",
        help=_(
            "Who did nothing for longer than perenne.toml keeps persons, and which rows are too "
            "old to name anybody; with --apply, erase them."
        ),
    )
    @click.option("--apply", is_flag=True, help=_("Erase exactly what the list names."))
    @click.option(
        "--expect",
        default=None,
        metavar="DIGEST",
        help=_(
            "Refuse when other persons or rows are due than those that this digest of a dry run "
            "names."
        ),
    )
    @click.option(
        "--on",
        "as_of",
        metavar=_("DATE"),
        default=None,
        callback=lambda ctx, param, value: opts.read_day(value),
        help=_("Day on which the policy is applied (YYYY-MM-DD); default: today."),
    )
    @click.option("--yes", is_flag=True, help=_("Do not ask for a confirmation."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def retention(
        apply: bool,
        expect: str | None,
        as_of: date | None,
        yes: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        run = _runner(opts.place_of(workspace, lang), as_of)
        if not apply:
            _show(run(apply=False, expect=expect).review, as_json)
        elif yes:
            _tell(run(apply=True, expect=expect), as_json)
        elif chosen := _confirmed(run(apply=False, expect=expect).review):
            _tell(run(apply=True, expect=chosen), as_json)

    return retention


def _runner(place: Any, as_of: date | None) -> Callable[..., Any]:
    from perenne.workspace import retention

    def run(*, apply: bool, expect: str | None) -> Any:
        with progress(_("Retention")) as step:
            return retention(
                place, apply=apply, as_of=as_of, expect=expect, step=step, wait=waiting
            )

    return run


def _confirmed(review: Any) -> str | None:
    """The digest of what was shown and is to be done; None when nothing is due."""
    _show(review, False)
    if review.nothing:
        return None
    confirm(_("Erase them for good?"))
    return str(review.digest)


def _tell(done: Any, as_json: bool) -> None:
    """What was done: rows first, then persons."""
    if as_json:
        print_json(_values(done.review, done.aged))
    elif done.aged or done.erased is None:
        _show(done.review, False, done=done.aged)
    if done.erased is not None:
        finish(done.erased, None, as_json and done.aged is None)


def _values(review: Any, aged: str | None = None) -> dict[str, Any]:
    return {
        "as_of": review.as_of,
        "snapshot": review.snapshot,
        "digest": review.digest,
        "due": [asdict(one) for one in review.due],
        "soon": review.soon,
        "undated": review.undated,
        "held": review.held,
        "kept": review.kept,
        "rows": [asdict(one) for one in review.rows],
        "aged": aged,
    }


def _show(review: Any, as_json: bool, *, done: str | None = None) -> None:
    if as_json:
        print_json(_values(review))
        return
    for line in _person_lines(review):
        say(line)
    _show_years(review)
    for line in _other_lines(review):
        say(line)
    _show_rows(review, done)
    if not review.nothing and done is None:
        say(
            "→ "
            + _("Erase exactly these: perenne retention --apply --expect {digest}").format(
                digest=review.digest
            )
        )


def _person_lines(review: Any) -> Iterator[str]:
    yield ngettext(
        "On {day}: {n} person is due, {kept} stay.",
        "On {day}: {n} persons are due, {kept} stay.",
        len(review.due),
    ).format(
        day=format_date(review.as_of),
        n=format_number(len(review.due)),
        kept=format_number(review.kept),
    )


def _show_years(review: Any) -> None:
    kinds = {"customer": _("customers"), "prospect": _("prospects")}
    rows = [
        (kinds[kind], str(year), _act_label(act), format_number(count))
        for kind, year, act, count in review.by_year()
    ]
    if rows:
        header = (_("kind"), _("year of the last act"), _("last act"), _("persons"))
        print_table(header, rows, right=(1, 3))


def _act_label(act: str) -> str:
    """What the person last did."""
    from perenne.reports.person.words import event_label

    return {
        "order": _("order"),
        "survey": _("answer to a survey"),
        "consent": _("consent given or withdrawn"),
        "subscription": _("subscription begun or ended"),
        "created": _("account created"),
    }.get(act) or event_label(act)


def _other_lines(review: Any) -> Iterator[str]:
    """Who falls due next, who is kept, and whom nothing can be said of."""
    yield ngettext(
        "{n} more person falls due within a month.",
        "{n} more persons fall due within a month.",
        review.soon,
    ).format(n=format_number(review.soon))
    if review.held:
        yield ngettext(
            "{n} person would be due and is kept: a setting or an open subscription.",
            "{n} persons would be due and are kept: a setting or an open subscription.",
            review.held,
        ).format(n=format_number(review.held))
    if review.undated:
        yield "! " + ngettext(
            "Of {n} person no dated act is known; the policy cannot judge them.",
            "Of {n} persons no dated act is known; the policy cannot judge them.",
            review.undated,
        ).format(n=format_number(review.undated))


def _show_rows(review: Any, done: str | None) -> None:
    """What each rule about rows means, and what stays whatever its age."""
    rules = {
        "visits": _("visits, searches, carts"),
        "messages": _("messages sent, opened, clicked"),
        "support": _("tickets and calls"),
        "surveys": _("survey answers"),
    }
    rows = [
        (
            rules[one.rule],
            format_date(one.before),
            format_date(one.oldest) if one.oldest else "–",
            format_number(one.imports),
            format_number(one.snapshots),
        )
        for one in review.rows
    ]
    if rows:
        header = (
            _("rows about"),
            _("before"),
            _("oldest"),
            _("rows of imports"),
            _("rows of snapshots"),
        )
        print_table(header, rows, right=(3, 4))
        say(
            _("They name nobody any more ({id}).").format(id=done)
            if done
            else _("These rows stay and are counted, but no longer name anybody.")
        )
    say(
        _(
            "Orders and refunds stay, under a pseudonym once their person is erased. Consents and "
            "refusals stay as long as their person."
        )
    )


COMMANDS = {"retention": retention_command}
