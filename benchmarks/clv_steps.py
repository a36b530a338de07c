"""One step of one package, timed: `python benchmarks/clv_steps.py PACKAGE STEP DATA`.

bench_clv.py runs it. It prints JSON: wall and processor seconds of the step, peak memory in MB.
`make DATA N` simulates the shop instead. Peers get fixed parameters where a step predicts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

WEEKS, BIRTH_WEEKS = 78, 26
PURCHASES = {"r": 0.6, "alpha": 8.0, "a": 0.8, "b": 3.0}
SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}
FIRST_DAY = "2024-01-01"

TRANSACTIONS = ("customer", "day", "value")
SUMMARY = ("frequency", "recency", "tenure", "monetary_value")
READS = dict.fromkeys(("summary", "chain", "snapshot"), TRANSACTIONS)

Data = dict[str, Any]
Step = Callable[[], object]


def make(path: str, size: int) -> None:
    """Simulate purchase days and values of `size` customers, and their summary, into a file."""
    rng = np.random.default_rng(1)
    birth = rng.integers(0, BIRTH_WEEKS * 7, size)
    rate = rng.gamma(PURCHASES["r"], 1 / PURCHASES["alpha"], size)
    drop = rng.beta(PURCHASES["a"], PURCHASES["b"], size)
    who, days = [np.arange(size)], [birth]
    alive, now = np.arange(size), birth / 7
    while alive.size:
        now = now + rng.exponential(size=alive.size) / rate[alive]
        inside = now <= WEEKS
        alive, now = alive[inside], now[inside]
        who.append(alive)
        days.append(np.ceil(now * 7).astype(int))
        stays = rng.random(alive.size) >= drop[alive]
        alive, now = alive[stays], now[stays]
    key = np.unique(np.concatenate(who) * 1000 + np.concatenate(days))
    customer, day = key // 1000, key % 1000
    nu = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], size)
    value = rng.gamma(SPEND["p"], size=key.size) / nu[customer]
    shuffled = rng.permutation(key.size)
    transactions = (customer[shuffled], day[shuffled], value[shuffled])
    known = summary(*transactions)
    np.savez(path, customer=transactions[0], day=transactions[1], value=transactions[2], **known)


def summary(customer: Any, day: Any, value: Any) -> Data:
    """Frequency, recency and tenure in weeks, mean value of repeat purchase days."""
    from perenne.models import purchase_summary

    rows = {"customer": customer, "day": day, "value": value}
    told = purchase_summary(rows, date="day", value="value", until=WEEKS * 7)
    return {name: told[name] for name in SUMMARY}


def perenne(step: str, data: Data) -> Step:
    """A step of ours; modules are imported, and fitted values built, before the clock starts."""
    from perenne.models.purchases.beta_geo import BetaGeo, FittedBetaGeo
    from perenne.models.spend.gamma_gamma import FittedGammaGamma, GammaGamma
    from perenne.models.value.discounting import months
    from perenne.models.value.lifetime_value import CustomerLifetimeValue

    known = {name: data.get(name, np.zeros(0)) for name in SUMMARY}
    history = {name: known[name] for name in ("frequency", "recency", "tenure")}
    spent = {name: known[name] for name in ("frequency", "monetary_value")}
    four = tuple(map(tuple, np.diag([1e-3] * 4) ** 2))
    three = tuple(map(tuple, np.diag([1e-3] * 3) ** 2))
    bought = FittedBetaGeo(PURCHASES, 0.0, four, 1.0)
    value = CustomerLifetimeValue(bought, FittedGammaGamma(SPEND, 0.0, three, 1.0))
    rng = np.random.default_rng(1)

    def pareto() -> object:
        from perenne.models.purchases.pareto_nbd import ParetoNBD

        return ParetoNBD().fit(**history)

    def chain() -> object:
        found = summary(data["customer"], data["day"], data["value"])
        history = {name: found[name] for name in ("frequency", "recency", "tenure")}
        model = CustomerLifetimeValue(
            BetaGeo().fit(**history),
            GammaGamma().fit(frequency=found["frequency"], monetary_value=found["monetary_value"]),
        )
        return model.predict(months(12), **found, rng=rng)

    steps: dict[str, Step] = {
        "summary": lambda: summary(data["customer"], data["day"], data["value"]),
        "snapshot": snapshot(data) if step == "snapshot" else chain,
        "bg_fit": lambda: BetaGeo().fit(**history),
        "pareto_fit": pareto,
        "gg_fit": lambda: GammaGamma().fit(**spent),
        "purchases": lambda: bought.expected_purchases(52.0, **history),
        "alive": lambda: bought.probability_alive(**history),
        "clv": lambda: value.expected_value(months(12), **known),
        "intervals": lambda: value.predict(months([12, 24, 36]), **known, rng=rng),
        "chain": chain,
    }
    return steps[step]


def ledger(customer: Any, day: Any, value: Any) -> Any:
    """The ledger of transactions in any order: one row per customer and day, sorted."""
    from perenne.models.ledger import Ledger

    key = customer * 1024 + day
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    net = np.add.reduceat(value[order], first)
    key = key[first]
    nothing = np.zeros(key.size)
    return Ledger(
        customer=(key // 1024).astype(np.int32),
        day=(key % 1024).astype(np.int32),
        orders=np.ones(key.size, dtype=np.int32),
        net=net,
        returned=nothing,
        margin=nothing,
        until=WEEKS * 7,
        customer_ids=np.arange(int(customer.max()) + 1),
    )


def snapshot(data: Data) -> Step:
    """The tables of predictions but for reasons: two models combined, 400 draws, 12/24/36 months.

    Models are fitted on every tenth customer before the clock starts; their mixture is taken as
    equal and put right by 3%, as a backtest would have learnt.
    """
    from perenne.models.contenders.combined import FittedCombined
    from perenne.models.contenders.probability import probability_contender
    from perenne.models.judging.recalibration import Adjustment, Recalibration
    from perenne.models.schema import HORIZONS
    from perenne.models.settings import PredictionSettings
    from perenne.models.telling import Teller, Told

    dated = ledger(data["customer"], data["day"], data["value"])
    none = {name: np.full(dated.customers, -1) for name in ("channel", "country")}
    whole = replace(dated, attributes=none)
    size, rng = whole.customers, np.random.default_rng(1)
    tenth = whole.of(np.arange(size) % 10 == 0)
    members = tuple(
        probability_contender(name).fit(tenth, horizon=365, rng=rng) for name in ("bg_nbd", "nbd")
    )
    learnt = Adjustment(0.97, 0.08, 1.02, (0.9, 0.95))
    model = FittedCombined("combined", members, np.full(2, 0.5), Recalibration(learnt, learnt))

    def tell() -> object:
        told = Told([None] * size, {}, None)
        teller = Teller(whole, None, told, settings=PredictionSettings(), rng=rng)
        teller.fits["simple_clv"] = model
        return teller.forecasts(HORIZONS)

    return tell


def _frame(data: Data) -> Any:
    import pandas as pd

    dates = np.datetime64(FIRST_DAY) + data["day"].astype("timedelta64[D]")
    return pd.DataFrame({"id": data["customer"], "date": dates, "value": data["value"]})


def _end() -> Any:
    return np.datetime64(FIRST_DAY) + np.timedelta64(WEEKS * 7, "D")


PLAIN_SUMMARY = """
    WITH days AS (SELECT customer, day, sum(value) AS value FROM log GROUP BY ALL),
    born AS (SELECT customer, min(day) AS first FROM days GROUP BY customer)
    SELECT customer, count(*) - 1 AS frequency, max(day) - min(day) AS recency,
           {until} - min(day) AS tenure,
           avg(value) FILTER (WHERE day > first) AS monetary_value
    FROM days JOIN born USING (customer) GROUP BY customer
"""


def plain_duckdb(step: str, data: Data) -> Step:
    """The summary alone, as one query of DuckDB on the same arrays."""
    import duckdb

    if step != "summary":
        raise SystemExit("not offered")
    duck = duckdb.connect()
    query = PLAIN_SUMMARY.format(until=WEEKS * 7)
    columns = {name: data[name] for name in TRANSACTIONS}

    def table() -> object:
        duck.register("log", columns)
        return duck.execute(query).fetchnumpy()

    return table


def lifetimes(step: str, data: Data) -> Step:
    """A step of lifetimes 0.11."""
    import lifetimes as peer  # type: ignore[import-untyped]  # ships no types
    import pandas as pd
    from lifetimes.utils import (  # type: ignore[import-untyped]  # ships no types
        summary_data_from_transaction_data,
    )

    known = {name: data.get(name, np.zeros(0)) for name in SUMMARY}
    x, t_x, age = known["frequency"], known["recency"], known["tenure"]
    value = np.where(x > 0, known["monetary_value"], 0.0)
    repeat = x > 0
    frame = _frame(data) if step in ("summary", "chain") else None
    bought, spent = peer.BetaGeoFitter(), peer.GammaGammaFitter()
    bought.params_ = pd.Series(PURCHASES)
    bought.predict = bought.conditional_expected_number_of_purchases_up_to_time
    spent.params_ = pd.Series({"p": SPEND["p"], "q": SPEND["q"], "v": SPEND["gamma"]})

    def table() -> Any:
        return summary_data_from_transaction_data(
            frame, "id", "date", monetary_value_col="value", observation_period_end=_end()
        )

    def worth(buys: Any, pays: Any, known: tuple[Any, ...], *, freq: str) -> Any:
        series = map(pd.Series, known)
        return pays.customer_lifetime_value(
            buys, *series, time=12, discount_rate=0.00797, freq=freq
        )

    def chain() -> object:
        found = table()
        buys = peer.BetaGeoFitter().fit(found["frequency"], found["recency"], found["T"])
        some = found[found["frequency"] > 0]
        pays = peer.GammaGammaFitter().fit(some["frequency"], some["monetary_value"])
        known = tuple(found[n] for n in ("frequency", "recency", "T", "monetary_value"))
        return worth(buys, pays, known, freq="D")

    steps: dict[str, Step] = {
        "summary": table,
        "bg_fit": lambda: bought.fit(x, t_x, age),
        "pareto_fit": lambda: peer.ParetoNBDFitter().fit(x, t_x, age),
        "gg_fit": lambda: spent.fit(x[repeat], value[repeat]),
        "purchases": lambda: bought.predict(52.0, x, t_x, age),
        "alive": lambda: bought.conditional_probability_alive(x, t_x, age),
        "clv": lambda: worth(bought, spent, (x, t_x, age, value), freq="W"),
        "chain": chain,
    }
    return steps[step]


def pymc_marketing(step: str, data: Data) -> Step:
    """A step of pymc-marketing 0.19: fits are maximum a posteriori with its default priors."""
    import arviz as az  # type: ignore[import-not-found]  # peers only
    import pandas as pd
    from pymc_marketing import clv  # type: ignore[import-not-found]  # peers only

    def known(columns: Data) -> Any:
        return pd.DataFrame(
            {
                "customer_id": np.arange(columns["frequency"].size),
                "frequency": columns["frequency"],
                "recency": columns["recency"],
                "T": columns["tenure"],
                "monetary_value": np.where(
                    columns["frequency"] > 0, columns["monetary_value"], 0.0
                ),
            }
        )

    whole = known({name: data.get(name, np.zeros(0)) for name in SUMMARY})
    frame = _frame(data) if step in ("summary", "chain") else None

    def fixed(model: Any, values: Data) -> Any:
        model.build_model()
        model.idata = az.from_dict(posterior={k: np.full((1, 1), v) for k, v in values.items()})
        return model

    def fit(kind: Any, columns: Any) -> Any:
        model = kind(data=columns)
        model.fit(method="map", progressbar=False)
        return model

    def repeat(columns: Any) -> Any:
        return columns[columns["frequency"] > 0][["customer_id", "frequency", "monetary_value"]]

    def table() -> Any:
        return clv.utils.rfm_summary(
            frame, "id", "date", monetary_value_col="value", observation_period_end=_end(),
            time_unit="D",
        )  # fmt: skip

    def worth(pays: Any, buys: Any, columns: Any, unit: str) -> Any:
        return pays.expected_customer_lifetime_value(
            transaction_model=buys, data=columns, future_t=12, discount_rate=0.00797,
            time_unit=unit,
        )  # fmt: skip

    history = whole.drop(columns="monetary_value")
    if step in ("purchases", "alive", "clv"):
        buys = fixed(clv.BetaGeoModel(data=history), PURCHASES)
    if step == "clv":
        spend = {"p": SPEND["p"], "q": SPEND["q"], "v": SPEND["gamma"]}
        pays = fixed(clv.GammaGammaModel(data=repeat(whole)), spend)

    def chain() -> object:
        found = table()
        buys = fit(clv.BetaGeoModel, found.drop(columns="monetary_value"))
        pays = fit(clv.GammaGammaModel, repeat(found))
        return worth(pays, buys, found, "D")

    steps: dict[str, Step] = {
        "summary": table,
        "bg_fit": lambda: fit(clv.BetaGeoModel, history),
        "pareto_fit": lambda: fit(clv.ParetoNBDModel, history),
        "gg_fit": lambda: fit(clv.GammaGammaModel, repeat(whole)),
        "purchases": lambda: buys.expected_purchases(data=history, future_t=52),
        "alive": lambda: buys.expected_probability_alive(data=history),
        "clv": lambda: worth(pays, buys, whole, "W"),
        "chain": chain,
    }
    return steps[step]


def timed(step: Step) -> dict[str, float]:
    """Wall and processor seconds of one call, and the peak memory of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": wall, "cpu": cpu, "peak": peak}


def main(package: str, *words: str) -> None:
    """Make the data, or time a step and print what it took."""
    if package == "make":
        make(words[0], int(words[1]))
        print("{}")
        return
    packages = {
        "perenne": perenne,
        "plain_duckdb": plain_duckdb,
        "lifetimes": lifetimes,
        "pymc_marketing": pymc_marketing,
    }
    step_name, path = words
    with np.load(path) as file:
        # A step holds what it reads: 10 million customers have 36 million transactions.
        data = {name: file[name] for name in (READS.get(step_name, SUMMARY))}
    step = packages[package](step_name, data)
    print(json.dumps(timed(step)))


if __name__ == "__main__":
    main(*sys.argv[1:])
