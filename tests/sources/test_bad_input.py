"""Bad files: a clear sentence and a next step, or quarantine; never a traceback, nothing lost."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources import preset, preset_names, recognise
from perenne.warehouse import DuckEngine

Write = Callable[..., Path]
BringIn = Callable[..., Any]
HEADER = "order_id,order_date,customer_id,total\n"


def refusal(engine: DuckEngine, context: Any, path: Path, **options: Any) -> PerenneError:
    with pytest.raises(PerenneError) as caught:
        recognise(path, engine=engine, context=context, **options)
    assert caught.value.next_step
    return caught.value


def test_a_missing_file_is_named(engine: DuckEngine, context: Any, tmp_path: Path) -> None:
    error = refusal(engine, context, tmp_path / "nowhere.csv")
    assert "There is no file" in str(error)
    assert "nowhere.csv" in str(error)


def test_a_directory_is_refused_with_the_files_in_it(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    path = write(HEADER)
    error = refusal(engine, context, path.parent)
    assert "is a folder, not a file" in str(error)
    assert error.allowed == ("file.csv",)


@pytest.mark.parametrize("content", ["", "  \n\n"])
def test_an_empty_file_is_refused(
    engine: DuckEngine, context: Any, write: Write, content: str
) -> None:
    assert "file.csv is empty" in str(refusal(engine, context, write(content)))


def test_a_header_without_rows_of_no_known_kind_is_refused(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    assert "does not recognise the columns" in str(refusal(engine, context, write("a,b,c\n")))


def test_a_delimiter_that_is_not_known_is_refused(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    error = refusal(engine, context, write("order_id~order_date~total\n1~2025-01-02~3\n"))
    assert "one column only: “order_id~order_date~total”" in str(error)
    assert "semicolons" in error.next_step


def test_binary_junk_is_refused(engine: DuckEngine, context: Any, write: Write) -> None:
    error = refusal(engine, context, write(bytes(range(256)) * 20, name="photo.csv"))
    assert "photo.csv is not a text file" in str(error)


@pytest.mark.parametrize(
    ("start", "said"), [(b"PK\x03\x04", "Excel workbook"), (b"PAR1", "Parquet")]
)
def test_a_damaged_workbook_or_parquet_file_is_refused(
    engine: DuckEngine, context: Any, write: Write, start: bytes, said: str
) -> None:
    assert said in str(refusal(engine, context, write(start + b"\x00junk" * 50)))


def test_a_truncated_archive_is_refused(engine: DuckEngine, context: Any, write: Write) -> None:
    packed = gzip.compress((HEADER + "1,2025-01-02,c1,3\n" * 5000).encode())
    error = refusal(engine, context, write(packed[: len(packed) // 2], name="orders.csv.gz"))
    assert "cut short or damaged" in str(error)


def test_an_unknown_preset_is_refused_with_the_known_ones(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    path = write(HEADER + "1,2025-01-02,c1,3\n")
    error = refusal(engine, context, path, preset="shopify_order")
    assert error.allowed == preset_names()
    assert "Did you mean shopify_orders?" in str(error)
    with pytest.raises(PerenneError, match=r"Choose one of: .*cdnow"):
        preset("zzz")


def test_a_missing_required_column_is_named(engine: DuckEngine, context: Any, write: Write) -> None:
    path = write("order_id,customer_id,total\n1,c1,3\n")
    error = refusal(engine, context, path, preset="orders")
    assert "no column for ordered" in str(error)
    assert "--map ordered=COLUMN" in error.next_step


def test_unknown_columns_say_what_may_be_done(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    error = refusal(engine, context, write("foo,bar\n1,2\n"))
    assert "does not recognise the columns of file.csv: foo, bar" in str(error)
    assert "--source" in error.next_step
    assert "--map" in error.next_step


def test_mapping_an_unknown_field_or_column_is_refused(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    path = write(HEADER + "1,2025-01-02,c1,3\n")
    error = refusal(engine, context, path, mapping={"orderid": "order_id"})
    assert "Did you mean order_id?" in str(error)
    error = refusal(engine, context, path, mapping={"order_id": "Commande"})
    assert "no column “Commande”" in str(error)


def test_a_header_with_the_same_column_twice_is_refused_when_it_is_needed(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    path = write("order_id,order_date,customer_id,total,total\n1,2025-01-02,c1,3,4\n")
    error = refusal(engine, context, path)
    assert "“total” stands more than once" in str(error)


def test_a_repeated_column_that_nothing_needs_is_ignored(write: Write, bring_in: BringIn) -> None:
    text = "order_id,order_date,customer_id,total,note,note\n1,2025-01-02,c1,3,a,b\n"
    outcome = bring_in(write(text))
    assert outcome.found.ignored == ("note", "note (2)")
    assert len(outcome.tables["orders"]) == 1


def test_a_date_column_without_dates_is_refused(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    error = refusal(engine, context, write(HEADER + "1,soon,c1,3\n2,later,c2,4\n"))
    assert "“order_date” of file.csv holds no date" in str(error)
    assert "--map ordered=COLUMN" in error.next_step


def test_an_unclosed_quote_takes_only_its_own_line(write: Write, bring_in: BringIn) -> None:
    text = (
        HEADER + '1,2025-01-02,c1,3\n2,2025-01-02,"c2,3\n3,2025-01-02,c3,3\n4,2025-01-02,"c4",3\n'
    )
    outcome = bring_in(write(text))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1", "3", "4"]
    assert [(row["line"], row["value"]) for row in outcome.quarantine] == [
        (3, '2,2025-01-02,"c2,3')
    ]
    assert outcome.done.rows == 4


def test_a_quote_never_closed_to_the_end_is_said_so(write: Write, bring_in: BringIn) -> None:
    outcome = bring_in(write(HEADER + '1,2025-01-02,c1,3\n2,2025-01-02,"c2,3\n3,2025-01-02,c3,3\n'))
    assert [row["source_order_id"] for row in outcome.tables["orders"]] == ["1", "3"]
    assert outcome.quarantine[0]["reason"] == "a quote that is opened and never closed"


def test_rows_of_another_width_go_to_quarantine(write: Write, bring_in: BringIn) -> None:
    text = HEADER + "1,2025-01-02,c1,3\n2,2025-01-02\n\n3,2025-01-02,c3,3,,\n4,2025-01-02,c4,3,x\n"
    outcome = bring_in(write(text))
    assert [row["row_number"] for row in outcome.tables["orders"]] == [2, 5]
    assert [(row["line"], row["reason"]) for row in outcome.quarantine] == [
        (3, "2 cells where the header has 4"),
        (6, "5 cells where the header has 4"),
    ]
    assert [(c.read, c.kept, c.quarantined) for c in outcome.done.counts] == [(4, 2, 2)]


def test_mixed_encodings_lose_nothing(write: Write, bring_in: BringIn) -> None:
    header = b"order_id,order_date,customer_name,total\n"
    rows = "1,2025-01-02,Hélène,3\n".encode() + "2,2025-01-03,Gaël,4\n".encode("cp1252")
    outcome = bring_in(write(header + rows))
    assert [row["customer_ref"] for row in outcome.tables["orders"]] == ["hélène", "gaël"]


@pytest.mark.parametrize(
    "amount", ["NaN", "∞", "inf", "-Infinity", "1e308", "9" * 20, "12€34", "0x1F"]
)
def test_numbers_that_are_none_go_to_quarantine(
    write: Write, bring_in: BringIn, amount: str
) -> None:
    outcome = bring_in(write(HEADER + f"1,2025-01-02,c1,3\n2,2025-01-02,c2,{amount}\n"))
    (refused,) = outcome.quarantine
    assert (refused["column"], refused["value"], refused["line"]) == ("total", amount, 3)
    assert "number" in refused["reason"] or "larger" in refused["reason"]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2031-01-01", "in the future"),
        ("1900-01-01", "before 1990-01-01"),
        ("2025-02-30", "not a date"),
        ("", "missing"),
    ],
)
def test_impossible_dates_go_to_quarantine(
    write: Write, bring_in: BringIn, day: str, reason: str
) -> None:
    outcome = bring_in(write(HEADER + f"1,2025-01-02,c1,3\n2,{day},c2,3\n"))
    (refused,) = outcome.quarantine
    assert reason in refused["reason"]
    assert refused["column"] == "order_date"


def test_mixed_currencies_are_staged_as_they_are(write: Write, bring_in: BringIn) -> None:
    text = "order_id;order_date;client;total\n1;2025-01-02;a;3,50 €\n2;2025-01-02;b;£4,25\n"
    outcome = bring_in(write(text))
    assert [row.get("currency") for row in outcome.tables["orders"]] == ["EUR", "GBP"]
    assert outcome.done.currencies == ("EUR", "GBP")


CSV = "order_id,order_date,customer_id,total\n1,2025-01-02,c,3.50\n"


@pytest.mark.parametrize(
    ("content", "said", "step"),
    [
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "is packed (7-Zip)", "Unpack it"),
        (b"\xfd7zXZ\x00\x00\x04", "is packed (xz)", "Unpack it"),
        (CSV.encode("utf-32"), "is written in UTF-32", "Save it as UTF-8"),
        (CSV.replace("c,", "c\0,").encode(), "a null byte in line 2", "Export it again"),
        ("<!DOCTYPE html><html>Log in</html>", "is a web page", "log in"),
        ("<html><table><tr><td>a</td></tr></table></html>", "is a web page", "spreadsheet"),
    ],
)
def test_what_a_file_is_instead_is_said(
    engine: DuckEngine, context: Any, write: Write, *, content: Any, said: str, step: str
) -> None:
    error = refusal(engine, context, write(content))
    assert said in str(error)
    assert step in error.next_step


def test_currencies_are_named_by_code_sign_or_word(write: Write, bring_in: BringIn) -> None:
    named = ["EUR", "€", "euros", "Euro", "£", "$"]
    rows = "".join(f"{n},2025-01-0{n},c,10.50,{name}\n" for n, name in enumerate(named, start=1))
    outcome = bring_in(write("order_id,order_date,customer_id,total,currency\n" + rows))
    codes = ["EUR", "EUR", "EUR", "EUR", "GBP", "USD"]
    assert [row["currency"] for row in outcome.tables["orders"]] == codes
    assert {one.currency: one.rows for one in outcome.done.controls} == {
        "EUR": 4,
        "GBP": 1,
        "USD": 1,
    }


def test_emoji_and_right_to_left_names_come_through(write: Write, bring_in: BringIn) -> None:
    outcome = bring_in(
        write(
            "order_id,order_date,customer_name,total\n1,2025-01-02,שרה 🌸 سارة,3\n",
            encoding="utf-16",
        )
    )
    assert outcome.tables["orders"][0]["customer_ref"] == "שרה 🌸 سارة"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ('[{"id": 1}, {"id": ', "a.json", "does not read as JSON"),
        ('[{"id": 1}] oops', "a.json", "does not read as JSON"),
        ("[{}]", "a.json", "holds no list of objects"),
        ("<?xml version='1.0'?><orders><order><id>1</id>", "a.xml", "does not read as XML"),
        ("# a\n# b\n\n# c\n", "a.csv", "has comments and no table"),
    ],
)
def test_a_broken_document_is_refused_with_the_next_step(
    engine: DuckEngine, context: Any, write: Write, *, content: str, name: str, said: str
) -> None:
    error = refusal(engine, context, write(content, name=name))
    assert said in str(error)
    assert "Export it again" in error.next_step


def test_lines_that_are_no_object_go_to_quarantine(write: Write, bring_in: BringIn) -> None:
    row = '{"order_id": "1", "order_date": "2025-01-02", "customer": {"id": 7}, "total": 3.5}\n'
    outcome = bring_in(write(row + "oops\n" + row.replace('"1"', '"2"'), name="a.jsonl"))
    assert [r["source_order_id"] for r in outcome.tables["orders"]] == ["1", "2"]
    assert outcome.quarantine[0]["value"] == "oops"
    assert outcome.quarantine[0]["line"] == 2


def test_a_file_of_broken_objects_is_refused(
    engine: DuckEngine, context: Any, write: Write
) -> None:
    error = refusal(engine, context, write("{oops\n{again\n", name="a.jsonl"))
    assert "No line of a.jsonl is a JSON object" in str(error)
