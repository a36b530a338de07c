"""Spark, for when one machine is outgrown: the same expressions over the same lake.

PySpark is an extra and needs Java; both are looked for when a session is asked for, not before.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.text import pgettext
from perenne.warehouse.engine import Engine, Explain
from perenne.warehouse.lake import Lake, pointer
from perenne.warehouse.parts import files_of, settle
from perenne.warehouse.spark_failures import Place, is_of_spark, kind_of, quiet, said, was_stopped

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_JAVA = 17
FIXED: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
}
"""Settings that figures depend on: another value would give other figures, and is refused."""
USUAL: Mapping[str, str] = {
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.adaptive.enabled": "true",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.driver.maxResultSize": "0",
    "spark.ui.showConsoleProgress": "false",
}
"""What Perenne asks of Spark where the owner says nothing else."""

ALONE: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""And where Spark runs on this machine alone: it opens no door to others."""

_SILENT = Path(__file__).with_name("log4j2.properties")
"""There, what Spark would say on the terminal is told by the error; `spark.log.level` brings its
log back."""


class SparkEngine(Engine):
    """Spark on `master`, with the `conf` of its owner. One session serves a whole process."""

    name = "spark"

    def __init__(
        self,
        *,
        master: str = "local[*]",
        conf: Mapping[str, str] | None = None,
        lake: Lake | None = None,
        explain: Explain = lambda error: None,
    ) -> None:
        self._explain = explain
        self.lake = lake or Lake()
        self._lent: dict[tuple[Path, int], str] = {}
        asked = checked(conf or {})
        self.session = _session(master, asked)
        self._place = Place(master, asked, java=_java_process())
        from perenne.warehouse.spark_dialect import SparkBackend

        self.ibis = SparkBackend()
        with self._explained():
            self.ibis.do_connect(self.session)

    def read(self, paths: Path | Iterable[Path]) -> ir.Table:
        tables = [paths] if isinstance(paths, Path) else list(paths)
        files = [file for path in tables for file in files_of(path)]
        name = ibis.util.gen_name("parquet")
        places = [self._place_of(file) for file in files]
        with self._explained(read=[file for file in files if str(file) in places]):
            self.session.read.parquet(*places).createOrReplaceTempView(name)
            return self.ibis.table(name)

    def write(self, table: ir.Table, path: Path) -> int:
        written = path.with_name(f".{path.name}.parts")
        key = f"{self.lake.work()}/{path.name}"
        target = self.lake.for_spark(key) if self.lake else str(written)
        with self._explained(written=path):
            self.ibis.frame(table).write.mode("overwrite").parquet(target)
        if self.lake:
            written.mkdir()
            for number, part in enumerate(self.lake.written(key)):
                part.write(written / f"part-{number:05d}.parquet")
        settle(written, path)
        return self.lake.rows_of(path)

    def _place_of(self, file: Path) -> str:
        """What the executors read for a file. With a lake they need not see this machine's disk."""
        named = pointer(file)
        if named:
            return self.lake.for_spark(named.key)
        if not self.lake:
            return str(file)
        version = (file, file.stat().st_mtime_ns)
        if version not in self._lent:
            self._lent[version] = self.lake.lend(file)
        return self.lake.for_spark(self._lent[version])

    def view(self, table: ir.Table) -> ir.Table:
        name = ibis.util.gen_name("view")
        with self._explained():
            self.ibis.frame(table).createOrReplaceTempView(name)
            return self.ibis.table(name)

    def fetch(self, table: ir.Table | ir.Scalar) -> pa.Table:
        with self._explained():
            return self.ibis.to_pyarrow(table)

    @contextmanager
    def _explained(
        self, *, written: Path | None = None, read: Sequence[Path] = ()
    ) -> Iterator[None]:
        """Errors of Spark in words; of what it could not read, the owner's words come first."""
        try:
            yield
        except Exception as error:
            if not is_of_spark(error):
                raise
            if was_stopped(error):
                raise KeyboardInterrupt from error
            guess = kind_of(error, self._place) in ("file", "column", "other")
            told = self._explain(error) if guess else None
            raise (told or said(error, self._place, written=written, read=read)) from error

    def close(self) -> None:
        _release(self.session)


def checked(conf: Mapping[str, str]) -> dict[str, str]:
    """What a session is asked for: the owner's settings over the usual ones. Raises PerenneError
    for one that would change figures."""
    for name, value in FIXED.items():
        if name in conf and str(conf[name]).lower() != value.lower():
            raise PerenneError(
                _("The Spark setting {name} must stay {value}: figures depend on it.").format(
                    name=name, value=value
                ),
                given=conf[name],
                allowed=(value,),
                next_step=_("Take it out of [engine.conf] in perenne.toml."),
            )
    return {**USUAL, **conf, **FIXED}


def look() -> tuple[str, str]:
    """Versions of PySpark and Java. Raises PerenneError that says which one is missing."""
    try:
        import pyspark
    except ImportError as error:
        raise PerenneError(
            _("The engine Spark needs PySpark, which is not installed."),
            next_step=_('Install it: pip install "perenne[spark]". Or set engine.name = "duckdb".'),
        ) from error
    return pyspark.__version__, _java()


def _java() -> str:
    """The version of the Java that PySpark will start."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    said = ""
    if program:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
        said = told.stderr + told.stdout
    found = re.search(r'version "(?:1\.)?(\d+)[^"]*"', said)
    if found and int(found[1]) >= LEAST_JAVA:
        return found[1]
    raise PerenneError(
        _("The engine Spark needs Java {least} or later; found: {found}.").format(
            least=LEAST_JAVA, found=found[1] if found else pgettext("Java", "none")
        ),
        given=home or program,
        next_step=_(
            "Install a Java runtime (on Debian or Ubuntu: sudo apt-get install "
            "openjdk-17-jre-headless), or name one in JAVA_HOME."
        ),
    )


_open: list[tuple[SparkSession, bool]] = []
"""The sessions of this process and whether Perenne started Spark for them; the last one to close
stops what Perenne started."""


def _session(master: str, conf: Mapping[str, str]) -> SparkSession:
    look()
    from pyspark.sql import SparkSession

    logging.getLogger().addFilter(quiet)
    if _has_died():
        _let_go()
    ours = SparkSession.getActiveSession() is None or any(own for _session, own in _open)
    builder = SparkSession.builder.appName("Perenne").master(master)
    if master.startswith("local"):
        conf = {**ALONE, **conf}
        os.environ.setdefault("SPARK_SUBMIT_OPTS", f"-Dlog4j2.configurationFile={_SILENT.as_uri()}")
    else:
        conf = {"spark.log.level": "ERROR", **conf}
    for name, value in conf.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate().newSession()
        for name, value in conf.items():
            if session.conf.isModifiable(name):
                session.conf.set(name, value)
    except Exception as error:
        _close_pipe(error)
        place = Place(master, conf, java=_java_process())
        died = place.ended(seconds=2) is not None
        raise (said(error, place) if died else _not_started(master, error)) from error
    _open.append((session, ours))
    return session


def _close_pipe(error: Exception) -> None:
    """Close the pipe to a Java that ended before it was reachable: PySpark has lost it, so that
    only the frames of the error know it."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        java = frame.f_locals.get("proc")
        if isinstance(java, subprocess.Popen) and java.poll() is not None and java.stdin:
            java.stdin.close()


def _not_started(master: str, error: Exception) -> PerenneError:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return PerenneError(
        _("Spark did not start on {master}: {reason}.").format(
            master=master, reason=reason.rstrip(".")
        ),
        given=master,
        next_step=_(
            'Check engine.master and [engine.conf] in perenne.toml; master = "local[*]" runs on '
            "this machine alone."
        ),
    )


def _java_process() -> subprocess.Popen[bytes] | None:
    """The Java that PySpark started; None where another program did."""
    from pyspark import SparkContext

    return getattr(SparkContext._gateway, "proc", None)


def _release(session: SparkSession) -> None:
    mine = [one for one in _open if one[0] is session]
    if not mine:
        return
    _open.remove(mine[0])
    if mine[0][1] and not _open and not _has_died():
        try:
            session.stop()
        except Exception as error:  # It is about to end by itself.
            if not is_of_spark(error):
                raise


def _has_died() -> bool:
    java = _java_process()
    return java is not None and java.poll() is not None


def _let_go() -> None:
    """Forget a Java that is no more, so that the next session of this process starts another."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    _open.clear()
    java = _java_process()
    if SparkContext._gateway is not None:
        SparkContext._gateway.close()
    if java and java.stdin:
        java.stdin.close()
    SparkContext._active_spark_context = None
    SparkContext._gateway = SparkContext._jvm = None
    SparkSession._instantiatedSession = SparkSession._activeSession = None
