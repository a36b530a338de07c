"""An empty part of a record says whether nothing is imported, nothing is told of this customer, or
what is told came after the day of the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import perenne as pn
from perenne.workspace import Shop
from tests.cli.files import write
from tests.workspace.persons import bare_workspace
from tests.workspace.shops import bring, computed

_CONSENTS = """\
customer_id,channel,purpose,consent,consent date
c1,email,marketing,yes,2025-03-01
c2,email,marketing,yes,2024-01-01
"""
_COSTS = "date,channel,amount,campaign\n2024-06-01,meta_ads,120.00,spring\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("absent")
    place = bare_workspace(folder)
    bring(place, write(folder / "consents.csv", _CONSENTS))
    bring(place, write(folder / "costs.csv", _COSTS))
    computed(place, as_of=date(2024, 7, 31))
    with pn.open(place.root) as opened:
        yield opened


@pytest.mark.parametrize(("customer", "code"), [("c1", "later"), ("c0", "not_told"), ("c2", None)])
def test_consents_of_later_days_are_told_from_none(
    shop: Shop, customer: str, code: str | None
) -> None:
    assert shop.person(customer).missing.get("consents") == code


def test_spend_that_is_nobody_s_is_not_called_missing(shop: Shop) -> None:
    found = shop.person("c1")
    assert found.missing["costs"] == "not_told"
    assert found.missing["surveys"] == "not_imported"
    said = found.html(language="fr")
    assert "Aucune dépense n’est importée" not in said
    assert "aucune ne revient à ce client" in said
    assert "postérieur à la date de cette fiche" in said


def test_before_all_that_is_imported(shop: Shop, tmp_path: Path) -> None:
    place = bare_workspace(tmp_path)
    bring(place, write(tmp_path / "consents.csv", _CONSENTS))
    bring(place, write(tmp_path / "costs.csv", _COSTS))
    computed(place, as_of=date(2024, 4, 30))
    with pn.open(place.root) as opened:
        assert opened.person("c1").missing["costs"] == "later"
        assert opened.person("c1").missing["consents"] == "later"
