"""Erase persons, and prove it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import confirm, print_json, print_table, progress, say, tell
from perenne.core import PerenneError
from perenne.text import format_number, ngettext
from perenne.text import gettext as _


def erase_command() -> click.Command:
    @click.command(
        "erase",
        help=_(
            "Erase persons from imports, quarantine and every snapshot, and prove it. CUSTOMER is "
            "a customer id, an id of a source, an e-mail or a telephone number."
        ),
    )
    @_options
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
        elif _wanted(place, words, dry_run=dry_run, yes=yes, as_json=as_json):
            finish(_erased(place, words, dry_run=False), paper, as_json)

    return erase


def _options(function: Any) -> Any:
    """Whom to erase, and whether it is done, shown or proved alone."""
    for option in (
        click.option(
            "--certificate",
            "paper",
            type=opts.LocalPath(),
            default=None,
            metavar=_("FILE"),
            help=_("Write what was done and proved, without personal data, as JSON."),
        ),
        click.option(
            "--prove",
            "proof_alone",
            is_flag=True,
            help=_("Erase nothing: search every file for CUSTOMER, or for all who were erased."),
        ),
        click.option("--yes", is_flag=True, help=_("Do not ask for a confirmation.")),
        click.option("--dry-run", is_flag=True, help=_("Say what would be removed, and stop.")),
        click.option(
            "--file",
            "listed",
            type=opts.LocalPath(exists=True, dir_okay=False),
            default=None,
            help=_("Text file with one customer per line."),
        ),
        click.argument("customers", metavar=_("[CUSTOMER]..."), nargs=-1),
    ):
        function = option(function)
    return function


def _wanted(place: Any, words: list[str], *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Show what an erasure would change, and ask; is it to be done?"""
    if not words:
        raise PerenneError(
            _("Nobody is named."),
            next_step=_("Name customers, or a file that lists them with --file."),
        )
    if yes and not dry_run:
        return True
    planned = _erased(place, words, dry_run=True)
    if as_json and dry_run:
        print_json(_values(planned))
        return False
    if planned.done:
        say(_("Erased already ({id}).").format(id=planned.done.id))
    else:
        _show_plan(planned)
    if dry_run:
        say("→ " + _("Do it: the same command without --dry-run"))
        return False
    if not planned.done:
        confirm(_("Erase for good?"))
    return True


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    text = path.read_text(encoding="utf-8-sig")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _erased(place: Any, words: list[str], *, dry_run: bool) -> Any:
    from perenne.workspace import erase

    with progress(_("Erasing")) as step:
        return erase(place, words, dry_run=dry_run, step=step, wait=waiting)


def waiting() -> None:
    tell(_("Another Perenne run is writing to this workspace: waiting for it."))


def finish(done: Any, paper: Path | None, as_json: bool) -> None:
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
        proof = prove(place, words, step=step, wait=waiting)
    if as_json:
        print_json(asdict(proof))
    refuse_if_found(proof)
    if not as_json:
        found = _("Nothing was found in {files} files and {columns} columns of tables.")
        say(found.format(files=format_number(proof.files), columns=format_number(proof.columns)))


COMMANDS = {"erase": erase_command}
