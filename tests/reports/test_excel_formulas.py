"""The workbook's formulas, recomputed by another engine, before and after inputs change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perenne.reports import ClvInputs, ClvRow, write_clv_workbook
from perenne.reports.excel import expressions
from tests.reports.clv_samples import FIGURES, by_hand, model
from tests.reports.recalculated import Book, Cells, recalculate, same

INPUTS = "BCDEFGH"
NAMES = ("customers", "basket", "frequency", "lifespan", "margin", "cac", "retention_cost")
COLUMNS = dict(zip(FIGURES, "CDEFGH", strict=True))
WHOLE, SEGMENTS, CHANNELS = 11, (15, 16, 17), (21, 22)
ROWS = (WHOLE, *SEGMENTS, *CHANNELS)
TOTALS = {12: (WHOLE,), 18: SEGMENTS, 23: CHANNELS}
RATE = "C6"
LANGUAGES = ("en", "fr")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Book]:
    folder = tmp_path_factory.mktemp("clv")
    for language in LANGUAGES:
        write_clv_workbook(model(), folder / f"clv-{language}.xlsx", language=language)
    return {language: Book.read(folder / f"clv-{language}.xlsx") for language in LANGUAGES}


@pytest.fixture(params=LANGUAGES)
def book(request: pytest.FixtureRequest, books: dict[str, Book]) -> Book:
    return books[request.param]


@pytest.fixture
def english(books: dict[str, Book]) -> Book:
    return books["en"]


def inputs(book: Book, line: int, changed: Cells) -> dict[str, float | None]:
    """Return a line's inputs as they stand once `changed` has been typed in."""
    typed = {**book.inputs, **changed}
    return {
        name: typed[book.sheets[0], f"{column}{line}"]
        for name, column in zip(NAMES, INPUTS, strict=True)
    }


def expected(book: Book, changed: Cells) -> Cells:
    """Compute the CLV sheet a second time, without the product's arithmetic."""
    sheet, rate = book.sheets[1], {**book.inputs, **changed}[book.sheets[0], RATE]
    cells: Cells = {}
    for line in ROWS:
        row = inputs(book, line, changed)
        figures = by_hand(row, rate)
        cells |= {(sheet, f"{COLUMNS[f]}{line}"): value for f, value in figures.items()}
        net, count = figures["clv_net"], row["customers"]
        cells[sheet, f"B{line}"] = count
        cells[sheet, f"I{line}"] = None if net is None or count is None else net * count
    for total, lines in TOTALS.items():
        cells |= {(sheet, f"{c}{total}"): _total(cells, sheet, c, lines) for c in "BDEFGI"}
    return cells


def _total(cells: Cells, sheet: str, column: str, lines: tuple[int, ...]) -> float | None:
    counts = [cells[sheet, f"B{line}"] for line in lines]
    values = [cells[sheet, f"{column}{line}"] for line in lines]
    if None in (*counts, *values):
        return None
    weights = [1] * len(values) if column in "BI" else counts
    return float(sum(w * v for w, v in zip(weights, values, strict=True)))


def differences(book: Book, found: Cells, changed: Cells) -> Iterator[str]:
    for (sheet, place), value in expected(book, changed).items():
        if not same(found[sheet, place], value):
            yield f"{sheet}!{place}: {found[sheet, place]!r} instead of {value!r}"


def test_cached_values_are_the_engine_s(book: Book) -> None:
    assert list(differences(book, book.cached, {})) == []


def test_every_formula_recomputes_to_its_cached_value(book: Book) -> None:
    found = recalculate(book)
    wrong = [place for place in book.formulas if not same(found[place], book.cached[place])]
    assert not wrong
    assert len(book.formulas) > 140


CHANGES: dict[str, dict[str, Any]] = {
    "whole shop": {"C11": 75.5, "D11": 1.7, "E11": 4.2, "F11": 0.31, "G11": 44, "H11": 7.5},
    "a segment": {"B15": 240, "C16": 10, "E17": 9.5, "F15": -0.2, "H16": 0},
    "no discounting": {"C6": 0},
    "a steep rate": {"C6": 0.65},
    "a rate next to nothing": {"C6": 1e-9},
    "no acquisition cost": {"G11": 0, "G21": 0},
    "the missing cost is typed in": {"G22": 33},
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES.keys())
def test_changed_inputs_change_every_figure_that_needs_them(
    english: Book, changed: dict[str, Any]
) -> None:
    typed = {("Inputs", place): value for place, value in changed.items()}
    assert list(differences(english, recalculate(english, typed), typed)) == []


def test_french_names_lead_to_the_inputs(books: dict[str, Book]) -> None:
    book = books["fr"]
    words = ("panier_moyen", "frequence", "duree_de_vie", "taux_de_marge", "CAC")
    typed = {book.names[word]: value for word, value in zip(words, (70, 2, 3, 0.3, 9), strict=True)}
    typed |= {book.names["cout_de_fidelisation"]: 5, book.names["taux_d_actualisation"]: 0.2}
    assert list(differences(book, recalculate(book, typed), typed)) == []
    assert set(expected(book, typed).items()) != set(expected(book, {}).items())


def test_sensitivity_follows_the_changes_typed_above_it(english: Book) -> None:
    book, sheet = english, english.sheets[2]
    found = recalculate(book, {(sheet, "C9"): -0.35, (sheet, "F9"): 0.5})
    today = by_hand(inputs(book, WHOLE, {}), 0.1)["clv_net"]
    for line, lever in enumerate(NAMES[1:], start=10):
        for column, effect, change in (("C", "G", -0.35), ("D", "H", -0.1), ("F", "J", 0.5)):
            row = inputs(book, WHOLE, {})
            row[lever] = (row[lever] or 0) * (1 + change)
            net = by_hand(row, 0.1)["clv_net"]
            assert same(found[sheet, f"{column}{line}"], net)
            assert net is not None
            assert today is not None
            assert same(found[sheet, f"{effect}{line}"], net - today)


def test_the_what_if_sheet_says_what_it_waits_for(english: Book) -> None:
    hint = ("What-if", "A5")
    assert recalculate(english)[hint] == ""
    emptied = recalculate(english, {("Inputs", "G11"): ""})
    assert emptied[hint].startswith("Type the missing inputs on the first sheet")
    assert emptied["CLV by segment", "F11"] == ""


def test_scenario_moves_several_levers_together(english: Book) -> None:
    book, sheet = english, english.sheets[2]
    first = last_line_of(book, "CAC") - NAMES.index("cac")
    moved = dict(zip((*NAMES, "rate"), (0.1, 0.2, -0.1, 0.05, 0.1, 0.3, -0.5, 0.5), strict=True))
    typed = {(sheet, f"C{first + i}"): change for i, change in enumerate(moved.values())}
    found = recalculate(book, typed)
    row = {n: (v or 0) * (1 + moved[n]) for n, v in inputs(book, WHOLE, {}).items()}
    after = by_hand(row, 0.15)
    outcome = first + len(moved) + 2
    assert same(found[sheet, f"C{outcome}"], after["clv_net"])
    assert same(found[sheet, f"C{outcome + 1}"], after["clv_discounted"])
    assert same(found[sheet, f"C{outcome + 2}"], (after["clv_net"] or 0) * row["customers"])


def last_line_of(book: Book, name: str) -> int:
    """Return the last line of the third sheet that shows a named input."""
    wanted = f'=IF(COUNT({name})<1,"",{name})'
    places = [p for (s, p), f in book.formulas.items() if s == book.sheets[2] and f == wanted]
    return max(int(place.removeprefix("B")) for place in places)


@pytest.mark.parametrize(
    ("figure", "wrong"),
    [
        ("clv_net", "{clv_margin}+{cac}-{retention_cost}*{lifespan}"),
        ("clv_margin", "{clv_simple}*(1-{margin})"),
        (
            "clv_discounted",
            "({customer_value}*{margin}-{retention_cost})"
            "*(1-(1+{discount_rate})^(-{lifespan}))/{discount_rate}-{cac}",
        ),
    ],
)
def test_a_wrong_formula_is_caught(
    figure: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(expressions.STEPS, figure, wrong)
    write_clv_workbook(model(), tmp_path / "wrong.xlsx", language="en")
    book = Book.read(tmp_path / "wrong.xlsx")
    assert list(differences(book, recalculate(book), {}))


def test_a_shop_that_knows_nothing_shows_nothing(tmp_path: Path) -> None:
    empty = model(whole=ClvRow("Shop", ClvInputs()), segments=(), channels=(), discount_rate=None)
    write_clv_workbook(empty, tmp_path / "empty.xlsx", language="en")
    book = Book.read(tmp_path / "empty.xlsx")
    changes = {("What-if", place) for place in ("G9", "H9", "I9", "J9", "A5")}
    for cells in (book.cached, recalculate(book)):
        assert {place for place, value in cells.items() if value not in (None, "")} == changes
