"""Proving an erasure, and what is said where somebody is still named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from perenne.core import PerenneError
from perenne.text import format_number, ngettext
from perenne.text import gettext as _
from perenne.warehouse import ERASED
from perenne.workspace.erasure.jobs import Step, Wait, desk
from perenne.workspace.erasure.people import Census
from perenne.workspace.erasure.proof import Proof, identifiers
from perenne.workspace.layout import Layout


def prove(
    layout: Layout,
    words: Sequence[str] = (),
    *,
    step: Step = lambda text: None,
    wait: Wait = lambda: None,
) -> Proof:
    """Search every file for `words`; without any, for everyone on the suppression list."""
    with desk(layout, step=step, wait=wait) as place:
        country = place.settings.identity.default_country
        names, refs = identifiers(words, engine=place.engine, country=country)
        proof = place.search.prove(names, refs=refs, suppressed=not words)
        return proof if proof.holds else replace(proof, alive=_alive(place.census, words))


def _alive(census: Census, words: Iterable[str]) -> int:
    """How many of these words name a person whom the workspace knows."""
    census.take()
    count = 0
    for word in words:
        try:
            people = census.people([word])
        except PerenneError as error:  # of several persons, or nobody's
            count += bool(error.allowed)
        else:
            records = [record for one in people for record in one.records]
            count += any(record.kind != ERASED for record in records)
    return count


def refuse_if_found(proof: Proof) -> None:
    """Raise PerenneError that names every file and column where somebody is still named; where it
    is a person of the workspace, who they are to it and how they are erased."""
    if proof.holds:
        return
    if proof.alive:
        files = len({one.file for one in proof.found})
        raise PerenneError(
            ngettext(
                "This person was not erased, or has come back: the workspace knows them, in {n} "
                "file.",
                "This person was not erased, or has come back: the workspace knows them, in {n} "
                "files.",
                files,
            ).format(n=format_number(files)),
            next_step=_(
                "Erase them: perenne erase CUSTOMER. Remove no file by hand: the workspace would "
                "no longer open."
            ),
        )
    places = sorted({f"{one.file} ({one.place})" for one in proof.found})
    raise PerenneError(
        _("Identifiers are still there, in: {places}.").format(places="; ".join(places)),
        given=places,
        next_step=_(
            "Correct these files, and take an import (raw/) back with perenne forget; then run: "
            "perenne erase --prove"
        ),
    )
