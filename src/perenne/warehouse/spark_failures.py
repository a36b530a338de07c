"""What an error of Spark means, said as those of DuckDB are: its Java has died, memory or a disk
does not suffice, a file cannot be read where it runs, a column is not there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from perenne.core import PerenneError
from perenne.text import format_number
from perenne.text import gettext as _
from perenne.warehouse.failures import chain
from perenne.warehouse.parts import is_parquet

Kind = Literal["gone", "memory", "full", "refused", "column", "file", "other"]

OUT_OF_MEMORY = 52
"""The code with which Spark ends a Java that has no memory left."""
NO_FOLDER = 53
"""And one that cannot make a folder in spark.local.dir."""

_CODES: Mapping[int | None, Kind] = {OUT_OF_MEMORY: "memory", NO_FOLDER: "refused"}
_WORDS: tuple[tuple[str, Kind], ...] = (
    ("java.lang.OutOfMemoryError", "memory"),
    ("SparkOutOfMemoryError", "memory"),
    ("UNABLE_TO_ACQUIRE_MEMORY", "memory"),
    ("exceeding memory limits", "memory"),
    ("exceeding physical memory limits", "memory"),
    ("OOMKilled", "memory"),
    ("No space left on device", "full"),
    ("Disk quota exceeded", "full"),
    ("Permission denied", "refused"),
    ("Read-only file system", "refused"),
    ("Mkdirs failed to create", "refused"),
    ("not a directory", "refused"),
    ("UNRESOLVED_COLUMN", "column"),
    ("PATH_NOT_FOUND", "file"),
    ("FAILED_READ_FILE", "file"),
    ("CANNOT_READ_FILE_FOOTER", "file"),
    ("is not a Parquet file", "file"),
    ("corrupted file", "file"),
)
_LOST = ("stopped SparkContext", "SparkContext was shut down", "does not exist in the JVM")
_PATIENCE = 30
"""Seconds that a Java which answers no more is given to end, so that its code can be told: one
without memory still closes what it has open."""
_CALL = re.compile(r"An error occurred while calling \S+")
_FILE = re.compile(r"file:/+([^\s\]]+\.parquet)")
_CAUSE = re.compile(r"^(?:Caused by)?: (?:[\w.$]+: )?(.+)$", re.MULTILINE)
_COLUMN = re.compile(r"name (\S+) cannot be resolved")
_MEANT = re.compile(r"Did you mean one of the following\? \[(.*?)\]")


@dataclass(frozen=True)
class Place:
    """Where a session runs, with what settings, and the process of its Java, where known."""

    master: str
    conf: Mapping[str, str]
    java: subprocess.Popen[bytes] | None = None

    def ended(self, *, seconds: float = 0) -> int | None:
        """The code with which Java ended; None while it runs. One that was cut off just now is
        waited for."""
        if self.java is None:
            return None
        try:
            return self.java.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    @property
    def folders(self) -> list[Path]:
        """Where this machine's part of Spark puts what does not fit into memory."""
        named = os.environ.get("SPARK_LOCAL_DIRS") or self.conf.get("spark.local.dir", "/tmp")
        return [Path(one.strip()) for one in named.split(",")]


def is_of_spark(error: BaseException) -> bool:
    """Did Spark, or the way to it, fail? Mistakes in Python did not come from there."""
    return any(
        type(one).__module__.split(".")[0] in ("py4j", "pyspark") or _cut_off(one)
        for one in chain(error)
    )


def was_stopped(error: BaseException) -> bool:
    """Did a person stop it? PySpark cancels its jobs on Ctrl-C, and tells that as their failure."""
    return "cancellation of all jobs" in _text(error) or any(
        isinstance(one, KeyboardInterrupt) for one in chain(error)
    )


def kind_of(error: BaseException, place: Place) -> Kind:
    """What stood in the way."""
    text = _text(error)
    heard = _CALL.sub("", text).strip(" :.\n")
    lost = not heard or any(map(_cut_off, chain(error)))
    lost = lost or any(words in text for words in _LOST)
    code = place.ended(seconds=_PATIENCE if lost else 0)
    if code in _CODES:
        return _CODES[code]
    if code is None and text.strip() and not heard:
        return "memory"  # Java answers, and has not the memory to tell what failed
    for words, kind in _WORDS:
        if words in text:
            return kind
    return "gone" if lost or code is not None else "other"


def said(
    error: BaseException, place: Place, *, written: Path | None = None, read: Sequence[Path] = ()
) -> PerenneError:
    """The error in words; `written` is the table that was under way, `read` the files looked at."""
    kind, text = kind_of(error, place), _text(error)
    if kind == "gone":
        return _gone(place)
    if kind == "memory":
        return _memory(place)
    if kind == "full":
        return _full(place, written)
    if kind == "refused":
        return _refused(place, written, text)
    if kind == "column":
        return _column(text)
    file = _file_in(text, read) if kind == "file" else None
    return _file(file, place, text) if file else _other(text)


def _file_in(text: str, read: Sequence[Path]) -> Path | None:
    """The file that Java names, else the first that is no Parquet."""
    if found := _FILE.search(text):
        return Path("/" + unquote(found[1]))
    return next((file for file in read if not is_parquet(file)), None)


def _cut_off(error: BaseException) -> bool:
    return isinstance(error, ConnectionError | EOFError) or type(error).__name__ in (
        "Py4JNetworkError",
        "Py4JAuthenticationError",
    )


def _text(error: BaseException) -> str:
    return "\n".join(map(_told, chain(error)))


def _told(error: BaseException) -> str:
    """What an error says; one of Java asks Java, which may be dead by then."""
    try:
        return str(error)
    except Exception:
        return ""


def _reason(text: str) -> str:
    """The last cause that Java tells, else the first line, of what Spark said."""
    causes = _CAUSE.findall(text)
    told = causes[-1] if causes else next(iter(text.strip().splitlines()), "")
    return re.sub(r" *SQLSTATE: \w+", "", told).strip().rstrip(".")


def _gone(place: Place) -> PerenneError:
    code = place.ended()
    if code is None:
        told = _("Spark has stopped.")
    elif code < 0:
        name = signal.Signals(-code).name
        told = _("Spark has stopped: its Java process was killed ({signal}).").format(signal=name)
    else:
        told = _("Spark has stopped: its Java process ended with code {code}.").format(code=code)
    return PerenneError(
        told,
        given=place.master,
        next_step=_(
            "Run this again: what was published is unchanged. If it stops again, the machine may "
            "lack memory: close other programs, or lower spark.driver.memory in [engine.conf] in "
            "perenne.toml."
        ),
    )


def _memory(place: Place) -> PerenneError:
    here = place.master.startswith("local")
    name = "spark.driver.memory" if here else "spark.executor.memory"
    given = place.conf.get(name, "1g")
    return PerenneError(
        _("Spark ran out of memory: {name} is {value}.").format(name=name, value=given),
        given=given,
        next_step=_(
            "Raise {name} in [engine.conf] in perenne.toml, or cut the work into more parts: raise "
            "spark.sql.shuffle.partitions. What was published is unchanged."
        ).format(name=name),
    )


def _full(place: Place, written: Path | None) -> PerenneError:
    folders = [one for one in (*place.folders, *_parent(written)) if one.is_dir()]
    free = {one: shutil.disk_usage(one).free for one in folders}
    folder = min(free, key=lambda one: free[one], default=place.folders[0])
    return PerenneError(
        _("The disk that Spark works on is full: {folder}, {n} MB are free.").format(
            folder=folder, n=format_number(free.get(folder, 0) / 1e6)
        ),
        given=str(folder),
        next_step=_(
            "Free some space (a refresh needs about three times the size of the raw files), or "
            "name a folder on a larger disk in [engine.conf] in perenne.toml: spark.local.dir. "
            "What was published is unchanged; then run this again."
        ),
    )


def _refused(place: Place, written: Path | None, text: str) -> PerenneError:
    folder = next(iter(_parent(written)), place.folders[0])
    return PerenneError(
        _("Spark may not write to {folder}: {reason}.").format(folder=folder, reason=_reason(text)),
        given=str(folder),
        next_step=_(
            "Give the users who run Perenne and Spark’s executors the right to write there, then "
            "run this again."
        ),
    )


def _parent(written: Path | None) -> list[Path]:
    return [written.parent] if written else []


def _column(text: str) -> PerenneError:
    found, meant = _COLUMN.search(text), _MEANT.search(text)
    name = _bare(found[1]) if found else "?"
    known = [_bare(one) for one in meant[1].split(", ")] if meant else []
    return PerenneError(
        _("A table that Spark reads has no column {name}.").format(name=name),
        given=name,
        allowed=known,
        next_step=_(
            "Another version of Perenne may have written it: compute it again with perenne "
            "refresh. perenne doctor tells what is damaged."
        ),
    )


def _bare(name: str) -> str:
    return name.split(".")[-1].strip("`")


def _file(file: Path, place: Place, text: str) -> PerenneError:
    if not file.exists():
        return PerenneError(
            _("{file} has gone while Spark read it.").format(file=file),
            given=str(file),
            next_step=_(
                "Let nothing else delete files of the workspace while Perenne runs, then run this "
                "again."
            ),
        )
    if "FILE_NOT_EXIST" in text or "PATH_NOT_FOUND" in text:
        return PerenneError(
            _("Spark’s executors do not find {file}, which this machine does.").format(file=file),
            given=place.master,
            next_step=_(
                "Mount the folder of the workspace under the same path on every machine of the "
                "cluster."
            ),
        )
    return PerenneError(
        _("Spark cannot read {file}: {reason}.").format(file=file, reason=_reason(text)),
        given=str(file),
        next_step=_("Run perenne doctor: it names what is damaged."),
    )


def _other(text: str) -> PerenneError:
    reason = _reason(text)
    return PerenneError(
        _("Spark could not do this: {reason}.").format(reason=reason),
        given=reason,
        next_step=_(
            'Spark’s own log says more. If the same step succeeds with engine.name = "duckdb", '
            "please report it."
        ),
    )


def quiet(record: Any) -> bool:
    """A filter of Python's log: py4j writes a traceback there before it raises."""
    return "py4j" not in record.pathname
