"""JSON and XML documents, and reports that begin with comments."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.sources import recognise
from perenne.sources.layout import Place
from perenne.sources.readers import bytes_in, json_values, load, look, objects
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

Write = Callable[..., Path]
Row = dict[str, Any]


def read(engine: DuckEngine, path: Path, folder: Path) -> list[Row]:
    """Rows of a document with their line, without empty cells."""
    sample = look(path, engine=engine)
    loaded = load(path, sample.layout, engine=engine, place=Place(folder))
    found = engine.duck.sql(f"SELECT * FROM {loaded.relation} ORDER BY _line").to_arrow_table()
    return [{k: v for k, v in row.items() if v is not None} for row in found.to_pylist()]


@pytest.fixture
def unnesting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "unnested", lambda: frozenset({"items", "more.items"}))


def test_an_object_and_its_lists_become_rows(
    engine: DuckEngine, write: Write, tmp_path: Path, unnesting: None
) -> None:
    text = """[{"id": 7, "total": 1.10, "who": {"mail": "a@b.c", "home": {"zip": "01000"}},
      "items": [{"sku": "A", "tax": {"rate": "20"}}, {"sku": "B"}], "notes": [{"x": 1}], "no": []},
      {"id": 8, "total": "2", "items": [], "paid": true, "left": null}]"""
    assert read(engine, write(text, name="a.json"), tmp_path / "w") == [
        {
            "_line": 1,
            "id": "7",
            "total": "1.10",
            "who.mail": "a@b.c",
            "who.home.zip": "01000",
            "items": '[{"sku": "A", "tax": {"rate": "20"}}, {"sku": "B"}]',
            "notes": '[{"x": "1"}]',
        },
        {"_line": 2, "id": "7", "items.sku": "A", "items.tax.rate": "20"},
        {"_line": 3, "id": "7", "items.sku": "B"},
        {"_line": 4, "id": "8", "total": "2", "paid": "true"},
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": "1", "items": [{"n": "x"}]}, {"id": "2"}]',
        '{"orders": [{"id": "1", "items": [{"n": "x"}]}, {"id": "2"}], "page": 1}',
        '{\n "orders": [\n  {"id": "1", "items": [{"n": "x"}]},\n  {"id": "2"}\n ]\n}\n',
        '{"id": "1", "items": [{"n": "x"}]}\n{"id": "2"}\n',
        "<?xml version='1.0'?><shop><orders><order><id>1</id><items><item><n>x</n></item></items>"
        "</order><order><id><![CDATA[2]]></id></order></orders></shop>",
    ],
    ids=["array", "wrapped", "printed", "lines", "xml"],
)
def test_documents_of_any_dress_hold_the_same_rows(
    engine: DuckEngine, write: Write, tmp_path: Path, unnesting: None, *, text: str
) -> None:
    rows = read(engine, write(text, name="a.bin"), tmp_path / "w")
    plain = [{k: v for k, v in row.items() if k != "items"} for row in rows]
    assert plain == [
        {"_line": 1, "id": "1"},
        {"_line": 2, "id": "1", "items.n": "x"},
        {"_line": 3, "id": "2"},
    ]


ROWS = '{"order_id": "1", "order_date": "2025-01-02", "customer_id": "C", "total": 3.5}'
AGAIN = ROWS.replace('"1"', '"2"')


@pytest.mark.parametrize(
    "text",
    [
        f'{{"data": {{"orders": [{ROWS}, {AGAIN}]}}}}',
        f'{{"data": {{"orders": {{"count": 2, "edges": [{{"cursor": "a", "node": {ROWS}}}, '
        f'{{"node": {AGAIN}}}], "pageInfo": {{"next": null}}}}}}}}',
        f"[[{ROWS}], [{AGAIN}]]",
        f'[{{"orders": [{ROWS}]}}, {{"orders": [{AGAIN}]}}]',
        f'{{"data": [{ROWS}, {AGAIN}], "included": [{{"id": "9"}}], "links": {{"self": "/"}}}}',
    ],
    ids=["wrapped twice", "graphql", "pages", "wrapped pages", "json api"],
)
def test_lists_however_deep_are_found(write: Write, bring_in: Any, *, text: str) -> None:
    outcome = bring_in(write(text, name="a.json"))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1", "2"]
    assert not outcome.quarantine


@pytest.mark.parametrize("wrap", ["[{}]", '{{"orders": [{}]}}'])
def test_what_is_no_object_in_a_list_goes_to_quarantine(
    write: Write, bring_in: Any, *, wrap: str
) -> None:
    """They were left out, and no count told it."""
    outcome = bring_in(write(wrap.format(f'{ROWS}, null, "oops", {AGAIN}, 4'), name="a.json"))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1", "2"]
    refused = [(row["line"], row["value"], row["reason"]) for row in outcome.quarantine]
    why = "not a JSON object"
    assert sorted(refused) == [(2, "null", why), (3, '"oops"', why), (5, "4", why)]


@pytest.mark.parametrize("longest", [16 << 20, 120])
def test_several_lists_are_refused_by_name(
    engine: DuckEngine, write: Write, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was read and the second left out, and nothing said so."""
    monkeypatch.setattr(json_values, "LONGEST_LINE", longest)
    monkeypatch.setattr(bytes_in, "CHUNK", 64)
    text = f'{{"orders": [{ROWS}, {AGAIN}], "customers": [{{"id": "C"}}]}}'
    with pytest.raises(PerenneError, match=r"several lists: orders, customers") as error:
        recognise(write(text, name="a.json"), engine=engine, context=CONTEXT)
    assert "a file of its own" in error.value.next_step


def test_a_long_list_is_found_however_deep(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "LONGEST_LINE", 120)
    monkeypatch.setattr(bytes_in, "CHUNK", 64)
    path = write(f'{{"data": {{"count": 2, "orders": [{ROWS}, {AGAIN}]}}}}', name="a.json")
    assert [row["order_id"] for row in objects.rows_of(path)] == ["1", "2"]


@pytest.mark.parametrize("text", ["[]", "{}", "[1, 2]"])
def test_documents_without_an_object_are_refused_as_that(
    engine: DuckEngine, write: Write, *, text: str
) -> None:
    with pytest.raises(PerenneError) as error:
        recognise(write(text, name="a.json"), engine=engine, context=CONTEXT)
    assert "holds no list of objects" in str(error.value)


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
VALUES = st.one_of(TEXTS, st.integers(-9, 9), st.booleans(), st.none())
OBJECTS = st.dictionaries(st.sampled_from("abcd"), VALUES, min_size=1)


@effort(max_examples=25)
@given(found=st.lists(OBJECTS, min_size=1, max_size=6), indent=st.integers(0, 3))
def test_objects_are_what_json_says_however_the_bytes_are_cut(
    tmp_path_factory: pytest.TempPathFactory, *, found: list[Row], indent: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.json"
    path.write_text(json.dumps(found, indent=indent or None, ensure_ascii=False), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perenne.sources.readers.bytes_in.CHUNK", 64)
        rows = list(objects.rows_of(path))
    assert rows == [{k: v for k, cell in row.items() if (v := _text(cell))} for row in found]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None if value is None else json.dumps(value)


def test_xml_lists_of_one_and_languages(engine: DuckEngine, write: Write, tmp_path: Path) -> None:
    text = """<prestashop><products><product><id>4</id>
      <name><language id="1">Savon</language><language id="2">Soap</language></name>
      <empty></empty></product></products></prestashop>"""
    rows = read(engine, write(text, name="a.xml"), tmp_path / "w")
    assert rows == [{"_line": 1, "id": "4", "name": "Savon"}]


REPORT = """# Boutique
# Date de début : 20250901
# Date de fin : 20250902
Jour,Sessions
1,10

# Canaux
Groupe de canaux par défaut,Sessions,Utilisateurs
Direct,5,4
,9,8,Total
Email,4,3,trop
"""


def test_every_table_of_a_commented_report_is_offered(engine: DuckEngine, write: Write) -> None:
    sample = look(write(REPORT), engine=engine)
    tables = [sample, *sample.others]
    assert [(one.layout.columns, one.layout.header_line) for one in tables] == [
        (("Jour", "Sessions"), 4),
        (("Groupe de canaux par défaut", "Sessions", "Utilisateurs"), 8),
    ]
    assert tables[1].layout.above.startswith("Canaux\nBoutique")


def test_the_table_that_a_preset_knows_is_read(
    engine: DuckEngine, write: Write, bring_in: Callable[..., Any]
) -> None:
    outcome = bring_in(write(REPORT))
    assert outcome.found.preset.name == "ga4_channels"
    said = "\n".join(outcome.found.plan)
    assert "header stands on line 8, and no other" in said
    assert "“20250901” from the lines above the header as start" in said
    assert [(row["row_number"], row["quantity"]) for row in outcome.tables["events"]] == [(9, "5")]
    assert [(row["line"], row["reason"]) for row in outcome.quarantine] == [
        (10, "a total row"),
        (11, "4 cells where the header has 3"),
    ]
    assert outcome.done.rows == 3


def test_a_separator_of_lines_in_a_cell_of_a_report_ends_no_row(
    write: Write, bring_in: Callable[..., Any]
) -> None:
    outcome = bring_in(write(REPORT.replace("Direct", "Vente\u2028directe")))
    assert [row["line"] for row in outcome.quarantine] == [10, 11]
    assert len(outcome.tables["events"]) == 1


def test_a_null_byte_far_below_in_a_report_is_told(
    write: Write, bring_in: Callable[..., Any]
) -> None:
    far = REPORT + "Direct,5,4\n" * 500_000 + "Dir\0ect,5,4\n"
    with pytest.raises(PerenneError) as caught:
        bring_in(write(far))
    assert "a null byte in line 500012" in caught.value.what


def test_one_line_that_begins_with_a_hash_is_a_header(engine: DuckEngine, write: Write) -> None:
    text = "# commande,Date,Client,Total\n1,2025-10-13,c1,5\n"
    found = recognise(write(text), engine=engine, context=CONTEXT)
    assert found.layout.kind == "csv"


def test_a_column_named_by_hand_is_looked_for_in_every_table(
    write: Write, bring_in: Callable[..., Any]
) -> None:
    text = REPORT.replace("Groupe de canaux par défaut", "Levier")
    outcome = bring_in(write(text), preset="ga4_channels", mapping={"channel": "Levier"})
    assert [row["row_number"] for row in outcome.tables["events"]] == [9]
