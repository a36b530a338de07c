"""The SQL rebuilds the published CDNOW calibration summary (1/10 sample, weeks 1-39)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.known.twins import Twins

pytestmark = pytest.mark.known_answer

CALIBRATION_END = date(1997, 9, 30)

Summary = dict[int, tuple[int, int, int, int]]


def _hundredths(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.fixture(scope="module")
def published(cdnow_published: Path) -> Summary:
    table = duckdb.connect().execute(
        "select ID, x, t_x, T, zbar from read_parquet($file)", {"file": str(cdnow_published)}
    )
    return {
        int(customer): (int(x), _hundredths(t_x), _hundredths(t), _hundredths(zbar))
        for customer, x, t_x, t, zbar in table.fetchall()
    }


def test_sample_gives_the_published_summary(cdnow_sample: Path, published: Summary) -> None:
    twins = Twins("cdnow", file=str(cdnow_sample), as_of=CALIBRATION_END)
    rebuilt = {row["id"]: tuple(row.values())[1:] for row in twins.rows("published_layout")}
    assert len(published) == 2_357
    assert rebuilt == published


def test_purchase_history_is_the_summary_in_days(cdnow_sample: Path, published: Summary) -> None:
    twins = Twins("cdnow", file=str(cdnow_sample), as_of=CALIBRATION_END)
    for row in twins.rows("purchase_history"):
        x, t_x, t, zbar = published[int(row["customer_id"])]
        assert row["frequency"] == x
        assert row["recency_days"] / 7 == pytest.approx(t_x / 100, abs=0.005)
        assert row["tenure_days"] / 7 == pytest.approx(t / 100, abs=0.005)
        if x:
            assert row["monetary_value"] == pytest.approx(zbar / 100, abs=0.005 + 1e-9)
        else:
            assert (row["monetary_value"], zbar) == (None, 0)
