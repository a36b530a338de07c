"""Spark, for when one machine is outgrown: the same expressions over the same lake.

PySpark is an extra and needs Java; both are looked for when a session is asked for, not before.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.text import pgettext
from perenne.warehouse.engine import Engine
from perenne.warehouse.parts import files_of, rows_of, settle

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
    "spark.log.level": "ERROR",
}
"""What Perenne asks of Spark where the owner says nothing else."""

ALONE: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
"""And where Spark runs on this machine alone: it opens no door to others."""


class SparkEngine(Engine):
    """Spark on `master`, with the `conf` of its owner. One session serves a whole process."""

    name = "spark"

    def __init__(self, *, master: str = "local[*]", conf: Mapping[str, str] | None = None) -> None:
        self.session = _session(master, checked(conf or {}))
        from perenne.warehouse.spark_dialect import SparkBackend

        self.ibis = SparkBackend()
        self.ibis.do_connect(self.session)

    def read(self, paths: Path | Iterable[Path]) -> ir.Table:
        tables = [paths] if isinstance(paths, Path) else list(paths)
        files = [str(file) for path in tables for file in files_of(path)]
        name = ibis.util.gen_name("parquet")
        self.session.read.parquet(*files).createOrReplaceTempView(name)
        return self.ibis.table(name)

    def write(self, table: ir.Table, path: Path) -> int:
        written = path.with_name(f".{path.name}.parts")
        self.ibis.frame(table).write.mode("overwrite").parquet(str(written))
        settle(written, path)
        return rows_of(path)

    def view(self, table: ir.Table) -> ir.Table:
        name = ibis.util.gen_name("view")
        self.ibis.frame(table).createOrReplaceTempView(name)
        return self.ibis.table(name)

    def fetch(self, table: ir.Table | ir.Scalar) -> pa.Table:
        return self.ibis.to_pyarrow(table)

    def close(self) -> None:
        _release()


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

    ours = SparkSession.getActiveSession() is None or any(own for _session, own in _open)
    builder = SparkSession.builder.appName("Perenne").master(master)
    if master.startswith("local"):
        conf = {**ALONE, **conf}
    for name, value in conf.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate().newSession()
        for name, value in conf.items():
            if session.conf.isModifiable(name):
                session.conf.set(name, value)
    except Exception as error:
        raise _not_started(master, error) from error
    _open.append((session, ours))
    return session


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


def _release() -> None:
    if not _open:
        return
    session, ours = _open.pop()
    if ours and not _open:
        session.stop()
