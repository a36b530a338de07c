"""A fuzzer over the readers: golden files, damaged by Hypothesis, in a process of bounded memory.

PERENNE_FUZZ_SECONDS says how long (`make fuzz`: 600); the default suits the ordinary run.
"""

from __future__ import annotations

import faulthandler
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.house.repository import ROOT
from tests.sources.golden import golden_files
from tests.sources.guarded import MEMORY, new_engine, read

SECONDS = int(os.environ.get("PERENNE_FUZZ_SECONDS", "45"))
# One file may take so long; then it hangs.
HANGS = 60
_SPICE = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\r",
    b"\n\n",
    b",,,,",
    b";",
    b"\t",
    b"=1+1",
    b"\xc3\x28",
    b"[[[[",
    b"{}",
    b"<a>",
    b"&x;",
    b"9" * 40,
    b"-",
    b"1e999",
    b"\xe2\x80\xa8",
    b"PAR1",
    b"PK\x03\x04",
]


@st.composite
def damage(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, bytes]], bool]:
    """Which file, what is cut out where and put in its place, and whether it is then gzipped."""
    wound = st.tuples(
        st.integers(0, 1 << 16),
        st.integers(0, 200),
        st.one_of(st.sampled_from(_SPICE), st.binary(max_size=12)),
    )
    return (
        draw(st.integers(0, 1 << 16)),
        draw(st.lists(wound, min_size=1, max_size=5)),
        draw(st.booleans()),
    )


def damaged(content: bytes, wounds: list[tuple[int, int, bytes]]) -> bytes:
    for at, gone, put in wounds:
        place = at % (len(content) + 1)
        content = content[:place] + put + content[place + gone :]
    return content


def seeds() -> list[tuple[str, bytes]]:
    """Golden files of every kind, and a workbook and a Parquet file beside them."""
    from tests.sources.test_hostile import _parquet, _workbook

    found = [(file.name, file.read_bytes()) for file in golden_files()]
    return [*found, *[("o.xlsx", _workbook()), ("o.parquet", _parquet())] * (len(found) // 8)]


def hunt(seconds: int) -> int:
    """Damage and read files for so long; return how many. Raises at the first that is not refused
    in plain words or whose rows do not add up."""
    end, tried, corpus = time.monotonic() + seconds, 0, seeds()
    round_ = 0
    while time.monotonic() < end:

        @seed(round_)
        @settings(
            max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(damage())
        def once(drawn: tuple[int, list[tuple[int, int, bytes]], bool]) -> None:
            nonlocal tried
            if time.monotonic() > end:
                return
            which, wounds, packed = drawn
            name, content = corpus[which % len(corpus)]
            made = damaged(content, wounds)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / name
                file.write_bytes(damaged(gzip.compress(made), wounds[:1]) if packed else made)
                faulthandler.dump_traceback_later(HANGS, exit=True)
                said = read(file, Path(folder), engine)
                faulthandler.cancel_dump_traceback_later()
            tried += 1
            assert not said["refused"] or said["next_step"], said
            for table, (rows, kept, refused) in said["counts"].items():
                assert rows == kept + refused, (table, said)

        with tempfile.TemporaryDirectory() as spill, new_engine(Path(spill)) as engine:
            once()
        round_ += 1
    return tried


@pytest.mark.long
def test_damaged_files_are_read_or_refused() -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.sources.test_fuzz", str(SECONDS)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS + 2 * HANGS
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-4000:]
    assert int(done.stdout) > SECONDS // 10


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(hunt(int(sys.argv[1])))
