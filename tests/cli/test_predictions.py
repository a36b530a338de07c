"""Predictions as people meet them: in figures, in exports, in a backtest."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cli.program import kpis, refused, succeed

pytestmark = pytest.mark.slow

CONTENDERS = '\ncontenders = ["mbg_nbd", "bg_nbd"]\norigins = 1\n'


def snapshot(shop: Path) -> Path:
    return shop / "snapshots" / (shop / "current").read_text(encoding="utf-8").strip()


def sql(shop: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query in which {name} stands for a table of the published snapshot."""
    folder = snapshot(shop)
    names = {path.stem: f"'{path}'" for path in folder.glob("*.parquet")}
    return duckdb.sql(query.format(**names)).fetchall()


def manifest(shop: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((snapshot(shop) / "manifest.json").read_text("utf-8"))
    return said["prediction"]


def quick(shop: Path) -> None:
    """Settings under which a refresh judges two models from one day."""
    settings = shop / "perenne.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[predictions]", "[predictions]" + CONTENDERS), "utf-8")


def test_every_customer_has_a_prediction_with_intervals(shop: Path) -> None:
    ((customers, predicted, wrong),) = sql(
        shop,
        """
        SELECT (SELECT count(*) FROM {customer_facts}), count(*),
               count(*) FILTER (NOT (clv_12m_lo90 <= clv_12m_lo50
                                     AND clv_12m_lo50 <= clv_12m_median
                                     AND clv_12m_median <= clv_12m_hi50
                                     AND clv_12m_hi50 <= clv_12m_hi90
                                     AND clv_12m <= clv_24m AND clv_24m <= clv_36m
                                     AND p_order_12m BETWEEN 0 AND 1
                                     AND clv_12m >= 0))
        FROM {predictions}
        """,
    )
    assert predicted == customers > 300
    assert wrong == 0


def test_totals_are_sums_of_customers_and_their_intervals_are_not(shop: Path) -> None:
    ((total, customers, low, high, summed_low, summed_high),) = sql(
        shop,
        """
        SELECT t.mean, p.mean, t.lo90, t.hi90, p.lo90, p.hi90
        FROM {prediction_totals} t,
             (SELECT sum(clv_12m)::DOUBLE AS mean, sum(clv_12m_lo90)::DOUBLE AS lo90,
                     sum(clv_12m_hi90)::DOUBLE AS hi90 FROM {predictions}) p
        WHERE t.dimension = 'all' AND t.horizon_months = 12
        """,
    )
    assert total == pytest.approx(customers, rel=1e-4)
    assert summed_low < low < total < high < summed_high
    for dimension in ("segment", "channel", "country", "cohort_quarter"):
        ((parts, count),) = sql(
            shop,
            "SELECT sum(mean), sum(customers) FROM {prediction_totals} WHERE horizon_months = 12 "
            f"AND dimension = '{dimension}'",
        )
        assert parts == pytest.approx(total, rel=1e-6)
        assert count == sql(shop, "SELECT count(*) FROM {predictions}")[0][0]


def test_margins_of_groups_are_sums_of_customers_and_their_intervals_are_not(shop: Path) -> None:
    for dimension in ("all", "segment", "channel", "country", "cohort_quarter"):
        rows = sql(
            shop,
            "SELECT margin_mean, margin_lo90, margin_lo50, margin_median, margin_hi50, margin_hi90,"
            " net_mean, net_lo90, mean, lo90, hi90, margin_unknown FROM {prediction_totals}"
            f" WHERE dimension = '{dimension}' AND horizon_months = 12",
        )
        ((margin, net),) = sql(
            shop,
            "SELECT sum(clv_margin_12m)::DOUBLE, sum(clv_net_12m)::DOUBLE FROM {predictions}",
        )
        assert sum(row[0] for row in rows) == pytest.approx(margin, rel=1e-5)
        assert sum(row[6] for row in rows) == pytest.approx(net, rel=1e-5)
        for mean, low90, low50, median, high50, high90, kept, kept_low, value, lo, hi, lost in rows:
            assert low90 <= low50 <= median <= high50 <= high90
            # What keeping customers costs moves the interval, and does not widen it.
            assert mean - kept == pytest.approx(low90 - kept_low, abs=1e-6)
            assert lost == 0
            if dimension == "all":
                assert low90 < mean < high90
                # Margins are no surer than what they are of.
                assert (high90 - low90) / mean > 0.95 * (hi - lo) / value
    ((summed,),) = sql(shop, "SELECT sum(clv_margin_12m_hi90)::DOUBLE FROM {predictions}")
    assert high90 < summed


def test_months_share_the_margin_that_customers_are_told(shop: Path) -> None:
    ((discounted,),) = sql(shop, "SELECT sum(clv_margin_12m)::DOUBLE FROM {predictions}")
    rows = sql(
        shop,
        "SELECT part, sum(margin), sum(margin_lo90), sum(margin_hi90) FROM {prediction_months}"
        " WHERE part <> 'actual' GROUP BY part",
    )
    margins = {part: (margin, low, high) for part, margin, low, high in rows}
    assert 1.02 < margins["existing"][0] / discounted < 1.06
    parts = margins["existing"][0] + margins["new"][0]
    assert margins["all"][0] == pytest.approx(parts, rel=1e-6)
    for margin, low, high in margins.values():
        assert low < margin < high


def test_groups_are_exported_with_their_intervals(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "totals.json"
    succeed("export", "predictions", "-w", shop, "-o", file)
    rows = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    (whole,) = (row for row in rows if (row["dimension"], row["horizon_months"]) == ("all", 12))
    ((margin, high),) = sql(
        shop,
        "SELECT margin_mean, margin_hi90 FROM {prediction_totals} "
        "WHERE dimension = 'all' AND horizon_months = 12",
    )
    assert float(whole["margin_mean"]) == pytest.approx(margin, abs=1e-4)
    assert float(whole["margin_hi90"]) == pytest.approx(high, abs=1e-4)


def test_figures_of_the_catalogue_are_those_of_plain_sql(shop: Path) -> None:
    ((mean, total, orders, margin),) = sql(
        shop,
        "SELECT avg(clv_12m), sum(clv_12m), avg(expected_orders_12m), sum(clv_margin_12m) "
        "FROM {predictions}",
    )
    names = ("predicted_clv_12m", "predicted_revenue_12m", "predicted_orders_12m")
    rows = kpis(shop, *names, "predicted_margin_12m")
    assert all("A forecast for the 12 months after " in row["note"] for row in rows)
    told = {row["metric"]: row["value"] for row in rows}
    assert told["predicted_margin_12m"] == Decimal(margin)
    assert float(told["predicted_clv_12m"]) == pytest.approx(float(mean), abs=5.1e-5)
    assert told["predicted_revenue_12m"] == Decimal(total)
    assert float(told["predicted_orders_12m"]) == pytest.approx(orders, rel=1e-9)


def test_ratio_to_acquisition_cost_by_hand(shop: Path) -> None:
    ((as_of,),) = sql(shop, "SELECT max(last_order_on) FROM {customer_facts}")
    ((margin, ahead, new),) = sql(
        shop,
        f"""
        SELECT sum(f.historical_clv_margin), sum(p.clv_margin_12m), count(*)
        FROM {{customer_facts}} f JOIN {{predictions}} p USING (customer_id)
        WHERE f.first_order_on > DATE '{as_of}' - 365
        """,
    )
    (cac,) = kpis(shop, "cac_year")
    (ratio,) = kpis(shop, "predicted_clv_cac_ratio")
    by_hand = float(margin + ahead) / new / float(cac["value"])
    assert float(ratio["value"]) == pytest.approx(by_hand, rel=1e-6)


def test_predictions_split_by_segment_and_channel(shop: Path) -> None:
    for dimension in ("segment", "channel"):
        rows = kpis(shop, "predicted_revenue_12m", "--by", dimension)
        (whole,) = kpis(shop, "predicted_revenue_12m")
        assert sum(row["value"] for row in rows) == whole["value"]


def test_an_earlier_day_has_no_prediction_and_says_so(shop: Path) -> None:
    (row,) = kpis(shop, "predicted_clv_12m", "--period", "2025-06")
    assert row["value"] is None
    assert "on the last day of the data" in row["note"]


def test_export_carries_the_prediction_of_each_customer(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    succeed("export", "customers", "-w", shop, "-o", file, "--dialect", "international")
    with file.open(encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    wanted = "clv_12m clv_12m_median clv_12m_lo90 clv_12m_hi90 expected_orders_12m p_order_12m"
    assert set(f"{wanted} p_alive model why".split()) <= set(rows[0])
    ((total,),) = sql(shop, "SELECT sum(clv_12m) FROM {predictions}")
    assert sum(Decimal(row["clv_12m"]) for row in rows) == total


def test_alive_is_never_one_by_construction(shop: Path) -> None:
    ((sure,),) = sql(shop, "SELECT count(*) FROM {predictions} WHERE p_alive >= 1")
    assert sure == 0


def test_each_row_tells_one_story(shop: Path) -> None:
    """Who orders has not left; the day of the next order keeps with the chances of one."""
    as_of = manifest(shop)["as_of"]
    for months in (12, 24, 36):
        end = f"{months}m"
        ((wrong,),) = sql(
            shop,
            f"""
            SELECT count(*) FROM {{predictions}}
            WHERE p_order_{end} > p_alive OR p_order_{end} > expected_orders_{end}
            OR (p_order_{end} >= 0.5)
            <> coalesce(next_order_by <= DATE '{as_of}' + INTERVAL {months} MONTH, false)
            """,
        )
        assert wrong == 0
    for name in ("clv", "expected_orders", "p_order"):
        ((falls,),) = sql(
            shop,
            f"SELECT count(*) FROM {{predictions}} "
            f"WHERE {name}_24m < {name}_12m OR {name}_36m < {name}_24m",
        )
        assert falls == 0


def test_the_months_of_present_customers_add_up_to_what_each_is_told(shop: Path) -> None:
    ((customers,),) = sql(shop, "SELECT sum(expected_orders_12m) FROM {predictions}")
    ((months,),) = sql(shop, "SELECT sum(orders) FROM {prediction_months} WHERE part = 'existing'")
    assert months == pytest.approx(customers, rel=1e-6)
    ((discounted,),) = sql(shop, "SELECT sum(clv_12m)::DOUBLE FROM {predictions}")
    ((revenue,),) = sql(
        shop, "SELECT sum(revenue) FROM {prediction_months} WHERE part = 'existing'"
    )
    # Months are not discounted: half a year's discount of 10% on average, less as customers leave.
    assert 1.02 < revenue / discounted < 1.06


def test_months_to_come_hold_present_and_new_customers(shop: Path) -> None:
    rows = sql(
        shop,
        """
        SELECT month, sum(revenue) FILTER (part = 'existing'), sum(revenue) FILTER (part = 'new'),
               sum(revenue) FILTER (part = 'all'), sum(revenue_lo90) FILTER (part = 'all'),
               sum(revenue_hi90) FILTER (part = 'all')
        FROM {prediction_months} WHERE part <> 'actual' GROUP BY month ORDER BY month
        """,
    )
    assert len(rows) == 12
    for _month, existing, new, whole, low, high in rows:
        assert existing + new == pytest.approx(whole, rel=1e-6)
        assert 0 <= low < whole < high


def test_backtest_prints_every_contender_and_the_champion(shop: Path) -> None:
    words = ("--contender", "mbg_nbd", "--origins", "1", "-w", shop)
    said = succeed("backtest", *words)
    for name in ("all_zero", "last_period", "simple_clv", "mbg_nbd"):
        assert name in said.out
    told = succeed("backtest", *words, "--json").json()
    assert told["champion"] in {row["contender"] for row in told["scores"]}
    assert told["reason"]
    assert {"bias", "crps", "gini", "pit90"} <= {row["measure"] for row in told["scores"]}
    assert any(row["group"].startswith("channel: ") for row in told["scores"])


@pytest.mark.parametrize(
    ("by", "title", "group"),
    [("segment", "Segment", "VIP"), ("cohort", "First order in", "2024")],
)
def test_backtest_shows_the_chosen_model_by_group(
    shop: Path, by: str, title: str, group: str
) -> None:
    words = ("--contender", "mbg_nbd", "--origins", "1", "--months", "6", "-w", shop)
    said = succeed("backtest", *words, "--by", by)
    told = said.out.split("by group.")[1]
    assert title in told
    assert group in told


def test_an_unknown_contender_is_refused_with_those_there_are(shop: Path) -> None:
    said = refused("backtest", "--contender", "bg_ndb", "-w", shop)
    assert "bg_ndb" in said
    assert "Did you mean “bg_nbd”?" in said


@pytest.mark.long
def test_predictions_can_be_switched_off(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "shop"
    shutil.copytree(shop, other)
    settings = other / "perenne.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[predictions]", "[predictions]\nenabled = false"), "utf-8")
    succeed("refresh", "-w", other)
    assert "[predictions]" in refused("export", "predictions", "-w", other)
    assert not (snapshot(other) / "predictions.parquet").exists()
    (row,) = kpis(other, "predicted_clv_12m")
    assert row["value"] is None
    assert "[predictions]" in row["note"]


@pytest.mark.long
def test_the_next_refresh_says_how_the_last_prediction_did(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "shop"
    shutil.copytree(shop, other)
    quick(other)
    succeed("refresh", "-w", other, "--as-of", "2025-06-30")
    assert manifest(other)["refit"] is None
    expected = sql(other, "SELECT sum(clv_12m)::DOUBLE FROM {predictions}")[0][0]
    told = succeed("refresh", "-w", other).all
    assert "An earlier prediction, of 30 June 2025, expected" in told
    said = manifest(other)["refit"]
    shown = json.loads(succeed("status", "-w", other, "--json").out)
    assert shown["prediction"]["refit"] == said
    assert said["made"] == "2025-06-30"
    assert said["days"] == (date(2025, 12, 31) - date(2025, 6, 30)).days
    # More of a year's value comes in its first half, and what came is not discounted.
    assert 1 < said["expected"] / (expected * said["days"] / 365) < 1.4
    assert said["advised"] is bool(said["reason_en"])
    assert said["low"] < said["expected"] < said["high"]


def test_too_few_customers_get_the_simple_formula_and_are_told_why(tmp_path: Path) -> None:
    rows = ["order_id,customer_id,order_date,total"]
    rows += [f"{n},c{n % 40},2024-{1 + n % 12:02d}-11,{20 + n}" for n in range(120)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    shop = tmp_path / "shop"
    told = succeed("run", file, "--into", shop).all
    said = manifest(shop)
    assert f"! {said['gate']['reason_en']}" in told
    assert said["model"] == "simple_clv"
    assert said["gate"]["passed"] is False
    assert "40 buyers, 300 are needed" in said["gate"]["reason_en"]
    ((medians, means),) = sql(
        shop, "SELECT count(clv_12m_median), count(clv_12m) FROM {predictions}"
    )
    assert (medians, means) == (0, 40)
