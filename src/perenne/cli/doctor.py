"""The doctor: is everything that Perenne needs there and sound?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, say
from perenne.core import PerenneError
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _

LIBRARIES = ("duckdb", "ibis-framework", "pyarrow", "pydantic", "babel")
LEAST_FREE_GB = 2


@dataclass(frozen=True)
class Check:
    """One thing looked at. `next_step` says what to do when it is not sound, or `warns` of
    something that stops nothing."""

    name: str
    sound: bool
    found: str
    next_step: str = ""
    warns: bool = False


def doctor_command() -> click.Command:
    @click.command("doctor", help=_("Check environment, engine, disk, settings and snapshots."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def doctor(workspace: Path | None, lang: str | None, as_json: bool) -> None:
        place = _place(workspace, lang)
        checks = list(_checks(place, workspace or Path.cwd()))
        if as_json:
            print_json([vars(check) for check in checks])
        else:
            _show(checks)
        if not all(check.sound for check in checks):
            click.get_current_context().exit(1)

    return doctor


def _place(workspace: Path | None, lang: str | None) -> Any:
    """The workspace if there is one; a doctor also looks at a machine without any."""
    from perenne.workspace import find

    opts.speak(lang, "en")
    try:
        place = find((workspace or Path.cwd()).resolve())
    except PerenneError:
        if workspace:
            raise
        return None
    try:
        return opts.place_of(place.root, lang)
    except PerenneError:
        return place


def _show(checks: list[Check]) -> None:
    for check in checks:
        mark = click.style("✓", fg="green") if check.sound else click.style("✗", fg="red")
        if check.warns:
            mark = click.style("!", fg="yellow")
        say(mark + " " + _("{label}: {value}").format(label=check.name, value=check.found))
        if check.next_step and (check.warns or not check.sound):
            say(f"  → {check.next_step}")


def _checks(place: Any, folder: Path) -> Iterator[Check]:
    yield _python()
    yield from (_library(name) for name in LIBRARIES)
    yield _tried(_("Engine"), _engine)
    yield _disk(place.root if place else folder)
    if place is None:
        yield Check(_("Workspace"), True, _("none here"))
        return
    yield _tried(_("Settings"), lambda: _settings(place))
    yield _spark(place)
    yield _writable(place)
    yield _access(place)
    yield _tried(_("Key"), lambda: _key(place))
    if lake := _lake(place):
        yield lake
    yield (imports := _tried(_("Imports"), lambda: _imports(place)))
    if imports.sound:
        yield _clock(place)
    yield from _snapshot_checks(place)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 11), found, _("Install Python 3.11 or later."))


def _library(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, _("not installed"), _("Install Perenne again."))


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except PerenneError as error:
        return Check(name, False, error.what, error.next_step)
    except Exception as error:
        return Check(name, False, f"{type(error).__name__}: {error}", _("Install Perenne again."))


def _engine() -> str:
    from perenne.warehouse import DuckEngine

    with DuckEngine() as engine:
        row = engine.duck.execute(
            "SELECT current_setting('memory_limit'), current_setting('threads')"
        ).fetchone()
    memory, threads = row or ("", "?")
    return _("DuckDB works, {memory} of memory, {threads} threads").format(
        memory=_gigabytes(memory), threads=threads
    )


def _gigabytes(written: str) -> str:
    """An amount of memory as DuckDB writes it, in the unit of the disk."""
    from perenne.warehouse import bytes_in

    return _("{n} GB").format(n=format_number(bytes_in(written) / 1e9, decimals=1))


def _spark(place: Any) -> Check:
    """Spark is looked for everywhere; it must be there only where the workspace computes on it."""
    from perenne.warehouse.spark import look
    from perenne.workspace.settings import load

    try:
        asked = load(place.settings).engine.name == "spark"
    except PerenneError:
        asked = False
    try:
        pyspark, java = look()
    except PerenneError as missing:
        if asked:
            return Check("Spark", False, missing.what, missing.next_step)
        return Check("Spark", True, _("not asked for, and cannot run here"))
    found = _("PySpark {version}, Java {java}").format(version=pyspark, java=java)
    return Check("Spark", True, found if asked else _("not asked for; {found}").format(found=found))


def _disk(folder: Path) -> Check:
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free / 1e9
    return Check(
        _("Disk"),
        free >= LEAST_FREE_GB,
        _("{n} GB free").format(n=format_number(free, decimals=1)),
        _("Free some space: a refresh needs about three times the size of the raw files."),
    )


def _settings(place: Any) -> str:
    from perenne.workspace.settings import load

    shop = load(place.settings).shop
    return f"{shop.name or '-'}, {shop.currency or _('currency of the data')}, {shop.time_zone}"


def _writable(place: Any) -> Check:
    import os

    return Check(
        _("Workspace"),
        os.access(place.root, os.W_OK),
        str(place.root),
        _("Choose a folder you may write to."),
    )


def _access(place: Any) -> Check:
    """May others read what the workspace knows of persons?"""
    from shlex import quote

    from perenne.workspace.access import readable_by_others

    folders = (place.raw, place.snapshots, place.quarantine)
    if not readable_by_others(place.root, folders):
        return Check(_("Access"), True, _("others of this machine cannot read the workspace"))
    folder = quote(str(place.root))
    return Check(
        _("Access"),
        True,
        _("every user of this machine can read the workspace, and persons in it"),
        _(
            "Close it: chmod -R go-rwx {folder}. To share it with a group instead: "
            "chgrp -R GROUP {folder} && chmod -R g+rwX,o-rwx {folder} && "
            "find {folder} -type d -exec chmod g+s {{}} +, but for a file secrets.toml."
        ).format(folder=folder),
        warns=True,
    )


def _imports(place: Any) -> str:
    """How many imports there are, once every file of them was compared with its signature."""
    from perenne.workspace import list_imports
    from perenne.workspace.batches import require_sound

    found = list_imports(place)
    require_sound(place, found)
    n = len(found)
    return ngettext("{n} import", "{n} imports", n).format(n=n)


def _lake(place: Any) -> Check | None:
    """Is the lake reached, and this workspace's? None where tables lie in the folder."""
    from perenne.workspace.lakes import claim, lake_of

    lake = lake_of(place)
    if not lake:
        return None
    try:
        claim(place)
        kept = lake.keeps_versions()
    except PerenneError as error:
        return Check(_("Lake"), False, error.what, error.next_step)
    return Check(
        _("Lake"),
        not kept,
        _("{address} keeps old versions").format(address=lake.address) if kept else lake.address,
        _("Let the bucket remove old versions: else what was erased stays in it."),
    )


def _key(place: Any) -> str:
    from perenne.workspace.layout import key_of

    key_of(place)
    return _("there")


def _clock(place: Any) -> Check:
    """A clock behind the newest import was set back, or ran ahead when the import was made."""
    from datetime import UTC, datetime

    from perenne.workspace.batches import now

    system = datetime.now(UTC)
    ahead = now(place, clock=lambda: system) - system
    return Check(
        _("Clock"),
        ahead.days < 1,
        format_date(system.date()),
        _("The newest import is of a later day: set the clock of this machine."),
    )


def _snapshot_checks(place: Any) -> Iterator[Check]:
    """The published snapshot, then the older ones: every file is compared with its signature."""
    from perenne.workspace.snapshots import current, damaged, each, way_back

    if not place.current.exists():
        yield Check(_("Snapshot"), True, _("nothing computed yet"))
        return
    shown = None
    try:
        shown = current(place)
    except PerenneError as error:
        yield Check(_("Snapshot"), False, error.what, error.next_step)
    for name, one in each(place):
        published = shown is not None and name == shown.id
        if isinstance(one, PerenneError):
            if shown is not None:
                yield Check(_("Snapshot"), False, one.what, one.next_step)
            continue
        bad = damaged(one)
        if bad or published:
            found = _("damaged: {files}").format(files=", ".join(bad)) if bad else f"{name} ✓"
            told = _("{label}: {value}").format(label=name, value=found)
            further = way_back(place) if published and bad else _older(one)
            yield Check(_("Snapshot"), not bad, found if published else told, further)


def _older(snapshot: Any) -> str:
    return _("Bring its folder back from a backup, or remove {folder}.").format(
        folder=snapshot.folder
    )


COMMANDS = {"doctor": doctor_command}
