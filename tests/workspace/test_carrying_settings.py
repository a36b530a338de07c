"""Whatever the settings, a refresh that takes over old orders gives the snapshot of a whole one."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from perenne.workspace import Layout
from tests.cli.files import write
from tests.workspace.growing import assert_like_a_whole_one, carrying, taken
from tests.workspace.shops import bring, computed, new_workspace

FIRST = date(2024, 1, 1)
HEAD = (
    "order_id,order_date,customer_id,email,phone,company,country,currency,status,tags,utm_source,"
    "product_id,product_name,category,quantity,unit_price,discount,tax"
)
KINDS = ("Tea", "Tea sample", "Gift card", "Shipping", "Engraving")
RATES = """
[[rates]]
currency = "USD"
rate = 0.92

[[rates]]
currency = "USD"
rate = 0.95
since = 2024-05-01
"""


def sold(folder: Path, name: str, days: range) -> Path:
    """Lines with all that settings speak of: shared e-mails, companies, currencies, tags, taxes,
    free lines, orders called off, pending or without a customer."""
    rows = []
    for day in days:
        for item in range(3):
            number = 3 * day + item
            draw = random.Random(number)
            who = int(draw.paretovariate(0.9)) % 30
            buyer = f"c{who},c{who}@shop{who % 4}.example,06{who:08},Firm {who % 5}"
            if draw.random() < 0.1:
                buyer = ",,,"
            elif who % 9 == 1:
                buyer = f"c{who},contact@shop.example,+33612345678,"
            status = draw.choice(("paid", "paid", "paid", "paid", "cancelled", "pending"))
            money = draw.choice(("EUR", "EUR", "USD"))
            tags, source = (
                draw.choice(("vip", "gift", "")),
                draw.choice(("influencer", "google", "")),
            )
            for _ in range(draw.randint(1, 3)):
                kind, product = draw.choice(KINDS), draw.randint(1, 9)
                price = 0 if draw.random() < 0.15 else draw.randint(5, 90)
                rows.append(
                    f"O{number},{FIRST + timedelta(days=day)},{buyer},FR,{money},{status},{tags},"
                    f"{source},P{product},{kind} {product},,{draw.randint(1, 3)},{price}.25,"
                    f"{draw.choice((0, 0, 2))},{draw.choice(('', '1.10'))}"
                )
    return write(folder / f"{name}.csv", "\n".join([HEAD, *rows]) + "\n")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Five months of sales, of products whose cost is known for some alone."""
    folder = tmp_path_factory.mktemp("settings")
    place = new_workspace(folder / "shop")
    costs = "".join(f"P{n},Tea {n},Kind {n % 2},{n}.10\n" for n in range(1, 5))
    products = write(folder / "products.csv", f"product_id,product_name,category,cost\n{costs}")
    refunds = "".join(f"r{n},O{n * 9},2024-05-{n % 27 + 1:02},3.20\n" for n in range(40))
    told = write(folder / "refunds.csv", f"refund_id,order_id,refund_date,amount\n{refunds}")
    text = place.settings.read_text(encoding="utf-8").replace(
        'currency = "EUR"', 'currency = "EUR"'
    )
    place.settings.write_text(text + RATES, encoding="utf-8")
    carrying(place)
    bring(place, sold(folder, "lines", range(150)), told)
    bring(place, products, preset="products")
    return place


SETTINGS = {
    "average": '[margin]\nmissing_cost = "average"\n',
    "default": '[margin]\ndefault_rate = 0.4\nmissing_cost = "average"\n',
    "taxes": '[tax]\nprices = "included"\ndefault_rate = 0.2\n',
    "taxes_apart": '[tax]\nprices = "excluded"\n',
    "taxes_shown": "[tax]\ndefault_rate = 0.055\n",
    "cleaning": "[cleaning]\npending_orders = true\ncancelled_orders = false\nsamples = false\n"
    "zero_price_lines = false\nstock_movements = false\ngift_cards = false\n"
    'merge_identical_lines = "merge"\nproduct_patterns = { fee = ["engraving"] }\n',
    "identity": "[identity]\nblocklist = []\nby_phone = false\ncap = 2\n",
    "accounts": "[accounts]\nby_company = true\nby_domain = true\n",
    "channels": '[[channels]]\nchannel = "influence"\nutm_source = "influencers?"\n\n'
    '[[channels]]\nchannel = "presents"\ntag = "gift"\n',
    "metrics": '[metrics]\nreturns_on = "order_day"\ninclude_guests = false\n'
    'inactivity_days = 40\nlifespan = "observed"\n',
    "segments": '[segments]\nscoring = "thresholds"\nhvc_share = 0.1\nmin_customers = 5\n',
    "acquisition": '[acquisition]\nrule = "first_order"\n',
}


def written(place: Layout, text: str) -> None:
    """Set sections of the settings, in the place of those that the template shows."""
    heads = [line for line in text.splitlines() if line.startswith("[") and "[[" not in line]
    old = place.settings.read_text(encoding="utf-8")
    for head in heads:
        _, found, own = text.partition(f"{head}\n")
        if found and f"\n{head}\n" in old:
            old = old.replace(f"\n{head}\n", f"\n{head}\n{own}")
            text = text.replace(f"{head}\n{own}", "")
    place.settings.write_text(f"{old}\n{text}", encoding="utf-8")


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "average" else pytest.mark.long)
        for name in SETTINGS
    ],
)
def test_a_carried_refresh_is_like_a_whole_one(
    setting: str, imported: Layout, tmp_path: Path
) -> None:
    place = Layout(Path(shutil.copytree(imported.root, tmp_path / "shop")))
    written(place, SETTINGS[setting])
    computed(place)
    bring(place, sold(tmp_path, "more", range(150, 157)))
    made = computed(place)
    assert_like_a_whole_one(place, made)
    if setting == "average":
        assert taken(place) == {"whole": "average_cost"}
    else:
        assert "from" in taken(place)
