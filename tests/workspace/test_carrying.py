"""A refresh that takes over what nothing new speaks of gives the snapshot of a whole one."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from perenne.cleaning import Account
from perenne.workspace import Layout, forget_import
from perenne.workspace.batches import list_imports
from perenne.workspace.erasure.jobs import erase
from perenne.workspace.parts import PARTED
from perenne.workspace.snapshots import current, damaged
from tests.cli.files import write
from tests.workspace.growing import (
    FIRST,
    LINES,
    ORDERS,
    Exports,
    assert_like_a_whole_one,
    carrying,
    later,
    taken,
)
from tests.workspace.shops import (
    bring,
    computed,
    new_workspace,
    values,
)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, Exports]:
    """Eight months of sales, computed once."""
    folder = tmp_path_factory.mktemp("carrying")
    exports = Exports(1, folder)
    for day in range(240):
        exports.day(FIRST + timedelta(days=day))
    place = carrying(new_workspace(folder / "shop"))
    names = list(exports.known)
    bring(place, exports.lines(names[:500]), exports.heads(names[500:]))
    computed(place)
    assert taken(place) == {"whole": "first"}
    return place, exports


@pytest.fixture
def mine(grown: tuple[Layout, Exports], tmp_path: Path) -> tuple[Layout, Exports]:
    """A copy of the workspace that a test may change, and more exports of its shop."""
    place, exports = grown
    copy = Layout(Path(shutil.copytree(place.root, tmp_path / "shop")))
    more = Exports(2, tmp_path)
    more.known = dict(exports.known)
    return copy, more


@pytest.mark.slow
def test_new_orders_alone_leave_all_others(mine: tuple[Layout, Exports]) -> None:
    place, exports = mine
    bring(place, exports.lines(later(exports, range(7))))
    made = computed(place)
    assert taken(place) == {"from": "000001-20240827", "until": "2024-08-28"}
    assert_like_a_whole_one(place, made)
    first, second = sorted(place.snapshots.iterdir())
    for name in (*PARTED, "customer_links", "customer_ids"):  # the same file on disk
        part = second / f"{name}.parquet" / "part-000000.parquet"
        assert part.samefile(first / f"{name}.parquet")
    assert not damaged(current(place))


@pytest.mark.long
def test_orders_that_change_are_computed_again_with_all_after_them(
    mine: tuple[Layout, Exports],
) -> None:
    """An order of June is called off, one of July refunded, others told once more."""
    place, exports = mine
    old = [name for name, (on, _who) in exports.known.items() if on >= date(2024, 6, 20)]
    new = later(exports, range(5))
    bring(place, exports.lines([*old[:5], *new], cancelled=frozenset(old[:1])))
    bring(place, exports.heads(old[60:80], refunded=frozenset(old[60:61])))
    made = computed(place)
    assert taken(place)["until"] == "2024-05-20"
    assert_like_a_whole_one(place, made)


REFUNDS = "refund_id,order_id,refund_date,amount"


@pytest.mark.parametrize(
    ("seed", "weeks"),
    [
        pytest.param(0, 3, marks=pytest.mark.long),
        pytest.param(1, 5, marks=pytest.mark.long),
        pytest.param(2, 5, marks=pytest.mark.long),
    ],
)
def test_week_after_week(seed: int, weeks: int, tmp_path: Path) -> None:
    """Whatever the weeks bring: new orders, changed ones, the same file twice, lists of products,
    customers and events, orders without a date whose date comes later."""
    draw = random.Random(seed)
    exports = Exports(seed, tmp_path, heads_later=True)
    place = carrying(new_workspace(tmp_path / "shop"))
    for day in range(300):
        exports.day(FIRST + timedelta(days=day), orders=2)
    names = list(exports.known)
    bring(place, exports.lines(names[:400]), exports.heads(names[400:]))
    customers = "customer_id,email,country\n" + "".join(
        f"c{n},c{n}@mail.example,FR\n" for n in range(40)
    )
    bring(place, write(tmp_path / "customers.csv", customers))
    refunds = "".join(f"r{n},A{n * 7},2024-09-{n % 30 + 1:02},3.20\n" for n in range(60))
    bring(place, write(tmp_path / "refunds.csv", f"{REFUNDS}\n{refunds}"))
    computed(place)
    carried = 0
    for week in range(weeks):
        new = later(exports, range(60 + 7 * week, 67 + 7 * week))
        known = [name for name in exports.known if name not in new]
        again = draw.sample(known[-60:], draw.choice((0, 5, 20)))
        tell = draw.choice((exports.lines, exports.heads))
        bring(place, tell([*again, *new]))
        if week == 1:
            products = "product_id,product_name,category,cost\n" + "".join(
                f"P{n},Tea {n},Green,{n}.10\n" for n in range(10, 14)
            )
            bring(place, write(tmp_path / "products.csv", products), preset="products")
        if week in (1, 2):
            linked = f"customer_id,email,country\nc{20 + week},c{30 - week}@mail.example,FR\n"
            bring(place, write(tmp_path / f"linked-{week}.csv", linked))
        if week == 2:
            bring(place, exports.lines(known[-3:], cancelled=frozenset(known[-2:])))
        if week == 3:
            bring(
                place,
                write(
                    tmp_path / "undated.csv", "order_id,product_id,quantity,unit_price\nZ1,P1,1,5\n"
                ),
            )
        if week == 4:
            bring(place, write(tmp_path / "dated.csv", f"{ORDERS}\nZ1,2024-12-01,c1,BE,5,0,paid\n"))
        if week % 2:
            told = "".join(
                f"s{week}{name},{name},2024-12-{week + 1:02},2\n" for name in known[-9:-5]
            )
            bring(place, write(tmp_path / f"refunds-{week}.csv", f"{REFUNDS}\n{told}"))
        made = computed(place)
        carried += "from" in taken(place)
        assert_like_a_whole_one(place, made)
    assert carried >= weeks - 2


Change = Callable[[Layout, Exports], object]


def settings_changed(place: Layout, exports: Exports) -> None:
    text = place.settings.read_text(encoding="utf-8")
    changed = text.replace("[cleaning]", "[cleaning]\nsamples = false", 1)
    place.settings.write_text(changed, encoding="utf-8")


def import_taken_back(place: Layout, exports: Exports) -> None:
    forget_import(place, list_imports(place)[1].id)


def everything_again(place: Layout, exports: Exports) -> None:
    bring(place, exports.heads(list(exports.known)))


def payment_told(place: Layout, exports: Exports) -> None:
    head = (
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer ID,"
        "Customer Email,Refunded date (UTC)"
    )
    row = 'ch_1,2024-08-20 10:00:00,"12,50","0,00",eur,true,Paid,cus_1,ada@mail.example,'
    file = write(exports.folder / "payments.csv", f"{head}\n{row}\n")
    bring(place, file, preset="stripe_payments")


def credit_note(place: Layout, exports: Exports) -> None:
    who = exports.known["A3"][1]
    rows = [f"R1,2024-08-28,{who},FR,paid,P1,Tea 1,-1,9.25,0,"]
    bring(place, exports._write(LINES, rows))


def many_become_one(place: Layout, exports: Exports) -> None:
    rows = "".join(f"c{n},ada@mail.example\n" for n in range(4))
    bring(place, write(exports.folder / "persons.csv", f"customer_id,email\n{rows}"))


def account_named(place: Layout, exports: Exports) -> None:
    rows = "customer_id,email,account number\nc1,ada@mail.example,acme\n"
    bring(place, write(exports.folder / "persons.csv", rows))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (settings_changed, "settings"),
        (import_taken_back, "imports"),
        (everything_again, "share"),
        pytest.param(payment_told, "payments", marks=pytest.mark.long),
        pytest.param(credit_note, "credit_notes", marks=pytest.mark.long),
        pytest.param(many_become_one, "customers", marks=pytest.mark.long),
        pytest.param(account_named, "attributes", marks=pytest.mark.long),
    ],
)
def test_where_an_old_order_may_come_out_otherwise_all_are_computed(
    change: Change, why: str, mine: tuple[Layout, Exports]
) -> None:
    place, exports = mine
    bring(place, exports.lines(later(exports, range(3))))
    change(place, exports)
    made = computed(place)
    assert taken(place) == {"whole": why}
    assert made.account.balanced
    with pytest.raises(KeyError):
        made.snapshot.manifest["parts"]


def test_an_earlier_day_is_computed_whole(mine: tuple[Layout, Exports]) -> None:
    place, _exports = mine
    made = computed(place, as_of=date(2024, 7, 31))
    assert taken(place) == {"whole": "as_of"}
    assert made.snapshot.as_of == date(2024, 7, 31)


def test_another_code_computes_everything_again(
    mine: tuple[Layout, Exports], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _exports = mine
    published = computed(place).snapshot.id
    assert computed(place).snapshot.id == published
    for module in ("refresh", "carrying"):
        monkeypatch.setattr(f"perenne.workspace.{module}.code_print", lambda: "another")
    made = computed(place)
    assert made.snapshot.id != published
    assert taken(place) == {"whole": "settings"}


@pytest.mark.long
def test_customers_who_are_linked_take_their_orders_along(mine: tuple[Layout, Exports]) -> None:
    """Two customers of old orders turn out to be one: their orders get one customer and one count,
    all others stay; a later refresh cuts even the part that now holds old orders."""
    place, exports = mine
    rows = "customer_id,email\nc20,ada@mail.example\nc31,ada@mail.example\n"
    new = later(exports, range(3))
    bring(place, exports.lines(new), write(exports.folder / "persons.csv", rows))
    made = computed(place)
    assert taken(place)["from"] == "000001-20240827"
    assert [one["mixed"] for one in made.snapshot.manifest["parts"]] == [False, True]
    assert_like_a_whole_one(place, made)
    bring(place, exports.lines(new[:2], cancelled=frozenset(new[:1])))
    assert_like_a_whole_one(place, computed(place))
    assert taken(place)["from"] == made.snapshot.id


@pytest.mark.slow
def test_an_erasure_reaches_every_part(mine: tuple[Layout, Exports]) -> None:
    """A customer of both parts is gone from the new snapshot and from the one it shares files
    with; the next one computes all and balances."""
    place, exports = mine
    new = later(exports, range(7))
    who = exports.known[new[0]][1]
    rows = f"customer_id,email,last name\n{who},zelda.quux@mail.example,Quuxbury\n"
    bring(place, exports.lines(new), write(exports.folder / "persons.csv", rows))
    computed(place)
    assert "from" in taken(place)
    orders = values(place, "orders", "net_revenue")
    done = erase(place, ["zelda.quux@mail.example"])
    assert done.proof is not None
    assert not done.proof.found
    assert values(place, "orders", "net_revenue") == orders
    assert not damaged(current(place))
    bring(place, exports.lines(later(exports, range(7, 9))))
    made = computed(place)
    assert taken(place) == {"whole": "imports"}
    assert made.account.balanced
    assert Account.from_manifest(made.snapshot.manifest["reconciliation"]) == made.account
