"""What the page of a customer says of the next order and of whether they are still there."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from perenne.reports.html.blocks import Facts
from perenne.reports.html.contenders import why_simple
from perenne.reports.person.expected import _chances, _presence
from perenne.reports.person.record import AliveAt, AlivePath, Outlook, Prediction
from perenne.text import use_language

PATH = AlivePath("mbg_nbd", (AliveAt(date(2025, 1, 1), 1.0), AliveAt(date(2025, 6, 1), 0.08)))


def outlook(months, p_order):
    return Outlook(months, 1.0, p_order, *[None] * 8)


def person(**changed):
    known = Prediction(
        model="combined",
        version="1",
        made_as_of=date(2025, 6, 1),
        outlooks=tuple(outlook(*one) for one in ((12, 0.1), (24, 0.2), (36, 0.27))),
        p_alive=0.27,
        one_purchase=False,
        next_order_by=None,
        next_order_note="after_horizons",
        why=None,
        alive_path=PATH,
    )
    days = [SimpleNamespace(on=date(2025, 1, 1), orders=1)]
    return SimpleNamespace(
        prediction=replace(known, **changed), timeline=SimpleNamespace(days=days), currency="EUR"
    )


def day_fact(who):
    *_others, fact = Facts(list(_chances(who))).items
    return fact


@pytest.mark.parametrize(
    ("language", "note", "said"),
    [
        ("en", "after_horizons", "Not within 36 months."),
        ("fr", "after_horizons", "Pas dans les 36 mois à venir."),
        ("en", "never_even_odds", "It never becomes likelier than not."),
    ],
)
def test_says_why_there_is_no_day(language, note, said):
    with use_language(language):
        fact = day_fact(person(next_order_note=note))
    assert (fact.value, fact.note) == ("—", said)


def test_says_why_the_chance_of_today_lies_above_that_through_time():
    (drawn,) = _presence(person())
    assert any("27%" in note and "within 36 months" in note for note in drawn.notes)
    (drawn,) = _presence(person(p_alive=0.08))
    assert not any("within 36 months" in note for note in drawn.notes)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"model": "simple_clv", "gate": {"passed": False}}, ""),
        ({"model": "combined", "champion": {"name": "combined"}}, ""),
        (
            {"model": "last_period", "champion": {"name": "last_period", "stands_in": True}},
            "No model beats the simple rules on this shop: the best of these predicts.",
        ),
        (
            {"model": "simple_clv", "champion": {"reason_en": "Nobody answered."}},
            "Nobody answered.",
        ),
    ],
)
def test_a_simple_rule_that_predicts_says_why(manifest, said):
    with use_language("en"):
        assert why_simple(manifest) == said
