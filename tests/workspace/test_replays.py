"""A snapshot as of a past day is the one that was computed then; files that are split, repeated or
imported in another order give the same snapshot."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perenne.workspace import Layout
from perenne.workspace.snapshots import current
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table

FIRST = date(2024, 1, 3)
DAYS = 500
ORIGIN = {"batch", "row_file", "row_number", "row_hash", "file", "seq", "source_file"}
"""Where a row came from; nothing else may depend on it."""

_PLACE = re.compile(r"\d{6}-[0-9a-f]{12}/[^/']+/\d+")
"""The same, in the ids of rows that have no number of their own."""

HEADS = {
    "lines": "order_id,order_date,customer_id,email,phone,product_name,quantity,unit_price",
    "refunds": "refund_id,order_id,refund_date,amount",
    "events": "ID événement;E-mail;Événement;Date de l'événement;Canal;Session;Valeur",
    "consents": "E-mail;Canal;Finalité;Consentement;Date du consentement;"
    "Source du consentement;Preuve",
    "surveys": "ID réponse;E-mail;Date de réponse;Score NPS;Commentaire",
    "subscriptions": "subscription_id,customer_id,start_date,cancelled_at,status,plan,price,"
    "interval",
}
CUSTOMERS = "customer_id,email,first name,last name\n" + "".join(
    f"c{n},c{n}@mail.example,Ada{n},Flot{n}\n" for n in range(8)
)


@dataclass(frozen=True)
class Row:
    """A row of a file: the day on which it came to be known, its text, and how it read before a day
    that it tells of came (of a subscription: its end)."""

    on: date
    text: str
    ends: date | None = None
    before: str = ""

    def as_known(self, day: date) -> Row:
        return replace(self, text=self.before) if self.ends and self.ends > day else self


def history(seed: int) -> Mapping[str, list[Row]]:
    """What a small shop wrote down over 500 days. Buyers c8 to c11 are in no list of customers; all
    have two telephones, and give now one, now the other."""
    chance = random.Random(seed)
    found: dict[str, list[Row]] = {name: [] for name in HEADS}

    def day() -> date:
        return FIRST + timedelta(days=chance.randrange(DAYS))

    for n in range(60):
        on, buyer = (FIRST if n == 0 else day()), chance.randrange(12)
        who = f"c{buyer},c{buyer}@mail.example,06{chance.randrange(2)}{buyer:07}"
        for item in range(chance.randint(1, 2)):
            line = f"o{n},{on},{who},Tea {item + n % 5},1,{10 + n}.50"
            found["lines"].append(Row(on, line))
        if n % 6 == 0:
            later = on + timedelta(days=chance.randint(1, 60))
            found["refunds"].append(Row(later, f"r{n},o{n},{later},5.00"))
    kinds = ("Ajout au panier", "Clic dans l'e-mail", "Visite")
    for n in range(40):
        on, who = day(), f"c{chance.randrange(14)}@mail.example"
        found["events"].append(Row(on, f"e{n};{who};{kinds[n % 3]};{on:%d/%m/%Y};email;s{n};"))
    for _n in range(16):
        on, who = day(), f"c{chance.randrange(10)}@mail.example"
        word = "Oui" if chance.random() < 0.5 else "Désabonné"
        found["consents"].append(Row(on, f"{who};E-mail;Prospection;{word};{on:%d/%m/%Y};Site;v1"))
    for n in range(12):
        on, who = day(), f"c{chance.randrange(10)}@mail.example"
        found["surveys"].append(Row(on, f"s{n};{who};{on};{chance.randint(0, 10)};Bien"))
    for n in range(6):
        on, end = day(), day()
        own = f"u{n},c{n},{on}"
        if end > on:
            row = Row(on, f"{own},{end},cancelled,Box,20.00,month", end,
                      f"{own},,active,Box,20.00,month")  # fmt: skip
        else:
            row = Row(on, f"{own},,active,Box,20.00,month")
        found["subscriptions"].append(row)
    return found


def known_on(told: Mapping[str, list[Row]], day: date) -> Mapping[str, list[Row]]:
    """What the files held on a day."""
    return {n: [row.as_known(day) for row in rows if row.on <= day] for n, rows in told.items()}


def workspace(folder: Path, *, predictions: bool = False) -> Layout:
    shutil.rmtree(folder, ignore_errors=True)
    place = new_workspace(folder)
    text = place.settings.read_text(encoding="utf-8")
    text += '\n[import]\ndate_order = "dmy"\n'  # few dates may not tell
    if not predictions:
        text = text.replace("# enabled = true", "enabled = false")
    place.settings.write_text(text, encoding="utf-8")
    return place


def text_of(name: str, rows: Iterable[Row]) -> str:
    return "\n".join([HEADS[name], *(row.text for row in rows)]) + "\n"


def files(told: Mapping[str, list[Row]], folder: Path) -> list[Path]:
    customers = write(folder / "customers.csv", CUSTOMERS)
    made = [
        write(folder / f"{name}.csv", text_of(name, rows)) for name, rows in told.items() if rows
    ]
    return [customers, *made]


def snapshot(place: Layout) -> Mapping[str, list[str]]:
    """Every row of every table, without where it came from."""
    return {
        name: sorted(
            _PLACE.sub("", str({key: value for key, value in row.items() if key not in ORIGIN}))
            for row in table(place, name)
        )
        for name in current(place).tables
    }


def check_replay(folder: Path, *, seed: int, after: int, predictions: bool = False) -> None:
    """Everything imported and computed as of a past day = what was known then, computed then."""
    told, day = history(seed), FIRST + timedelta(days=after)
    now = workspace(folder / "now", predictions=predictions)
    bring(now, *files(told, folder / "all"))
    computed(now, as_of=day)
    then = workspace(folder / "then", predictions=predictions)
    bring(then, *files(known_on(told, day), folder / "known"))
    computed(then, as_of=day)
    told_now, told_then = snapshot(now), snapshot(then)
    assert told_now.keys() == told_then.keys()
    for name, known in told_then.items():
        assert told_now[name] == known, name
    assert current(now).manifest["context"] == current(then).manifest["context"]


SHARED = [HealthCheck.function_scoped_fixture]


@pytest.mark.slow
def test_past_is_computed_as_it_was(tmp_path: Path) -> None:
    check_replay(tmp_path, seed=1, after=240)


@pytest.mark.slow
def test_who_was_told_of_later_was_not_known(tmp_path: Path) -> None:
    check_replay(tmp_path, seed=0, after=30)


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=SHARED)
@given(seed=st.integers(0, 10_000), after=st.integers(30, DAYS - 1))
def test_any_past_is_computed_as_it_was(tmp_path: Path, seed: int, after: int) -> None:
    check_replay(tmp_path, seed=seed, after=after)


@pytest.mark.long
def test_past_is_predicted_as_it_was(tmp_path: Path) -> None:
    check_replay(tmp_path, seed=3, after=400, predictions=True)


def check_split(folder: Path, *, seed: int, chance: random.Random, whole: Layout) -> None:
    """The files in up to four parts each, between orders, which overlap; some parts twice, in any
    order."""
    parts = [write(folder / "parts" / "customers.csv", CUSTOMERS)]
    for name, rows in history(seed).items():
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(row.text.split(",")[0] if name == "lines" else row.text, []).append(
                row
            )
        several = [{chance.randrange(4), chance.randrange(4)} for _ in groups]
        for number in sorted(set().union(*several)):
            mine = [
                r for g, n in zip(groups.values(), several, strict=True) if number in n for r in g
            ]
            parts.append(write(folder / "parts" / f"{name}-{number}.csv", text_of(name, mine)))
    again = chance.sample(parts, 3)
    copies = [write(p.with_name(f"again-{p.name}"), p.read_bytes()) for p in again]
    chance.shuffle(given := [*parts, *copies])
    place = workspace(folder / "split")
    bring(place, *given)
    computed(place, as_of=FIRST + timedelta(days=DAYS))
    told, expected = snapshot(place), snapshot(whole)
    for name, rows_of_one in expected.items():
        assert told[name] == rows_of_one, name


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Layout]:
    """The history of a seed, imported whole; each is computed once."""

    @cache
    def made(seed: int) -> Layout:
        folder = tmp_path_factory.mktemp("whole")
        place = workspace(folder / "shop")
        bring(place, *files(history(seed), folder))
        computed(place, as_of=FIRST + timedelta(days=DAYS))
        return place

    return made


@pytest.mark.long
def test_parts_of_files_in_another_order(tmp_path: Path, whole: Callable[[int], Layout]) -> None:
    check_split(tmp_path, seed=1, chance=random.Random(7), whole=whole(1))


@pytest.mark.long
@settings(max_examples=24, deadline=None, suppress_health_check=SHARED)
@given(seed=st.integers(1, 8), chance=st.randoms(use_true_random=False))
def test_any_parts_in_any_order(
    tmp_path: Path, whole: Callable[[int], Layout], seed: int, chance: random.Random
) -> None:
    shutil.rmtree(tmp_path / "parts", ignore_errors=True)
    check_split(tmp_path, seed=seed, chance=chance, whole=whole(seed))
