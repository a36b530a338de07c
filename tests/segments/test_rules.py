"""Rules that name the segments: coverage, order, and the same answer in Python and in Ibis."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.segments import (
    Condition,
    Range,
    SegmentSettings,
    default_rules,
    read_settings,
    segment_description,
    segment_label,
    validate_rules,
)
from perenne.segments.tables.scores import name_segments
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.segments.r_package import R_PACKAGE_RFM, r_package_facts
from tests.segments.shop import FACTS, by_customer, quintiles

ALL = {"id": "everyone", "label": "Everyone", "when": {}}


def with_rules(*rules: dict[str, Any]) -> SegmentSettings:
    return read_settings({"rules": rules})


def test_the_default_segments_cover_every_score_in_every_case() -> None:
    problems = validate_rules(SegmentSettings())
    assert {problem.kind for problem in problems} == {"overlap"}
    cases = product(range(1, 6), range(1, 6), range(1, 6), (1, 2, 9), (0, 400), (False, True))
    names = ("recency", "frequency", "monetary", "orders", "days_since_last_order", "inactive")
    for case in cases:
        customer = dict(zip(names, case, strict=True))
        assert any(rule.fits(customer) for rule in default_rules()), customer


@pytest.mark.parametrize(
    ("customer", "segment"),
    [
        ({"scores": "555"}, "vip"),
        ({"scores": "445"}, "vip"),
        ({"scores": "444"}, "loyal"),
        ({"scores": "345"}, "loyal"),
        ({"scores": "515", "orders": 1}, "high_potential"),
        ({"scores": "433"}, "promising"),
        ({"scores": "255"}, "at_risk"),
        ({"scores": "555", "inactive": True}, "at_risk"),
        ({"scores": "511", "orders": 1, "inactive": True}, "one_and_done"),
        ({"scores": "111", "orders": 1, "inactive": True}, "one_and_done"),
        ({"scores": "233", "inactive": True}, "nearly_lost"),
        ({"scores": "151", "inactive": True}, "nearly_lost"),
        ({"scores": "115", "inactive": True}, "nearly_lost"),
        ({"scores": "133", "inactive": True}, "lost"),
        ({"scores": "111", "orders": 1}, "at_risk"),
    ],
)
def test_who_falls_where(customer: dict[str, Any], segment: str) -> None:
    scores = (int(digit) for digit in customer["scores"])
    full = {
        **dict(zip(("recency", "frequency", "monetary"), scores, strict=True)),
        "orders": customer.get("orders", 3),
        "days_since_last_order": 10,
        "inactive": customer.get("inactive", False),
    }
    assert next(rule.id for rule in default_rules() if rule.fits(full)) == segment


def test_a_gap_is_refused_and_the_scores_are_named() -> None:
    gap = with_rules(
        {"id": "good", "label": "Good", "when": {"recency": [2, 5]}},
        {"id": "rest", "label": "Rest", "when": {"recency": 1, "frequency": [1, 4]}},
        {"id": "few", "label": "Few", "when": {"frequency": 5, "monetary": {"min": 3}}},
    )
    with pytest.raises(PerenneError) as refused:
        validate_rules(gap)
    assert str(refused.value) == (
        "No segment rule covers the scores 151, 152 (recency, frequency, monetary), for example "
        "with 1 order(s), 0 day(s) since the last one, not inactive. "
        "Add a rule under [segments] in perenne.toml that takes the rest."
    )
    assert refused.value.given == [(1, 5, 1), (1, 5, 2)]


def test_a_gap_for_inactive_customers_alone_is_found() -> None:
    gap = with_rules({"id": "here", "label": "Here", "when": {"inactive": False}})
    with (
        use_language("fr"),
        pytest.raises(PerenneError, match="Aucune règle de segment") as refused,
    ):
        validate_rules(gap)
    assert len(refused.value.given) == 125  # type: ignore[arg-type]  # `given` is an object


def test_a_gap_between_two_numbers_of_orders_is_found() -> None:
    gap = with_rules(
        {"id": "few", "label": "Few", "when": {"orders": {"max": 2}}},
        {"id": "many", "label": "Many", "when": {"orders": {"min": 4}}},
    )
    with pytest.raises(PerenneError, match=r"for example with 3 order\(s\)"):
        validate_rules(gap)


def test_overlaps_and_unused_rules_are_data() -> None:
    rules = with_rules(
        {"id": "best", "label": "Best", "when": {"recency": 5, "frequency": 5}},
        ALL,
        {"id": "late", "label": "Late", "when": {"recency": 1}},
    )
    found = {(each.kind, each.rule, each.earlier): each for each in validate_rules(rules)}
    assert set(found) == {
        ("overlap", "everyone", "best"),
        ("overlap", "late", "everyone"),
        ("never_used", "late", None),
    }
    assert found["overlap", "everyone", "best"].scores == tuple((5, 5, m) for m in range(1, 6))
    assert "555" in str(found["overlap", "everyone", "best"])
    assert "late" in str(found["never_used", "late", None])


RANGES = st.one_of(
    st.integers(1, 5),
    st.tuples(st.integers(1, 3), st.integers(3, 5)).map(list),
    st.builds(lambda low: {"min": low}, st.integers(1, 5)),
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "recency": RANGES,
        "frequency": RANGES,
        "monetary": RANGES,
        "orders": RANGES,
        "days_since_last_order": st.builds(lambda high: {"max": high}, st.integers(0, 40)),
        "inactive": st.booleans(),
    },
)


@settings(max_examples=20)
@given(
    whens=st.lists(st.lists(CONDITIONS, min_size=1, max_size=3), max_size=4),
    facts=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 6), st.integers(0, 9)), min_size=1, max_size=25
    ),
)
def test_ibis_names_the_segment_that_the_rules_name(
    engine: DuckEngine, whens: list[Any], facts: list[tuple[int, int, int]]
) -> None:
    made = [{"id": f"r{n}", "label": "x", "when": when} for n, when in enumerate(whens)]
    chosen = with_rules(*made, ALL)
    ids = [f"c{n}" for n in range(len(facts))]
    rows = [
        {"customer_id": id, "days_since_last_order": d, "orders": o, "revenue": Decimal(r)}
        for id, (d, o, r) in zip(ids, facts, strict=True)
    ]
    named = name_segments(engine.rows(FACTS, rows), settings=chosen, inactivity_days=20)
    recency = quintiles({id: -fact[0] for id, fact in zip(ids, facts, strict=True)})
    frequency = quintiles({id: fact[1] for id, fact in zip(ids, facts, strict=True)})
    monetary = quintiles({id: fact[2] for id, fact in zip(ids, facts, strict=True)})
    found = by_customer(engine, named)
    for id, (days, orders, _) in zip(ids, facts, strict=True):
        customer = {
            "recency": recency[id],
            "frequency": frequency[id],
            "monetary": monetary[id],
            "orders": orders,
            "days_since_last_order": days,
            "inactive": days > 20,
        }
        fitting = [rule.id for rule in chosen.rules if rule.fits(customer)]
        assert found[id]["segment"] == fitting[0]
        assert found[id]["segment_position"] == [r.id for r in chosen.rules].index(fitting[0]) + 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hvc_share": 2}, "segments.hvc_share"),
        ({"hvc_shares": 0.2}, "segments.hvc_shares"),
        ({"rules": []}, "segments.rules"),
        ({"rules": [ALL, ALL]}, "named twice: everyone"),
        ({"rules": [{**ALL, "id": "Ma règle"}]}, "segments.rules.0.id"),
        ({"rules": [{**ALL, "label": {"de": "Alle"}}]}, "not a language spoken here: de"),
        ({"rules": [{**ALL, "when": {"recency": 6}}]}, "a score lies between 1 and 5, not at 6"),
        ({"rules": [{**ALL, "when": {"orders": [4, 2]}}]}, r"ends \(2\) before it starts \(4\)"),
        ({"rules": [{**ALL, "when": {"orders": [1, 2, 3]}}]}, r"written \[first, last\]"),
        ({"rules": [{**ALL, "when": {"recence": 1}}]}, "recence"),
        ({"rules": [{**ALL, "when": []}]}, "segments.rules.0.when"),
        ({"thresholds": {"orders": [1, 3, 3, 5]}}, "the four cuts must rise"),
        ({"sizes": {"large": 0.6, "medium": 0.4}}, "must leave a share for small"),
    ],
)
def test_wrong_settings_are_refused_by_name(given: dict[str, Any], message: str) -> None:
    with pytest.raises(PerenneError, match=message) as refused:
        read_settings(given)
    assert "Correct [segments] in perenne.toml." in str(refused.value)


def test_settings_not_given_keep_their_default() -> None:
    assert read_settings(None) == SegmentSettings()
    changed = read_settings({"hvc_share": 0.1, "sizes": {"large": "0.25"}})
    assert (changed.hvc_share, changed.sizes.large) == (Decimal("0.1"), Decimal("0.25"))
    assert changed.rules == default_rules()


def test_ranges_read_as_they_are_written() -> None:
    condition = Condition.model_validate({"orders": {"max": 3}, "recency": [2, 4], "monetary": 5})
    assert [str(asked) for asked in condition.ranges.values()] == ["2–4", "5", "≤3"]
    assert 0 in Range(max=3)
    assert 4 not in Range(max=3)
    assert str(Range(min=2)) == "≥2"


def test_every_default_segment_has_a_name_and_a_sentence_in_both_languages() -> None:
    chosen = SegmentSettings()
    for rule in chosen.rules:
        texts = []
        for language in ("en", "fr"):
            with use_language(language):
                assert segment_label(rule.id, chosen)
                texts.append(segment_description(rule.id, chosen))
        assert len(set(texts)) == 2
    with use_language("fr"):
        assert segment_label("one_and_done", chosen) == "Acheteurs uniques"
    assert segment_label("gone_since", chosen) == "gone_since"


# --- R package rfm: the segments and the overview that its reference page prints.
R_PACKAGE_SEGMENTS = {
    # segment: recency, frequency, monetary, customers, orders, revenue
    "champions": ((5, 5), (5, 5), (5, 5), 35, 316, 31646),
    "potential_loyalist": ((3, 5), (3, 5), (2, 5), 342, 2211, 204856),
    "loyal_customers": ((2, 4), (2, 4), (2, 4), 170, 799, 76562),
    "promising": ((3, 4), (1, 3), (3, 5), 9, 28, 4249),
    "new_customers": ((4, 5), (1, 3), (1, 5), 104, 329, 28837),
    "cant_lose_them": ((1, 2), (3, 4), (4, 5), 47, 274, 32446),
    "at_risk": ((1, 2), (2, 5), (4, 5), 28, 216, 22227),
    "need_attention": ((1, 3), (3, 5), (3, 5), 10, 57, 4562),
    "about_to_sleep": ((2, 3), (1, 3), (1, 4), 102, 283, 23449),
    "lost": ((1, 1), (1, 5), (1, 5), 148, 393, 35324),
}


def test_r_package_rfm_segment_summary(engine: DuckEngine, shared_data: Path) -> None:
    rules = [
        {
            "id": id,
            "label": id,
            "when": dict(zip(("recency", "frequency", "monetary"), box[:3], strict=True)),
        }
        for id, box in R_PACKAGE_SEGMENTS.items()
    ]
    chosen = read_settings(
        {
            "scoring": "thresholds",
            "thresholds": R_PACKAGE_RFM.thresholds.model_dump(),
            "rules": [*rules, ALL],
        }
    )
    facts = engine.rows(FACTS, r_package_facts(shared_data).to_pylist())
    named = name_segments(facts, settings=chosen, inactivity_days=365).join(facts, "customer_id")
    summed = named.group_by("segment").aggregate(
        customers=named.count(), orders=named.orders.sum(), revenue=named.revenue.sum()
    )
    found = {row["segment"]: row for row in engine.fetch(summed).to_pylist()}
    documented = {id: box[3:] for id, box in R_PACKAGE_SEGMENTS.items()}
    assert {
        id: (row["customers"], row["orders"], row["revenue"]) for id, row in found.items()
    } == documented
