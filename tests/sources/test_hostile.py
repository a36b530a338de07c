"""Hostile and broken files: refused or read in plain words, in bounded memory and time."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.sources import bounds, readers
from perenne.sources.layout import Place
from perenne.sources.readers import bytes_in, copies, json_values
from perenne.sources.readers.workbooks import check_workbook
from perenne.warehouse import DuckEngine
from tests.sources.guarded import read_guarded

pytestmark = pytest.mark.slow

HEADER = "order_id,order_date,customer_id,total"
ROWS = [f"A{n},2025-01-{n % 28 + 1:02d},C{n % 7},{n}.50" for n in range(300)]
ORDERS = "\n".join([HEADER, *ROWS]) + "\n"


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    for line in ORDERS.splitlines():
        book.active.append(line.split(","))  # type: ignore[union-attr]  # a new book has a sheet
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet() -> bytes:
    columns = zip(*(row.split(",") for row in ROWS), strict=True)
    table = pa.table(dict(zip(HEADER.split(","), map(list, columns), strict=True)))
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _sheet(xml: str, *, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The good workbook with another sheet in place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_workbook())) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            if member.filename != name:
                new.writestr(member.filename, old.read(member))
        new.writestr(name, xml, zipfile.ZIP_DEFLATED)
    return out.getvalue()


SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _cells(cells: str) -> bytes:
    return _sheet(
        f'<worksheet xmlns="{SPACE}" xmlns:x="{SPACE}"><sheetData>'
        f'<row r="1"><c r="A1" t="n"><v>1</v></c></row>{cells}</sheetData></worksheet>'
    )


def _without_places() -> bytes:
    return _cells('<row r="1048576">' + '<c t="n"><v>1</v></c>' * 16_384 + "</row>")


def _copied_texts() -> bytes:
    """One long text that many cells show: the reader copies it for each."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}" t="s"><v>0</v></c></row>'
        for n in range(2, 4000)
    )
    out = io.BytesIO(_cells(rows))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book:
        text = "x" * (1 << 20)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPACE}"><si><t>{text}</t></si></sst>')
    return out.getvalue()


def _bomb() -> bytes:
    """A workbook whose sheet unpacks from 1 MB to 1.2 GB, deflated once and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * (16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    out = io.BytesIO(_workbook())
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("xl/worksheets/sheet2.xml", block * 75)
        start = book.getinfo("xl/worksheets/sheet2.xml").header_offset
    packed = bytearray(out.getvalue())
    packed[start + 8] = zipfile.ZIP_DEFLATED
    packed[packed.rindex(b"PK\x01\x02") + 10] = zipfile.ZIP_DEFLATED
    return bytes(packed)


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("january.csv", ORDERS)
    return out.getvalue()


def _traversing() -> bytes:
    out = io.BytesIO(_workbook())
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("../../escaped.csv", ORDERS)
        book.writestr("/escaped.csv", ORDERS)
    return out.getvalue()


def _laughing() -> str:
    entities = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(12)
    )
    return f'<?xml version="1.0"?><!DOCTYPE p [{entities}]><p><orders><id>&l11;</id></orders></p>'


def _repeated() -> str:
    text = f'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY l "{"x" * 100_000}">]>'
    return f"{text}<p><orders><order><id>{'&l;' * 9_000}</id></order></orders></p>"


def _long_xml() -> bytes:
    start, end = b"<?xml version='1.0'?><p><orders><order><id>", b"</id></order></orders></p>"
    middle = gzip.compress(b"x" * (20 << 20)) * 10
    return gzip.compress(start) + middle + gzip.compress(end)


def _foreign() -> str:
    return (
        '<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<p><orders><order><id>&x;</id></order></orders></p>"
    )


def _lying_parquet() -> bytes:
    """Row counts of the footer altered: the pages hold fewer rows than it says."""
    good = bytearray(_parquet())
    footer = struct.unpack("<I", good[-8:-4])[0]
    place = len(good) - 8 - footer
    for at in range(place, len(good) - 8):
        # 300 as a zigzag varint.
        if good[at : at + 2] == b"\xd8\x04":
            good[at : at + 2] = b"\xd0\x7f"
    return bytes(good)


HOSTILE: dict[str, tuple[str, Callable[[], bytes | str], str]] = {
    "gzip cut short": ("o.csv.gz", lambda: gzip.compress(ORDERS.encode())[:-400], "cut short"),
    "xml in a gzip cut short": (
        "o.xml.gz",
        lambda: gzip.compress(b"<?xml version='1.0'?><a><b>" + bytes(range(32, 127)) * 900)[:-99],
        "cut short|does not read as XML",
    ),
    "parquet cut short": ("o.parquet", lambda: _parquet()[:-60], "damaged"),
    "parquet with lying metadata": ("o.parquet", _lying_parquet, "damaged|to its end"),
    "workbook cut short": ("o.xlsx", lambda: _workbook()[:-200], "Excel workbook"),
    "workbook that unpacks to 1.2 GB": ("o.xlsx", _bomb, "larger than can be read"),
    "workbook of one long text in every cell": ("o.xlsx", _copied_texts, "larger than can be read"),
    "workbook whose cells name no place": ("o.xlsx", _without_places, "larger than can be read"),
    "archive of files": ("o.zip", _archive, "archive of files, not a workbook"),
    "xml of a billion laughs": ("o.xml", _laughing, "does not read as XML"),
    "xml of one text of 200 MB in a gzip": ("o.xml.gz", _long_xml, "longer than 16 MB"),
    "xml of one entity in many places": ("o.xml", _repeated, "does not read as XML"),
    "xml that asks for a file": ("o.xml", _foreign, "does not read as XML"),
    "xml nested 100,000 deep": (
        "o.xml",
        lambda: "<?xml version='1.0'?>" + "<a>" * 100_000 + "</a>" * 100_000,
        "to its end|no list",
    ),
    "json nested 100,000 deep": (
        "o.json",
        lambda: '[{"a":' * 100_000 + "1" + "}]" * 100_000,
        "to its end|JSON",
    ),
    "json of one record of 24 MB": (
        "o.json",
        lambda: '{"orders": [' + json.dumps({"id": 1, "note": "x" * (24 << 20)}) + "]}",
        "A record of o.json is longer than 16 MB",
    ),
    "json without a list": (
        "o.json",
        lambda: json.dumps({"data": {"order": {"id": "x" * 24_000_000}}}),
        "A record of o.json is longer than 16 MB",
    ),
    "json cut short": (
        "o.json",
        lambda: '{"orders": [' + ",".join([json.dumps({"id": 1})] * 99),
        "does not read as JSON",
    ),
    "report of 300 tables": (
        "o.csv",
        lambda: "# one\n# two\n" + "a,b\n1,2\n\n" * 300,
        "more than 200 tables",
    ),
    "10,000 columns": (
        "o.csv",
        lambda: ",".join(f"c{n}" for n in range(10_000)) + "\n" + ",".join("1" * 10_000) + "\n",
        "o.csv has more than 4,096 columns",
    ),
    "200,000 keys": (
        "o.json",
        lambda: "[" + ",".join(f'{{"k{n}": 1}}' for n in range(200_000)) + "]",
        "o.json has more than 4,096 columns",
    ),
    "a line of 40 MB": (
        "o.csv",
        lambda: f"{ORDERS}A,2025-01-01,{'x' * (40 << 20)},1\n",
        "longer than 16 MB",
    ),
    "a header of 40 MB": ("o.csv", lambda: "a," * (20 << 20) + "\n1\n", "longer|columns"),
    "nul bytes at the start": (
        "o.csv",
        lambda: b"\x00" * 9 + ORDERS.encode(),
        "a null byte in line 1",
    ),
}


FAR = {
    "plain": '<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>',
    "single quotes": "<row r='1048576'><c r='XFD1048576' t='n'><v>1</v></c></row>",
    "spaces": '<row r="1048576"><c  r = "XFD1048576" t="n"><v>1</v></c></row>',
    "small letters": '<row r="1048576"><c r="xfd1048576" t="n"><v>1</v></c></row>',
    "a prefix": '<x:row r="1048576"><x:c r="XFD1048576" t="n"><x:v>1</x:v></x:c></x:row>',
    "a bracket in a value": '<row r="1048576"><c s=">" r="XFD1048576" t="n"><v>1</v></c></row>',
}
HOSTILE |= {
    f"workbook of one far cell: {how}": ("o.xlsx", partial(_cells, far), "larger than can be read")
    for how, far in FAR.items()
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused_in_plain_words(case: str, tmp_path: Path) -> None:
    name, make, expected = HOSTILE[case]
    made = make()
    file = tmp_path / name
    file.write_bytes(made.encode() if isinstance(made, str) else made)
    ended = read_guarded(file)
    assert any(words in ended.refused for words in expected.split("|")), ended
    assert ended.next_step
    assert "root:" not in str(ended)


def _accounted(file: Path) -> tuple[int, int, int]:
    ended = read_guarded(file)
    assert not ended.refused, ended
    read, kept, refused = ended.counts["orders"]
    assert read == kept + refused
    return read, kept, refused


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (b"=HYPERLINK(A1)", 1),
        (b"@SUM(1+1)|cmd", 1),
        (b"caf\xe9 \xff\xfe \x81", 1),
        (b"nul\x00inside", None),
        (b'"open', None),
    ],
)
def test_odd_cells_lose_no_other_row(cell: bytes, kept: int | None, tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_bytes(ORDERS.encode() + b"Z1,2025-01-05," + cell + b",9.00\nZ2,2025-01-06,C1,8.00\n")
    ended = read_guarded(file)
    if ended.refused:
        assert b"\x00" in cell
        assert ended.refused == "o.csv holds a null byte in line 302, which no text has."
        return
    read, well, refused = ended.counts["orders"]
    assert (read, well + refused) == (302, 302)
    assert well >= 301
    if kept:
        assert refused == 0


def test_members_that_climb_out_of_an_archive_write_nothing(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    file = inner / "o.xlsx"
    file.write_bytes(_traversing())
    assert _accounted(file) == (300, 300, 0)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["a", "b", "o.xlsx"]


def test_archives_that_unpack_to_too_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "LARGEST_WORKBOOK", 30 << 20)
    monkeypatch.setattr(bounds, "UNPACKED_FREELY", 30 << 20)
    file = tmp_path / "o.xlsx"
    file.write_bytes(_sheet("<a>" + " " * (40 << 20) + "</a>"))
    with pytest.raises(PerenneError, match="larger than can be read"):
        check_workbook(file)
    packed = tmp_path / "o.csv.gz"
    packed.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * (10 << 20)))
    from perenne.sources.readers.bytes_in import chunks

    with pytest.raises(PerenneError, match="300 times its size"):
        list(chunks(packed))


def _order(n: int) -> dict[str, object]:
    day = f"2025-01-{n % 28 + 1:02d}"
    return {
        "order_id": f"A{n}",
        "order_date": day,
        "customer_id": "C",
        "total": 9.5,
        "x": "é" * 999,
    }


def test_list_within_an_object_is_read_element_by_element(tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    orders = [_order(n) for n in range(12_000)]
    text = json.dumps({"count": len(orders), "orders": orders, "errors": []}, ensure_ascii=False)
    file.write_text(text, encoding="utf-8")
    assert file.stat().st_size > 20 << 20
    assert _accounted(file) == (12_000, 12_000, 0)


@pytest.mark.parametrize("wrap", ['{{"n": 12, "none": [], "orders": {0}, "x": [{{}}]}}', "{0}"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_blocks_may_end_anywhere(
    wrap: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bytes_in, "CHUNK", 7)
    monkeypatch.setattr(json_values, "LONGEST_LINE", 90)
    orders = [{"id": 12_345, "to": {"city": "Orléans €"}, "paid": True, "of": None}] * 9
    file = tmp_path / "o.json"
    file.write_bytes(wrap.format(json.dumps(orders, ensure_ascii=False)).encode(encoding))
    head = file.read_bytes()
    found = list(json_values.objects(file, bytes_in.tell_encoding(head, name="o.json")))
    assert found == [{**order, "id": "12345"} for order in orders]


@pytest.mark.parametrize("above", ["", "# A report\n# of orders\n"], ids=["plain", "report"])
def test_rows_set_aside_are_written_as_they_are_found(
    above: str, tmp_path: Path, engine: DuckEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are, memory holds a few; each keeps its line and its text."""
    monkeypatch.setattr(copies, "_ROWS", 40)
    file, place = tmp_path / "o.csv", Place(tmp_path / "place")
    bad = [f"A{n},2025-01-05" for n in range(100)]
    file.write_text(above + ORDERS + "\n".join(bad) + "\n")
    sample = readers.look(file, engine=engine)
    loaded = readers.load(file, sample.layout, engine=engine, place=place)
    assert loaded.unreadable
    assert loaded.unreadable.rows == 100
    written = pq.ParquetFile(place.file("unreadable.parquet"))
    assert written.num_row_groups == 3
    rows = written.read().to_pylist()
    first = len((above + ORDERS).splitlines()) + 1
    assert [(row["line"], row["value"]) for row in rows] == list(enumerate(bad, start=first))
    assert {row["reason"] for row in rows} == {"2 cells where the header has 4"}
    kept = engine.duck.execute(f"SELECT count(*) FROM {loaded.relation}").fetchall()
    assert kept == [(300,)]


def test_memory_that_runs_out_is_told_as_that() -> None:
    with (
        pytest.raises(PerenneError, match="takes more memory than") as told,
        bounds.explained(Path("o.csv")),
    ):
        raise MemoryError
    assert "split the file" in str(told.value.next_step)


@pytest.mark.long
def test_a_true_line_of_2_gb_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    with file.open("wb") as out:
        out.write(ORDERS.encode())
        for _part in range(2048):
            out.write(b"x" * (1 << 20))
    ended = read_guarded(file, seconds=120)
    assert "longer than 16 MB" in ended.refused
    assert ended.peak < 800 << 20


@pytest.mark.long
def test_ten_million_headers_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    with file.open("w") as out:
        for n in range(10_000_000):
            out.write(f"h{n},")
        out.write("\n" + "1," * 10 + "\n")
    ended = read_guarded(file, seconds=120)
    assert "A line of o.csv is longer than" in ended.refused
    assert "one record per line" in ended.next_step
    assert ended.peak < 1500 << 20
