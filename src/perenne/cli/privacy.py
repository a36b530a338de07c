"""Commands about the rights of persons: erase, retention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, print_table, progress, say, tell
from perenne.core import PerenneError
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _


def erase_command() -> click.Command:
    @click.command(
        "erase",
        help=_(
            "Erase persons from imports, quarantine and every snapshot, and prove it. CUSTOMER is "
            "a customer id, an id of a source, an e-mail or a telephone number."
        ),
    )
    @click.argument("customers", metavar=_("[CUSTOMER]..."), nargs=-1)
    @click.option(
        "--file",
        "listed",
        type=opts.LocalPath(exists=True, dir_okay=False),
        default=None,
        help=_("Text file with one customer per line."),
    )
    @click.option("--dry-run", is_flag=True, help=_("Say what would be removed, and stop."))
    @click.option("--yes", is_flag=True, help=_("Do not ask for a confirmation."))
    @click.option(
        "--prove",
        "proof_alone",
        is_flag=True,
        help=_("Erase nothing: search every file for CUSTOMER, or for all who were erased."),
    )
    @click.option(
        "--certificate",
        "paper",
        type=opts.LocalPath(),
        default=None,
        metavar=_("FILE"),
        help=_("Write what was done and proved, without personal data, as JSON."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def erase(
        customers: tuple[str, ...],
        listed: Path | None,
        dry_run: bool,
        yes: bool,
        proof_alone: bool,
        paper: Path | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        place = opts.place_of(workspace, lang)
        words = [*customers, *_lines(listed)]
        if proof_alone:
            _prove(place, words, as_json)
            return
        if not words:
            raise PerenneError(
                _("Nobody is named."),
                next_step=_("Name customers, or a file that lists them with --file."),
            )
        if dry_run or not yes:
            planned = _erased(place, words, dry_run=True)
            if as_json and dry_run:
                print_json(_values(planned))
                return
            if planned.done:
                say(_("Erased already ({id}).").format(id=planned.done.id))
            else:
                _show_plan(planned)
            if dry_run:
                say("→ " + _("Do it: the same command without --dry-run"))
                return
            if not planned.done:
                click.confirm(_("Erase for good?"), abort=True, err=True)
        done = _erased(place, words, dry_run=False)
        _finish(done, paper, as_json)

    return erase


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    text = path.read_text(encoding="utf-8-sig")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _erased(place: Any, words: list[str], *, dry_run: bool) -> Any:
    from perenne.workspace import erase

    with progress(_("Erasing")) as step:
        return erase(place, words, dry_run=dry_run, step=step, wait=_waiting)


def _waiting() -> None:
    tell(_("Another Perenne run is writing to this workspace: waiting for it."))


def _finish(done: Any, paper: Path | None, as_json: bool) -> None:
    from perenne.workspace import certificate, refuse_if_found

    if paper:
        paper.write_text(certificate(done), encoding="utf-8")
    if as_json:
        print_json(_values(done))
    else:
        for line in _done_lines(done):
            say(line)
    refuse_if_found(done.proof)


def _done_lines(done: Any) -> Iterator[str]:
    proof, people = done.proof, len(done.done.persons)
    yield ngettext(
        "{n} person erased ({id}); {files} files written anew.",
        "{n} persons erased ({id}); {files} files written anew.",
        people,
    ).format(n=format_number(people), id=done.done.id, files=format_number(len(done.done.files)))
    yield from _shared_lines(done.plan)
    if proof.holds:
        yield _(
            "Proved: {n} identifiers were looked for in {files} files, {columns} columns of "
            "tables included, and none was found."
        ).format(
            n=format_number(proof.identifiers),
            files=format_number(proof.files),
            columns=format_number(proof.columns),
        )
    yield "! " + _(
        "Not in the workspace, and so not erased: the original files that were imported, exports "
        "and reports written elsewhere, backups, and the platforms themselves."
    )


def _shared_lines(plan: Any) -> Iterator[str]:
    shared = sum(plan.shared.values())
    if shared:
        yield "! " + ngettext(
            "{n} identifier (a name, address or number) stands for others or for products too: it "
            "stays with them.",
            "{n} identifiers (names, addresses or numbers) stand for others or for products too: "
            "they stay with them.",
            shared,
        ).format(n=format_number(shared))


def _show_plan(planned: Any) -> None:
    people = planned.plan.people
    say(
        ngettext(
            "{n} person, known by {records} ids in {sources} sources",
            "{n} persons, known by {records} ids in {sources} sources",
            len(people),
        ).format(
            n=format_number(len(people)),
            records=format_number(sum(len(one.records) for one in people)),
            sources=format_number(len({r.source for one in people for r in one.records})),
        )
    )
    rows = [
        (group, change.file.table, format_number(change.rows), format_number(change.texts))
        for groups in (planned.plan.batches, planned.plan.snapshots)
        for group, changes in groups.items()
        for change in changes
    ]
    header = (_("import or snapshot"), _("table"), _("rows"), _("texts"))
    print_table(header, rows, right=(2, 3))
    for line in _shared_lines(planned.plan):
        say(line)
    say(_("Orders stay under a pseudonym, so that every figure stays as it is."))


def _values(erased: Any) -> dict[str, Any]:
    plan = erased.plan
    return {
        "persons": [
            {"customer_id": one.customer_id, "records": len(one.records)} for one in plan.people
        ],
        "files": [
            {
                "group": group,
                "table": change.file.table,
                "rows": change.rows,
                "texts": change.texts,
            }
            for groups in (plan.batches, plan.snapshots)
            for group, changes in groups.items()
            for change in changes
        ],
        "shared": dict(plan.shared),
        "done": asdict(erased.done) if erased.done else None,
        "proof": asdict(erased.proof) if erased.proof else None,
    }


def _prove(place: Any, words: list[str], as_json: bool) -> None:
    from perenne.workspace import prove, refuse_if_found

    with progress(_("Proving")) as step:
        proof = prove(place, words, step=step, wait=_waiting)
    if as_json:
        print_json(asdict(proof))
    refuse_if_found(proof)
    if not as_json:
        found = _("Nothing was found in {files} files and {columns} columns of tables.")
        say(found.format(files=format_number(proof.files), columns=format_number(proof.columns)))


def retention_command() -> click.Command:
    @click.command(
        "retention",
        help=_(
            "Who did nothing for longer than perenne.toml keeps persons; with --apply, erase them."
        ),
    )
    @click.option("--apply", is_flag=True, help=_("Erase exactly those whom the list names."))
    @click.option(
        "--expect",
        default=None,
        metavar="DIGEST",
        help=_("Refuse when others are due than those that this digest of a dry run names."),
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
        from perenne.workspace import retention as retain

        place = opts.place_of(workspace, lang)

        def run(*, apply: bool, expect: str | None) -> Any:
            with progress(_("Retention")) as step:
                return retain(
                    place, apply=apply, as_of=as_of, expect=expect, step=step, wait=_waiting
                )

        if not apply or not yes:
            shown = run(apply=False, expect=expect)
            if as_json and not apply:
                print_json(_review_values(shown.review))
                return
            _show_review(shown.review)
            if not apply or not shown.review.due:
                return
            click.confirm(_("Erase them for good?"), abort=True, err=True)
            expect = shown.review.digest
        done = run(apply=True, expect=expect)
        if done.erased is not None:
            _finish(done.erased, None, as_json)
        elif as_json:
            print_json(_review_values(done.review))
        else:
            _show_review(done.review)

    return retention


def _review_values(review: Any) -> dict[str, Any]:
    return {
        "as_of": review.as_of,
        "snapshot": review.snapshot,
        "digest": review.digest,
        "due": [asdict(one) for one in review.due],
        "soon": review.soon,
        "undated": review.undated,
        "held": review.held,
        "kept": review.kept,
    }


def _show_review(review: Any) -> None:
    say(
        ngettext(
            "On {day}: {n} person is due, {kept} stay.",
            "On {day}: {n} persons are due, {kept} stay.",
            len(review.due),
        ).format(
            day=format_date(review.as_of),
            n=format_number(len(review.due)),
            kept=format_number(review.kept),
        )
    )
    kinds = {"customer": _("customers"), "prospect": _("prospects")}
    rows = [
        (kinds[kind], str(year), act, format_number(count))
        for kind, year, act, count in review.by_year()
    ]
    if rows:
        header = (_("kind"), _("year of the last act"), _("last act"), _("persons"))
        print_table(header, rows, right=(1, 3))
    say(
        ngettext(
            "{n} more person falls due within a month.",
            "{n} more persons fall due within a month.",
            review.soon,
        ).format(n=format_number(review.soon))
    )
    if review.held:
        say(
            ngettext(
                "{n} person would be due and is kept: a setting or an open subscription.",
                "{n} persons would be due and are kept: a setting or an open subscription.",
                review.held,
            ).format(n=format_number(review.held))
        )
    if review.undated:
        say(
            "! "
            + ngettext(
                "Of {n} person no dated act is known; the policy cannot judge them.",
                "Of {n} persons no dated act is known; the policy cannot judge them.",
                review.undated,
            ).format(n=format_number(review.undated))
        )
    if review.due:
        say(
            "→ "
            + _("Erase exactly these: perenne retention --apply --expect {digest}").format(
                digest=review.digest
            )
        )


COMMANDS = {"erase": erase_command, "retention": retention_command}
