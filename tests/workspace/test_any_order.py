"""Exports of several systems, imported in any order and some of them twice: the same customers and
the same figures."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perenne.demo import Simulation, simulate
from perenne.workspace import Layout
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table, values

IMPORTS = (
    "shopify/orders_export_1.csv", "shopify/customers_export.csv", "caisse/cartes_fidelite.csv",
    "caisse/ventes_2025.csv", "klaviyo/profiles.csv", "klaviyo/suppressed_profiles.csv",
    "stripe/unified_payments.csv", "zendesk/tickets.csv", "recharge/subscriptions.csv",
    "remboursements.csv",
)  # fmt: skip
FIGURES = ("customers", "orders", "net_revenue", "repeat_purchase_rate", "historical_clv_12m")
FACTS = ("customer_id", "orders", "first_order_on", "last_order_on")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """Enough for a suppressed reader."""
    return simulate(tmp_path_factory.mktemp("systems"), customers=100, years=1, seed=2)


def imported(folder: Path, made: Simulation, order: tuple[str, ...]) -> Layout:
    place = new_workspace(folder)
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(text.replace("# enabled = true", "enabled = false"), encoding="utf-8")
    for name in order:
        file = made.truth.parent.parent / name
        bring(place, file, store=made.stores.get(file))
    return place


class Seen(tuple[Any, ...]):
    """What a workspace holds; Hypothesis tells of it in a word."""

    def __repr__(self) -> str:
        return f"Seen({len(self[0])} links)"


def seen(place: Layout) -> Seen:
    computed(place, as_of=date(2025, 12, 31))
    links = {(row["source"], row["source_id"], row["customer_id"])
             for row in table(place, "customer_links")}  # fmt: skip
    facts = sorted(tuple(str(row[name]) for name in FACTS) for row in table(place, "customers"))
    consents = sorted(
        (row["customer_id"], row["channel"], row["status"]) for row in table(place, "consents")
    )
    return Seen((links, facts, consents, values(place, *FIGURES)))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, made: Simulation) -> tuple[Any, ...]:
    found = seen(imported(tmp_path_factory.mktemp("first") / "shop", made, IMPORTS))
    assert found[3]["customers"] > 30
    return found


@pytest.mark.long
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(IMPORTS),
    twice=st.lists(st.sampled_from(IMPORTS), max_size=3, unique=True),
)
def test_ten_imports_of_several_systems_in_any_order(
    tmp_path: Path,
    made: Simulation,
    first: tuple[Any, ...],
    order: list[str],
    twice: list[str],
) -> None:
    folder = tmp_path / "shop"
    shutil.rmtree(folder, ignore_errors=True)
    assert seen(imported(folder, made, (*order, *twice))) == first


@pytest.mark.long
def test_a_thousand_rows_of_one_address_change_no_figure(
    tmp_path: Path, made: Simulation, first: tuple[Any, ...]
) -> None:
    place = imported(tmp_path / "shop", made, IMPORTS)
    rows = "\n".join(f"x{n},famille@mail.example,Ines,Flot{n}" for n in range(1_000))
    flood = write(tmp_path / "flood.csv", f"customer_id,email,first name,last name\n{rows}\n")
    bring(place, flood, store="flood")
    links, facts, _consents, figures = seen(place)
    assert {link for link in links if link[0] != "files:flood"} == first[0]
    assert figures == first[3]
    assert len(facts) == len(first[1]) + 1_000
