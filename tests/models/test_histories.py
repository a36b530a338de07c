"""Compression keeps every customer, whatever the unit, and reads what data frames give."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.models import histories
from perenne.models.histories import distinct_rows, read_histories

CUSTOMERS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 400), st.integers(0, 400), st.integers(0, 2)),
    min_size=1,
    max_size=60,
)


def _columns(rows, unit):
    x, last, more, group = np.array(rows).T
    last = np.where(x > 0, last, 0)
    columns = {"frequency": x.astype(float), "recency": last / unit, "tenure": (last + more) / unit}
    return columns, group


@pytest.mark.parametrize("table", [0, 1 << 24])
@given(CUSTOMERS, st.sampled_from([1.0, 7.0, 365.25 / 12, np.pi]))
def test_every_customer_finds_its_history(table, rows, unit):
    columns, group = _columns(rows, unit)
    before, histories.TABLE = histories.TABLE, table
    try:
        found = read_histories(**columns, group=group)
    finally:
        histories.TABLE = before
    for name, column in columns.items():
        np.testing.assert_allclose(getattr(found, name)[found.row], column, atol=1e-6)
    np.testing.assert_array_equal(found.group[found.row], group)
    combinations = {tuple(row) for row in np.column_stack((*columns.values(), group)).tolist()}
    assert found.weights.size == len(combinations)
    assert found.customers == len(rows)


def test_weights_are_added():
    found = read_histories(frequency=[1, 1], recency=[2, 2], tenure=[3, 3], weights=[2, 0.5])
    assert found.weights.tolist() == [2.5]


def test_wide_combinations_do_not_overflow():
    wide = np.array([0.0, 2.0**30, 2.0**30])
    row, member = distinct_rows(wide, wide, wide, wide)
    assert row.tolist() == [0, 1, 1]
    assert wide[member].tolist() == [0.0, 2.0**30]


def test_a_frame_of_any_kind():
    columns = {"frequency": [0, 1], "recency": [0.0, 3.5], "tenure": [4, 4]}
    polars = pytest.importorskip("polars", reason="polars is not installed")
    for frame in (pd.DataFrame(columns), polars.DataFrame(columns)):
        assert read_histories(frame).customers == 2


def test_the_first_bad_row_is_shown():
    with pytest.raises(PerenneError, match=r"2 rows; the first is row 1: frequency = 3"):
        read_histories(frequency=[0, 3, 3], recency=[0, 9, 9], tenure=[4, 8, 8])


@pytest.mark.parametrize("weights", [[-1, 1], [np.nan, 1]])
def test_bad_weights(weights):
    with pytest.raises(PerenneError, match="weight is negative or not a number"):
        read_histories(frequency=[0, 1], recency=[0, 3], tenure=[4, 8], weights=weights)


@pytest.mark.parametrize(
    "wrong", [np.array([[1.0, 2.0]]), np.array([3, 4], dtype="timedelta64[D]")]
)
def test_durations_and_tables_are_no_columns(wrong: np.ndarray) -> None:
    with pytest.raises(PerenneError, match="not a number"):
        read_histories(frequency=wrong, recency=[1, 2], tenure=[3, 4])


NUMBERS = st.sampled_from([0.0, 1.0, 2.0, 3.0, 2.5, -1.0, np.nan, np.inf, -np.inf, 1e300])


def _refusal(columns):
    try:
        histories.check_histories(*columns)
    except PerenneError as error:
        return str(error)
    return None


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=9), st.integers(0, 5))
def test_one_look_refuses_what_rule_by_rule_does(rows, sound):
    """Bad rows among `sound` good ones, seen in parts of four, beside all rules one by one."""
    columns = np.array([(1.0, 2.0, 3.0)] * sound + rows).T
    width, look = histories.PART, histories._sound
    try:
        histories.PART = 4
        told = _refusal(columns)
        histories._sound = lambda *_part: False
        assert told == _refusal(columns)
    finally:
        histories.PART, histories._sound = width, look
