"""Real files: counts and control totals against SQL that shares no code with the sources."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources import StagedFile, recognise, stage
from perenne.warehouse import DuckEngine, quote_text
from tests.sources.golden import CONTEXT

Answer = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ask(engine: DuckEngine) -> Answer:
    return lambda sql: engine.duck.execute(sql).fetchall()


def bring(engine: DuckEngine, path: Path, folder: Path) -> StagedFile:
    found = recognise(path, engine=engine, context=CONTEXT)
    return stage(found, engine=engine, context=CONTEXT, into=folder)


def staged(done: StagedFile, table: str) -> str:
    return f"read_parquet({quote_text(str(done.tables[table]))})"


def test_online_retail_rows_amounts_and_kinds(
    engine: DuckEngine, ask: Answer, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "online_retail_2_year1" / "online_retail_II_2009_2010.parquet"
    done = bring(engine, path, tmp_path)
    raw = f"read_parquet({quote_text(str(path))})"
    assert (done.rows, done.counts[0].kept, done.counts[0].quarantined) == (525461, 525461, 0)
    by_month = ask(
        f"SELECT left(InvoiceDate, 7), count(*), "
        f"sum(Quantity * round(Price, 4)::DECIMAL(18, 4)) FROM {raw} GROUP BY 1 ORDER BY 1"
    )
    assert [(c.month, c.rows, c.amount) for c in done.controls] == by_month
    lines = staged(done, "order_lines")
    assert ask(f"SELECT sum(quantity * unit_price), count(customer_ref) FROM {lines}") == [
        (sum(c.amount for c in done.controls), 525461 - 107927)
    ]
    documents = dict(ask(f"SELECT document, count(*) FROM {lines} GROUP BY 1"))
    assert documents["adjustment"] == 3
    assert documents["return"] == ask(f"SELECT count(*) FROM {raw} WHERE Invoice ILIKE 'C%'")[0][0]
    shipping = ask(
        f"SELECT count(*) FROM {raw} WHERE upper(trim(StockCode)) IN ('POST', 'DOT', 'C2', 'C3')"
    )
    assert ask(f"SELECT count(*) FROM {lines} WHERE kind = 'shipping'") == shipping
    assert ask(f"SELECT count(*) FROM {lines} WHERE customer_ref LIKE '%.%'") == [(0,)]


@pytest.mark.parametrize(
    ("name", "rows", "customers"),
    [
        ("cdnow_master.parquet", 69659, 23570),
        ("CDNOW_master.txt.gz", 69659, 23570),
        ("cdnow_sample.parquet", 6919, 2357),
    ],
)
def test_cdnow_rows_and_customers(
    engine: DuckEngine,
    ask: Answer,
    shared_data: Path,
    tmp_path: Path,
    name: str,
    rows: int,
    customers: int,
) -> None:
    done = bring(engine, shared_data / "cdnow" / name, tmp_path)
    assert done.recognition.identical_lines == "keep"
    lines = staged(done, "order_lines")
    assert ask(f"SELECT count(*), count(DISTINCT customer_ref) FROM {lines}") == [(rows, customers)]
    assert ask(f"SELECT min(ordered_on)::VARCHAR, max(ordered_on)::VARCHAR FROM {lines}") == [
        ("1997-01-01", "1998-06-30")
    ]


def test_cdnow_text_and_parquet_are_the_same_rows(
    engine: DuckEngine, ask: Answer, shared_data: Path, tmp_path: Path
) -> None:
    first = bring(engine, shared_data / "cdnow" / "CDNOW_master.txt.gz", tmp_path / "a")
    second = bring(engine, shared_data / "cdnow" / "cdnow_master.parquet", tmp_path / "b")
    columns = "customer_ref, ordered_on, quantity, amount, row_hash"
    a, b = (f"SELECT {columns} FROM {staged(d, 'order_lines')}" for d in (first, second))
    assert ask(f"({a} EXCEPT ALL {b}) UNION ALL ({b} EXCEPT ALL {a})") == []
    assert sum(c.amount for c in first.controls) == Decimal("2500315.63")


@pytest.mark.parametrize(
    ("path", "preset", "table"),
    [
        ("retail_transactions_response/Retail_Data_Transactions.parquet", "orders", "order_lines"),
        ("rfm_package_orders/rfm_data_orders.parquet", "orders", "order_lines customers"),
        ("maven_fuzzy_factory_orders/orders.parquet", "orders", "orders"),
        ("maven_fuzzy_factory_orders/order_items.parquet", "order_lines", "order_lines"),
        ("maven_fuzzy_factory_orders/order_item_refunds.parquet", "refunds", "refunds"),
        ("maven_fuzzy_factory_orders/products.parquet", "products", "products"),
        ("groceries_members/Groceries_dataset.parquet", "order_lines", "order_lines"),
        ("olist_sample/sub_orders.parquet", "olist_orders", "orders"),
        ("olist_sample/sub_order_items.parquet", "olist_items", "order_lines"),
        ("olist_sample/sub_customers.parquet", "olist_customers", "customers"),
        ("acquisition_channel/dbt_attribution_ad_spend.parquet", "costs", "costs"),
        ("connector_formats/shopify_product_csvs/jewelery.csv", "shopify_products", "products"),
    ],
)
def test_recognised_without_a_flag_and_nothing_refused(
    engine: DuckEngine, shared_data: Path, tmp_path: Path, path: str, preset: str, table: str
) -> None:
    done = bring(engine, shared_data / path, tmp_path)
    assert (done.recognition.preset.name, list(done.tables)) == (preset, table.split())
    assert done.counts[0].quarantined == 0
    assert done.counts[0].kept > 0


@pytest.mark.parametrize(
    ("path", "preset", "counts"),
    [
        (
            "saas_customer360_synthetic/support_tickets.parquet",
            "tickets",
            {"events": 599, "surveys": 505},
        ),
        ("saas_customer360_synthetic/usage_events.parquet", "events", {"events": 5000}),
        ("saas_customer360_synthetic/nps.parquet", "surveys", {"surveys": 399}),
        ("saas_customer360_synthetic/contacts.parquet", "customers", {"customers": 1000}),
        ("saas_customer360_synthetic/crm_accounts.parquet", "customers", {"customers": 300}),
        ("events_ecom/events.parquet", "events", {"events": 14362}),
        ("thelook_subset/subset_users.parquet", "customers", {"customers": 1000}),
        ("thelook_subset/subset_products.parquet", "products", {"products": 1000}),
    ],
)
def test_contacts_events_and_answers_are_recognised_whole(
    engine: DuckEngine, shared_data: Path, tmp_path: Path, *, path: str, preset: str, counts: Any
) -> None:
    done = bring(engine, shared_data / path, tmp_path)
    assert done.recognition.preset.name == preset
    assert {count.table: count.kept for count in done.counts} == counts
    assert {count.quarantined for count in done.counts} == {0}


def test_kinds_of_events_are_those_of_the_raw_file(
    engine: DuckEngine, ask: Answer, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "events_ecom" / "events.parquet"
    done = bring(engine, path, tmp_path)
    told = dict(ask(f"SELECT event_text, min(event) FROM {staged(done, 'events')} GROUP BY 1"))
    raw = f"read_parquet({quote_text(str(path))})"
    assert told.keys() == {row[0] for row in ask(f"SELECT DISTINCT event FROM {raw}")}
    assert told == KINDS


KINDS = {
    **dict.fromkeys(("home", "catalog", "account_page", "promo_page", "error_page"), "page_view"),
    **dict.fromkeys(("add_to_cart", "cart"), "cart"),
    **dict.fromkeys(("shipping_details", "payment_details", "checkout_bug"), "checkout"),
    **dict.fromkeys(("compare", "filter_results", "wishlist_add"), "other"),
    "product_view": "product_view",
    "purchase": "purchase",
    "review_page": "page_view",
    "search": "search",
    "support_chat": "ticket",
}


def test_answers_without_a_day_are_refused_and_read_with_one(
    engine: DuckEngine, ask: Answer, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "nps_retail_fr" / "nps_even_ids.parquet"
    with pytest.raises(PerenneError, match="no column for answered"):
        recognise(path, engine=engine, context=CONTEXT, preset="surveys")
    raw = f"read_parquet({quote_text(str(path))})"
    dated = tmp_path / "dated.parquet"
    ask(f"COPY (SELECT *, '2025-10-13' AS jour FROM {raw}) TO {quote_text(str(dated))}")
    found = recognise(
        dated, engine=engine, context=CONTEXT, preset="surveys", mapping={"answered": "jour"}
    )
    done = stage(found, engine=engine, context=CONTEXT, into=tmp_path / "staged")
    (expected,) = ask(
        f"SELECT sum(try_cast(nps AS INT)), count(*) FILTER (nps <> 'NA'), "
        f"count(*) FILTER (satisfaction <> 'NA') FROM {raw}"
    )
    surveys = staged(done, "surveys")
    (answer,) = ask(
        f"SELECT sum(score) FILTER (kind = 'nps'), count(*) FILTER (kind = 'nps'), "
        f"count(*) FILTER (kind = 'csat') FROM {surveys}"
    )
    assert answer == expected
