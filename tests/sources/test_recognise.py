"""Recognition: header and content decide, the name of a file never does."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources import ChannelRule, recognise
from perenne.sources.currencies import in_header
from perenne.sources.headers import key
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT, SHELF, recognised

Write = Callable[..., Path]
BringIn = Callable[..., Any]


@pytest.mark.parametrize("file", recognised(), ids=lambda f: f"{f.parts[-3]}/{f.name}")
def test_the_name_of_a_file_does_not_matter(engine: DuckEngine, tmp_path: Path, file: Path) -> None:
    copy = tmp_path / "shopify_orders_meta_ads.bin"
    shutil.copyfile(file, copy)
    assert recognise(copy, engine=engine, context=CONTEXT).preset.name == file.parts[-3]


def test_recognition_says_what_it_found_and_what_it_will_do(engine: DuckEngine) -> None:
    file = SHELF / "orders" / "golden" / "commandes.csv"
    found = recognise(file, engine=engine, context=CONTEXT)
    assert 0.5 < found.confidence <= 1
    assert found.columns["order_id"] == "N° commande"
    assert "N° commande" in found.reasons[0]
    said = "\n".join(found.plan)
    assert "Write the staged tables orders, customers." in said
    assert "“Date de commande” as DD/MM/YYYY HH:MM" in said
    assert "Europe/Paris" in said
    assert "decimal comma" in said


def test_a_table_of_the_same_header_with_other_content_is_not_that_preset(
    engine: DuckEngine, write: Write
) -> None:
    text = "customer_id,date,num_cds,dollar_value\nalice@x.org,2024-01-02,1,3\n"
    with pytest.raises(PerenneError):
        recognise(write(text), engine=engine, context=CONTEXT)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unsubscribed.csv", "email\nanne@x.org\nbob@x.org\n"),
        ("Désabonnés 2025.csv", "E-mail;Prénom\nanne@x.org;Anne\n"),
        ("optout.csv", "phone,city\n0612345678,Lyon\n"),
    ],
)
def test_a_list_named_after_people_who_left_is_asked_about(
    engine: DuckEngine, tmp_path: Path, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PerenneError, match="people who unsubscribed") as caught:
        recognise(path, engine=engine, context=CONTEXT)
    assert caught.value.allowed == ("unsubscribes", "customers")
    assert "--source unsubscribes or --source customers" in str(caught.value)
    for preset, table in (("unsubscribes", "consents"), ("customers", "customers")):
        found = recognise(path, engine=engine, context=CONTEXT, preset=preset)
        assert found.tables == (table,)


@pytest.mark.parametrize(
    ("name", "text", "preset"),
    [
        ("subscribers.csv", "email\nanne@x.org\nbob@x.org\n", "customers"),
        ("unsubscribed.csv", "email,unsubscribed at\nanne@x.org,2025-06-13\n", "consents"),
        ("desabonnes.csv", "email,nom,désabonné\nanne@x.org,A,oui\n", "customers"),
        ("bounces.csv", "Email,Reason,Timestamp\na@x.org,HARD_BOUNCE,2025-06-13\n",
         "klaviyo_suppressions"),
        ("optouts.csv", "order_id,order_date,email,total\n1,2025-06-13,anne@x.org,3\n", "orders"),
    ],
)  # fmt: skip
def test_where_columns_speak_the_name_of_a_file_is_not_asked(
    engine: DuckEngine, tmp_path: Path, name: str, text: str, preset: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert recognise(path, engine=engine, context=CONTEXT).preset.name == preset


def test_two_presets_that_fit_alike_are_asked_about(engine: DuckEngine, write: Write) -> None:
    text = "date,montant,canal,client\n13/01/2025,4,email,Anne\n"
    with pytest.raises(PerenneError) as caught:
        recognise(write(text), engine=engine, context=CONTEXT)
    assert "could be any of" in str(caught.value)
    assert len(caught.value.allowed) > 1
    assert f"--source {caught.value.allowed[0]}" in caught.value.next_step


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("customer_id,trans_date,tran_amount", "CS1,14-Jan-15,39", "orders"),
        (
            "customer_id,order_date,revenue,first_name,last_name,email",
            "A B,2004-12-20,32,A,B,a@b.c",
            "orders",
        ),
        (
            "order_id,created_at,user_id,items_purchased,price_usd,cogs_usd",
            "1,2012-03-19 10:42:46,20,1,49.99,19.49",
            "orders",
        ),
        (
            "order_item_id,created_at,order_id,product_id,price_usd,cogs_usd",
            "1,2012-03-19 10:42:46,1,1,49.99,19.49",
            "order_lines",
        ),
        (
            "order_item_refund_id,created_at,order_item_id,order_id,refund_amount_usd",
            "1,2012-04-06 11:32:43,57,57,49.99",
            "refunds",
        ),
        ("Member_number,Date,itemDescription", "1808,21-07-2015,whole milk", "order_lines"),
        (
            "ID;Référence;Client;Total;Paiement;État;Date",
            "7;XKBKNABJK;A. Martin;44,90 €;CB;Livré;26/10/2025 14:05",
            "orders",
        ),
        ("E-mail;Nom;Newsletter", "a@b.fr;Martin;oui", "customers"),
        ("E-mail;Newsletter", "a@b.fr;oui", "consents"),
        ("Record ID,First Name,Email,Unsubscribed from all email", "1,A,a@b.c,true", "customers"),
        ("E-mail;Nom;Consentement;Date du consentement", "a@b.fr;Roy;oui;01/02/2025", "consents"),
        ("E-mail;Désabonné le", "a@b.fr;01/02/2025", "consents"),
        ("Date;E-mail;Note (0-10);Commentaire", "01/02/2025;a@b.fr;9;", "surveys"),
        (
            "Customer ID,First Name,Last Name,Email,Total Spent,Total Orders,Phone",
            "'71,A,B,a@b.c,3,1,'+33612",
            "customers",
        ),
        ("Date;Levier;Dépenses", "13/10/2025;SEA;120", "costs"),
        ("Code article;Libellé;Prix d'achat", "A1;Savon;3,10", "products"),
    ],
)
def test_generic_headers(
    engine: DuckEngine, write: Write, header: str, row: str, expected: str
) -> None:
    found = recognise(write(f"{header}\n{row}\n"), engine=engine, context=CONTEXT)
    assert found.preset.name == expected


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Tél. portable", "phone"),
        ("Téléphone portable", "phone"),
        ("Tél. fixe", "phone"),
        ("Cell phone", "phone"),
        ("Date naissance", "birth"),
        ("Né(e) le", "birth"),
        ("Adresse postale", "address"),
        ("Nom société", "company"),
        ("Forename", "first_name"),
    ],
)
def test_what_lists_of_customers_call_their_columns(
    engine: DuckEngine, write: Write, header: str, field: str
) -> None:
    cell = {"phone": "06 12 34 56 78", "birth": "13/03/1987"}.get(field, "Zoé")
    text = f"ID client;Adresse électronique;{header}\nC1;a@b.fr;{cell}\n"
    found = recognise(write(text), engine=engine, context=CONTEXT)
    assert found.preset.name == "customers"
    assert found.columns["email"] == "Adresse électronique"
    assert found.columns[field] == header


def test_a_mobile_number_comes_before_the_one_at_home(engine: DuckEngine, write: Write) -> None:
    text = "ID client;Nom;Tél. fixe;Tél. portable\nC1;Roy;01 23 45 67 89;06 12 34 56 78\n"
    found = recognise(write(text), engine=engine, context=CONTEXT)
    assert found.columns["phone"] == "Tél. portable"


def test_columns_are_mapped_by_hand(write: Write, bring_in: BringIn) -> None:
    text = "Bon;Quand;Qui;Combien\n7;13/10/2025;c1;3,50\n"
    mapping = {"order_id": "Bon", "ordered": "quand", "customer_id": "Qui", "amount": "Combien"}
    outcome = bring_in(write(text), preset="orders", mapping=mapping)
    (order,) = outcome.tables["orders"]
    assert (order["source_order_id"], order["total"], order["customer_ref"]) == ("7", "3.5", "c1")


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("N° de commande", "n de COMMANDE"),
        ("Référence_Commande", "reference commande"),
        ("CustomerID", "customer id"),
        ("Début des rapports", "Debut des  rapports"),
    ],
)
def test_headers_are_alike_whatever_accents_case_and_punctuation(name: str, alias: str) -> None:
    assert key(name) == key(alias)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Amount spent (EUR)", "EUR"),
        ("Montant dépensé (CHF)", "CHF"),
        ("price_usd", "USD"),
        ("Montant €", "EUR"),
        ("Total TTC", None),
        ("Montant HT", None),
        ("SKU", None),
    ],
)
def test_a_header_may_name_its_currency(name: str, code: str | None) -> None:
    assert in_header(name) == code


SHOPIFY = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Note Attributes,Tags\n"
)


@pytest.mark.parametrize(
    ("attributes", "tags", "channel"),
    [
        ("utm_source: google / utm_medium: cpc", "", "google_ads"),
        ("utm_source: Klaviyo", "", "email"),
        ("", "vip, salon 2025", "salon"),
        ("utm_source: google", "salon 2025", "salon"),
        ("", "vip", None),
        ("utm_source: unheard_of", "", None),
    ],
)
def test_channel_comes_from_attributes_and_tags(
    write: Write, bring_in: BringIn, attributes: str, tags: str, channel: str | None
) -> None:
    rules = (ChannelRule("salon", tag=r"salon \d+"),)
    row = f'#1,a@b.c,paid,EUR,8,0,0,8,2025-11-02 10:00:00 +0100,1,Savon,8,{attributes},"{tags}"\n'
    outcome = bring_in(write(SHOPIFY + row), context=replace(CONTEXT, channel_rules=rules))
    assert outcome.tables["orders"][0].get("channel") == channel
    assert outcome.done.unknown_channel_share == (1.0 if channel is None else 0.0)


def test_an_order_exported_twice_into_one_file_is_staged_twice(
    write: Write, bring_in: BringIn
) -> None:
    row = "#1,a@b.c,paid,EUR,8,0,0,8,2025-11-02 10:00:00 +0100,1,Savon,8,,\n"
    outcome = bring_in(write(SHOPIFY + row * 2))
    assert len(outcome.tables["orders"]) == 2
    totals = [c.amount for c in outcome.done.controls if c.table == "orders"]
    assert totals == [16]


CONNECTOR = "id,name,email,_fivetran_synced\n1,Anne,a@b.c,2025-07-14 07:46:12\n"


def test_a_refusal_says_why_and_what_to_import_and_naming_a_generic_preset_overrules_it(
    engine: DuckEngine, write: Write
) -> None:
    path = write(CONNECTOR)
    with pytest.raises(PerenneError, match="one table among many") as caught:
        recognise(path, engine=engine, context=CONTEXT)
    assert caught.value.given == "connector_tables"
    assert "--source" in caught.value.next_step
    found = recognise(path, engine=engine, context=CONTEXT, preset="customers")
    assert found.preset.name == "customers"


def test_naming_a_preset_that_only_refuses_refuses(engine: DuckEngine, write: Write) -> None:
    with pytest.raises(PerenneError, match="no e-mail address"):
        recognise(write(CONNECTOR), engine=engine, context=CONTEXT, preset="woocommerce_analytics")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id,name,updated_at", "1,Soldes,2025-07-14"),
        ("date,clicks,impressions,spend,revenue", "2025-07-14,3,500,12.5,80"),
    ],
)
def test_a_list_of_anything_is_no_list_of_customers_products_or_orders(
    engine: DuckEngine, write: Write, header: str, row: str
) -> None:
    with pytest.raises(PerenneError, match="does not recognise"):
        recognise(write(f"{header}\n{row}\n"), engine=engine, context=CONTEXT)


CONTACTS = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Accepts SMS Marketing,"
CONTACTS += "Total Spent,Total Orders,Tax Exempt\n"


@pytest.mark.parametrize(("others", "doubted"), [("yes", True), ("no", False)])
def test_a_column_that_is_all_yes_is_pointed_out_and_kept(
    write: Write, bring_in: BringIn, others: str, doubted: bool
) -> None:
    rows = [f"{n},A,B,a{n}@b.c,{'yes' if n else others},no,0,0,no\n" for n in range(25)]
    outcome = bring_in(write(CONTACTS + "".join(rows)))
    notes = [note for note in outcome.done.notes if "25 consents for email" in note]
    assert len(notes) == doubted
    assert len(outcome.tables["consents"]) == 50


@pytest.mark.parametrize(
    ("created", "day", "instant"),
    [
        ("2025-06-30 22:30:00", "2025-07-01", "2025-06-30T22:30:00+00:00"),
        ("2025-12-31 22:59", "2025-12-31", "2025-12-31T22:59:00+00:00"),
        ("2025-12-31 23:01", "2026-01-01", "2025-12-31T23:01:00+00:00"),
        ("2025-07-01", "2025-07-01", "2025-06-30T22:00:00+00:00"),
    ],
)
def test_times_that_a_platform_writes_in_utc_fall_on_the_local_day(
    write: Write, bring_in: BringIn, *, created: str, day: str, instant: str
) -> None:
    header = "id,Created (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer ID\n"
    outcome = bring_in(write(f"{header}ch_1,{created},5,0,eur,true,Paid,cus_1\n"))
    (order,) = outcome.tables["orders"]
    assert (order["ordered_on"], order["ordered_at"]) == (day, instant)
    (control,) = outcome.done.controls
    assert control.month == day[:7]


def test_a_file_of_this_kind_is_told_by_a_name_like_it(write: Write, bring_in: BringIn) -> None:
    text = "RecordedDate,ResponseId,Finished,Q7 recommend\n2025-10-13,R_1,True,9\n"
    (answer,) = bring_in(write(text)).tables["surveys"]
    assert (answer["kind"], answer["score"]) == ("nps", "9")
