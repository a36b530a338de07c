"""One customer across the systems of a simulated shop: `python benchmarks/bench_systems.py`.

Simulates `--persons N` over the shop's systems, imports their exports as they are, refreshes
without predictions, and compares with the truth kept apart: pairs of records, figures per true
person, and what Perenne itself estimates that it missed. `--labels N` then decides N pairs of
`perenne identity review --sample` by the truth, refreshes and compares again; a `--folder` that
holds a shop of an earlier run is taken as it is.
"""

import argparse
import json
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from perenne.cli.demo import write_settings
from perenne.demo import Simulation, simulate
from perenne.identity import Missed
from perenne.workspace import Layout, Options, create, import_files, open_shop, refresh_workspace
from perenne.workspace.identities import Asked, Side, account, decide, pairs
from perenne.workspace.settings import template

FIGURES = (
    "customers",
    "repeat_purchase_rate",
    "purchase_frequency",
    "historical_clv",
    "historical_clv_margin",
)


@contextmanager
def timed(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {cpu:.0f} CPU s ({wall:.0f} s), {peak:.0f} MB at most so far", flush=True)


def workspace(folder: Path, made: Simulation) -> Layout:
    """A workspace with every export, each under the name of its shop."""
    text = template(name="Bench", currency="EUR", time_zone="Europe/Paris", language="en")
    place = create(folder, text.replace("# enabled = true", "enabled = false"))
    write_settings(place)
    files = sorted(made.files)
    for store in sorted({made.stores.get(path, "") for path in files}):
        chosen = [path for path in files if made.stores.get(path, "") == store]
        import_files(place, chosen, options=Options(store=store or None))
    return place


def whose(truth: Path) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """Of each record the person it is of (of several, who ordered most), and the records that
    carry orders."""
    votes: Counter[tuple[str, str, int]] = Counter()
    orders = pq.read_table(truth / "orders.parquet", columns=["source", "record", "customer"])
    records = pq.read_table(truth / "records.parquet", columns=["source", "record", "customer"])
    carrying = set()
    for table, weight in ((orders, 1_000), (records, 1)):
        for source, record, person in zip(*table.to_pydict().values(), strict=True):
            if record is not None:
                votes[source, record, person] += weight
                if weight > 1:
                    carrying.add((source, record))
    best: dict[tuple[str, str], tuple[int, int]] = {}
    for (source, record, person), count in votes.items():
        best[source, record] = max(best.get((source, record), (0, 0)), (count, -person))
    return {record: -person for record, (_count, person) in best.items()}, carrying


def quality(root: list[str], truth: list[int]) -> tuple[float, float]:
    """Pairwise precision and recall."""

    def pairs(*keys: Sequence[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(zip(*keys, strict=True)).values())

    made, true, right = pairs(root), pairs(truth), pairs(root, truth)
    return right / made if made else 1.0, right / true if true else 1.0


def label(place: Layout, truth: Path, count: int) -> None:
    """Decide `count` pairs drawn at random by the truth, as an owner would who knows everybody."""
    person, _carrying = whose(truth)

    def who(side: Side) -> int | None:
        known = (person.get((side.source, ref)) for ref in side.ids)
        return next((one for one in known if one is not None), None)

    with open_shop(place.root) as shop:
        drawn, _total = pairs(shop, Asked(limit=count, at_random=True))
    same: dict[bool, list[str]] = {True: [], False: []}
    for one in drawn:
        left, right = map(who, one.sides)
        if left is not None and right is not None:
            same[left == right].append(one.pair_id)
    decide(place, same[True], "accept")
    decide(place, same[False], "refuse")
    print(f"{len(drawn)} pairs: {len(same[True])} accepted, {len(same[False])} refused")


def judge(place: Layout, truth: Path) -> None:
    """Print how the customers of the snapshot compare with the persons of the truth."""
    person, carrying = whose(truth)
    facts = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    true = facts["without_gift_card_orders"]["kpis"]
    with open_shop(place.root) as shop:
        found = account(shop)
        links = shop.engine.fetch(
            shop.tables["customer_links"].select("source", "source_id", "customer_id")
        ).to_pydict()
        period = f"{facts['start']}..{facts['as_of']}"
        values = {row["metric"]: row["value"] for row in shop.kpis(*FIGURES, period=period).rows()}
    assert found is not None
    known = zip(zip(links["source"], links["source_id"], strict=True), links["customer_id"],
                strict=True)  # fmt: skip
    joined = [(ref, person[ref], customer) for ref, customer in known if ref in person]
    print(f"{found.records} records, {found.customers} customers; {dict(found.links)}")
    print(f"{found.review} pairs to review, {found.compared} compared, largest {found.largest}")
    selling = [one for one in joined if one[0] in carrying]
    for name, chosen in (("all records", joined), ("records that carry orders", selling)):
        p, r = quality([c for _r, _p, c in chosen], [p for _r, p, _c in chosen])
        print(f"  {name} ({len(chosen)}): precision {p:.4f}, recall {r:.4f}")
    apart(selling, truth)
    for name, value in values.items():
        print(f"  {name}: {float(value):.4f}, true {true[name]:.4f} "
              f"({float(value) / true[name] - 1:+.2%})")  # fmt: skip
    last = facts["without_gift_card_orders"]["by_month"][-12:]
    year = sum(row["new_net_revenue"] + row["returning_net_revenue"] for row in last)
    with open_shop(place.root) as shop:
        (row,) = shop.kpis("historical_clv_12m").rows()
        orders = shop.engine.fetch(shop.tables["customers"].select("orders"))["orders"].to_numpy()
    each = orders.sum() / (orders > 0).sum()
    print(f"  orders per customer: {each:.4f}, true {true['orders_per_customer']:.4f} "
          f"({each / true['orders_per_customer'] - 1:+.2%})")  # fmt: skip
    true_year = year / true["customers"]
    print(f"  historical_clv_12m: {float(row['value']):.4f}, true {true_year:.4f} "
          f"({float(row['value']) / true_year - 1:+.2%})")  # fmt: skip
    missed(found.missed, true)
    errors(joined)


def apart(joined: list[tuple[tuple[str, str], int, str]], truth: Path) -> None:
    """Print by how many links customers and persons differ. Who ordered under records of somebody
    else only (a household's account) is no matter of links: no estimate of them can tell."""
    links = {(person, customer) for _ref, person, customer in joined}
    persons, customers = ({link[side] for link in links} for side in (0, 1))
    orders = pq.read_table(truth / "orders.parquet", columns=["record", "customer"]).to_pylist()
    sharing = {row["customer"] for row in orders if row["record"] is not None} - persons
    print(f"  {len(links) - len(persons)} links missed, {len(links) - len(customers)} wrong; "
          f"{len(sharing)} persons have no record of their own")  # fmt: skip


def missed(estimate: Missed | None, true: dict[str, float]) -> None:
    """Print what Perenne says of itself beside the truth."""
    if estimate is None:
        return
    figures = {"customers": estimate.customers, "repeat_purchase_rate": estimate.repeat_rate}
    for name, one in figures.items():
        print(f"  estimated {name}: {one.likely:.4f} ({one.low:.4f} to {one.high:.4f}), stated "
              f"{one.stated:.4f}, true {true[name]:.4f}")  # fmt: skip
    print(f"  {estimate.links:.0f} links missed, {estimate.wrong:.1f} wrong, "
          f"from {estimate.pairs} pairs")  # fmt: skip


def errors(joined: list[tuple[tuple[str, str], int, str]]) -> None:
    """Which pairs of sources the missed and the wrong pairs are of."""
    by_person: dict[int, list[tuple[str, str]]] = {}
    by_customer: dict[str, list[tuple[str, int]]] = {}
    for (source, _ref), person, customer in joined:
        by_person.setdefault(person, []).append((source, customer))
        by_customer.setdefault(customer, []).append((source, person))
    for name, groups in (("missed", by_person), ("wrong", by_customer)):
        counts: Counter[tuple[str, str]] = Counter()
        for rows in groups.values():
            for place, (one, left) in enumerate(rows):
                for other, right in rows[:place]:
                    if left != right:
                        counts[min(one, other), max(one, other)] += 1
        print(f"  {name}: {dict(counts.most_common(8))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--folder", type=Path, help="keep the shop and its workspace here")
    parser.add_argument("--labels", type=int, default=0, help="pairs to decide by the truth")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = asked.folder or Path(folder)
        truth = root / "exports" / "truth"
        place = Layout(root / "shop")
        if not place.root.exists():
            with timed("simulation"):
                made = simulate(root / "exports", customers=asked.persons, seed=asked.seed)
            with timed("imports"):
                place = workspace(place.root, made)
        with timed("refresh"):
            refresh_workspace(place)
        judge(place, truth)
        if asked.labels:
            label(place, truth, asked.labels)
            with timed("refresh"):
                refresh_workspace(place)
            judge(place, truth)


if __name__ == "__main__":
    main()
