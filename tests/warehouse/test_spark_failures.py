"""What a person is told when Spark, its Java, its disk or a file of its lake fails: each thing
really happens to a running session."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from py4j.protocol import Py4JError

from perenne.core import PerenneError
from perenne.text import use_language
from perenne.warehouse import SparkEngine, Table
from perenne.warehouse.spark import _java_process, _let_go
from perenne.warehouse.spark_failures import Place, said
from tests.engines import LEAN, MASTER, need_spark

pytestmark = pytest.mark.slow
ROWS = pa.table({"n": list(range(1000)), "text": ["x"] * 1000})


@pytest.fixture
def start() -> Iterator[Callable[..., SparkEngine]]:
    """Starts an engine in a Java of its own, which is gone after the test."""
    need_spark()
    made: list[SparkEngine] = []

    def started(explain: Callable[[Exception], Exception | None] | None = None, **conf: str):
        asked = {**LEAN, **{f"spark.{name.replace('_', '.')}": v for name, v in conf.items()}}
        told = {"explain": explain} if explain else {}
        made.append(SparkEngine(master=MASTER, conf=asked, **told))
        return made[-1]

    _end_java()
    yield started
    for engine in made:
        engine.close()
    _end_java()


def _end_java() -> None:
    if java := _java_process():
        java.kill()
        java.wait()
        _let_go()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "orders.parquet"
    path.parent.mkdir()
    pq.write_table(ROWS, path)
    return path


def refused(act: Callable[[], object]) -> PerenneError:
    with pytest.raises(PerenneError) as caught:
        act()
    assert "\n" not in caught.value.what
    assert caught.value.given
    assert caught.value.next_step
    return caught.value


def wide(engine: SparkEngine, rows: int) -> Table:
    """Rows that no codec makes small."""
    engine.session.range(rows).createOrReplaceTempView("many")
    many = engine.ibis.table("many")
    return many.mutate(hash=many.id.cast("string").hexdigest("sha256"))


def test_files_and_columns(start: Callable[..., SparkEngine], file: Path) -> None:
    engine = start()
    table = engine.read(file)
    other = ibis.table({"n": "int64", "amount": "int64"}, name=table.get_name())
    told = refused(lambda: engine.fetch(other.amount.sum()))
    assert told.what == "A table that Spark reads has no column amount."
    assert told.given == "amount"
    assert told.allowed == ("n", "text")

    content = file.read_bytes()
    file.write_bytes(content[:4] + b"\x07" * 400 + content[404:])
    told = refused(lambda: engine.fetch(table.n.sum()))
    assert told.what.startswith(f"Spark cannot read {file}: ")
    file.write_bytes(b"PAR1 no Parquet PAR1")
    assert str(file) in refused(lambda: engine.read(file)).what

    file.unlink()
    told = refused(lambda: engine.fetch(table.n.sum()))
    assert told.what == f"{file} has gone while Spark read it."
    with use_language("fr"):
        told = refused(lambda: engine.write(table, file.with_name("sum.parquet")))
        assert told.what == f"{file} a disparu pendant que Spark le lisait."
    told = refused(lambda: engine.read(file.with_name("none.parquet")))
    assert "none.parquet has gone" in told.what

    file.write_bytes(content)
    blocked = file.with_name("blocked")
    blocked.write_text("a file where a folder should be", encoding="utf-8")
    told = refused(lambda: engine.write(engine.read(file), blocked / "orders.parquet"))
    assert str(blocked) in told.what


def test_what_the_owner_says_of_a_file_comes_first(
    start: Callable[..., SparkEngine], file: Path
) -> None:
    engine = start(explain=lambda error: PerenneError("Snapshot 7 is damaged."))
    table = engine.read(file)
    file.unlink()
    with pytest.raises(PerenneError, match=r"Snapshot 7 is damaged"):
        engine.fetch(table.n.sum())


def test_a_java_that_is_killed_and_the_next_one(
    start: Callable[..., SparkEngine], file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = start()
    table = engine.read(file)
    java = _java_process()
    assert java is not None
    os.kill(java.pid, signal.SIGKILL)
    told = refused(lambda: engine.fetch(table.n.sum()))
    assert told.what == "Spark has stopped: its Java process was killed (SIGKILL)."
    assert told.given == MASTER
    for act in (lambda: engine.read(file), lambda: engine.view(table)):
        assert refused(act).what == told.what
    engine.close()
    again = start()
    assert again.fetch(again.read(file).n.sum()).as_py() == sum(range(1000))
    assert "Traceback" not in capfd.readouterr().err


def test_ctrl_c_stops_and_is_no_failure(start: Callable[..., SparkEngine], file: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        engine = start()
        engine.session.range(10**12).createOrReplaceTempView("endless")
        endless = engine.ibis.table("endless")
        press = threading.Timer(5, lambda: os.kill(os.getpid(), signal.SIGINT))
        press.start()
        with pytest.raises(KeyboardInterrupt):
            engine.fetch((endless.id % 7).sum())
        press.join()
        assert engine.fetch(engine.read(file).n.max()).as_py() == 999
    finally:
        signal.signal(signal.SIGINT, before)


def test_memory_that_does_not_suffice(
    start: Callable[..., SparkEngine], file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = start(driver_memory="512m")
    table = engine.read(file)
    long = table.text.repeat(table.n * 0 + 1_000_000_000)
    told = refused(lambda: engine.fetch(long.length().sum()))
    assert told.what == "Spark ran out of memory: spark.driver.memory is 512m."
    assert "Raise spark.driver.memory" in told.next_step
    assert "\tat " not in capfd.readouterr().err


@pytest.mark.parametrize("more", ["", ".\n", ".\n: "])
def test_a_java_that_has_not_the_memory_to_say_so(more: str) -> None:
    error = Py4JError("An error occurred while calling o100.toString" + more)
    told = said(error, Place(MASTER, {"spark.driver.memory": "512m"}))
    assert told.what == "Spark ran out of memory: spark.driver.memory is 512m."


def test_a_disk_that_is_full(start: Callable[..., SparkEngine], tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("cannot mount a small disk")
    try:
        engine = start(local_dir=str(small), default_parallelism="2", sql_shuffle_partitions="2")
        rows = wide(engine, 400_000)
        for table, target in (
            (rows.order_by("hash"), tmp_path / "sorted.parquet"),
            (rows, small / "rows.parquet"),
        ):
            told = refused(lambda table=table, target=target: engine.write(table, target))
            assert told.what.startswith(f"The disk that Spark works on is full: {small}, ")
            assert "spark.local.dir" in told.next_step
            assert not target.exists()
        engine.close()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def test_a_folder_that_cannot_be_made(start: Callable[..., SparkEngine]) -> None:
    told = refused(lambda: start(local_dir="/proc/none"))
    assert "/proc/none" in told.what
