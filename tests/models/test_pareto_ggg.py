"""Pareto/GGG: limits, recovery, real regular buyers, draws."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.models import ParetoGGG, ParetoNBD, load_model

END = np.datetime64("2006-12-31")


def grocery(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """Histories in weeks until the end of 2006, and purchase days in the weeks after."""
    table = pq.read_table(folder / "btydplus_grocery" / "groceryElog.parquet")
    day = table["date"].to_numpy().astype("datetime64[D]")
    who = np.unique(np.asarray(table["cust"].to_pylist()), return_inverse=True)[1]
    rows = np.unique(np.column_stack((who, day.astype(int))), axis=0)
    return histories(rows[:, 0], rows[:, 1] / 7, until=float(END.astype(int)) / 7)


def histories(
    who: np.ndarray, time: np.ndarray, *, until: float
) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    past = time <= until
    names, number = np.unique(who[past], return_inverse=True)
    counts = np.bincount(number)
    ends = np.cumsum(counts)
    at = time[past]
    first, last = at[ends - counts], at[ends - 1]
    gaps = np.diff(at)[number[1:] == number[:-1]]
    logs = np.bincount(
        number[1:][number[1:] == number[:-1]], weights=np.log(gaps), minlength=names.size
    )
    later = np.array([np.sum((who == name) & ~past) for name in names])
    given = {
        "frequency": (counts - 1).astype(float),
        "recency": last - first,
        "tenure": until - first,
        "log_intervals": logs,
    }
    return given, later, float(time.max() - until)


def simulated(
    people: int, *, rng: np.random.Generator, regular: tuple[float, float]
) -> dict[str, np.ndarray]:
    """Continuous time: k ~ Gamma(t, gamma), λ ~ Gamma(1.2, 5), μ ~ Gamma(0.8, 20), 60 weeks."""
    rows = []
    for person in range(people):
        k = rng.gamma(regular[0]) / regular[1]
        pace, life = rng.gamma(1.2) / 5, rng.exponential(20 / rng.gamma(0.8))
        born = rng.uniform(0, 20)
        times, end = [born], min(born + life, 60.0)
        while (following := times[-1] + rng.gamma(k) / (k * pace)) <= end:
            times.append(following)
        rows += [(person, time) for time in times]
    who, time = np.array(rows).T
    return histories(who.astype(int), time, until=60.0)[0]


def without(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: column for name, column in given.items() if name != "log_intervals"}


@pytest.mark.slow
def test_simulated_parameters_come_back_within_three_standard_errors() -> None:
    given = simulated(2500, rng=np.random.default_rng(8), regular=(4.0, 2.0))
    fitted = ParetoGGG().fit(**given)
    true = {"t": 4.0, "gamma": 2.0, "r": 1.2, "alpha": 5.0, "s": 0.8, "beta": 20.0}
    for name, value in true.items():
        error = np.log(fitted.parameters[name] / value)
        spread = fitted.standard_errors[name] / fitted.parameters[name]
        assert abs(error) < 3 * spread, name


@pytest.mark.slow
def test_platzer_reutterer_2016_regular_grocery_buyers_are_forecast_better(
    shared_data: Path,
) -> None:
    given, later, ahead = grocery(shared_data)
    plain = ParetoNBD().fit(**without(given))
    fitted = ParetoGGG().fit(**given)
    told = fitted.expected_purchases(ahead, **given)
    before = plain.expected_purchases(ahead, **without(given))
    assert np.abs(told - later).mean() < 0.95 * np.abs(before - later).mean()
    assert abs(told.sum() / later.sum() - 1) < abs(before.sum() / later.sum() - 1)
    draws = fitted.sample_purchases(ahead, **given, rng=np.random.default_rng(1), draws=60)
    assert draws.shape == (60, later.size)
    assert draws.mean(axis=0).sum() == pytest.approx(told.sum(), rel=0.02)


@pytest.fixture(scope="module")
def fitted():  # type: ignore[no-untyped-def] # a fixture
    return ParetoGGG().fit(**simulated(400, rng=np.random.default_rng(3), regular=(4.0, 2.0)))


def test_silence_beyond_a_regular_rhythm_tells_more(fitted) -> None:  # type: ignore[no-untyped-def] # a fixture
    """Two customers of equal counts: the regular one is missed sooner."""
    regular = {"frequency": 9.0, "recency": 36.0, "tenure": 50.0, "log_intervals": 9 * np.log(4.0)}
    irregular = {**regular, "log_intervals": 9 * np.log(4.0) - 9.0}
    alive = [
        float(fitted.probability_alive(**{k: np.array([v]) for k, v in one.items()})[0])
        for one in (regular, irregular)
    ]
    assert alive[0] < alive[1]


def test_horizons_and_saving(fitted) -> None:  # type: ignore[no-untyped-def] # a fixture
    one = {
        "frequency": np.array([0.0, 3.0]),
        "recency": np.array([0.0, 20.0]),
        "tenure": np.array([30.0, 30.0]),
        "log_intervals": np.array([0.0, 3 * np.log(6.0)]),
    }
    nothing = fitted.expected_purchases(0.0, **one)
    assert nothing == pytest.approx([0.0, 0.0], abs=1e-9)
    soon, later = (fitted.expected_purchases(h, **one) for h in (10.0, 100.0))
    assert np.all(soon < later)
    again = load_model(fitted.to_json())
    assert again.expected_purchases(10.0, **one) == pytest.approx(soon)


def test_without_intervals_regularity_is_unknown_and_told() -> None:
    with pytest.raises(PerenneError, match="log_intervals"):
        ParetoGGG().fit(frequency=[1, 2], recency=[3, 5], tenure=[9, 9])
