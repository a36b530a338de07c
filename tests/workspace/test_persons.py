"""One customer as one record: found, told with sources, as of a day, masked, and handed over."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest

import perenne as pn
from perenne.core import PerenneError
from perenne.reports import PersonRecord, json_schema
from perenne.reports.person.meanings import TABLES, column_meaning, table_meaning
from perenne.text import use_language
from perenne.warehouse import STAGED
from perenne.workspace import Layout, Shop
from tests.workspace.persons import ANNE, AS_OF, FORMULA, SCRIPT, bare_workspace, persons_workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return persons_workspace(tmp_path_factory.mktemp("persons"))


@pytest.fixture(scope="module")
def shop(place: Layout) -> Iterator[Shop]:
    with pn.open(place.root) as opened:
        yield opened


@pytest.fixture(scope="module")
def anne(shop: Shop) -> PersonRecord:
    return shop.person(ANNE, personal=True)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pn.open(bare_workspace(tmp_path_factory.mktemp("bare")).root) as opened:
        yield opened


@pytest.mark.parametrize(
    "words",
    [
        "ANNE.Martin@example.org ",
        "klaviyo:01AAA",
        "01AAA",
        "files:cards:42",
        "0612345678",
        "+33 6 12 34 56 78",
        "0033 6.12.34.56.78",
        f"shopify:{ANNE}",
    ],
)
def test_any_id_email_or_telephone_finds_the_customer(
    shop: Shop, anne: PersonRecord, words: str
) -> None:
    assert shop.person(words).customer_id == anne.customer_id


def test_a_former_id_leads_to_the_customer_of_today_and_says_so(
    shop: Shop, anne: PersonRecord
) -> None:
    former = anne.identity.former_ids
    assert len(former) == 3
    found = shop.person(former[0])
    assert (found.customer_id, found.asked_id) == (anne.customer_id, former[0])
    assert f"{former[0]} is a former id" in found.html()
    assert shop.person(anne.customer_id).asked_id is None


def test_several_customers_are_listed_without_a_name(shop: Shop) -> None:
    with pytest.raises(PerenneError, match="“42” may be 2 customers") as refusal:
        shop.person("42")
    assert len(refusal.value.allowed) == 2
    text = str(refusal.value)
    assert all(one in text for one in (*refusal.value.allowed, "files:cards", "files:partners"))
    assert "MARTIN" not in text
    assert "luc@" not in text
    with use_language("fr"), pytest.raises(PerenneError, match="peut désigner 2 clients"):
        shop.person("42")


@pytest.mark.parametrize("words", ["nobody@example.org", "0" * 32, "99", "", "+33600000000"])
def test_nobody_is_refused_with_the_next_step(shop: Shop, words: str) -> None:
    with pytest.raises(PerenneError, match="Nobody in snapshot") as refusal:
        shop.person(words)
    assert "SOURCE:ID" in refusal.value.next_step
    with use_language("fr"), pytest.raises(PerenneError, match="Personne n’est"):
        shop.person(words)


def test_each_field_has_its_source_and_those_who_disagree(anne: PersonRecord) -> None:
    fields = {one.name: one for one in anne.contact}
    family = fields["last_name"]
    assert (family.told.value, family.told.source) == ("Martin-Duval", "klaviyo")
    assert (family.told.file, family.told.row) == ("profiles.csv", 2)
    assert [(one.value, one.source) for one in family.others] == [("MARTIN", "files:cards")]
    assert (fields["phone"].told.value, fields["phone"].told.source) == (
        "06 12 34 56 78",
        "files:cards",
    )
    assert not fields["email"].others  # they differ in letter case alone
    assert [(one.value, one.source) for one in fields["city"].others] == [("Paris", "files:cards")]


def test_records_say_what_links_them_and_since_when(anne: PersonRecord) -> None:
    told = {(one.source, one.source_id): one for one in anne.identity.records}
    assert set(told) == {
        ("files:cards", "42"),
        ("shopify", ANNE),
        ("files", ANNE),
        ("klaviyo", ANNE),
        ("klaviyo", "01AAA"),
    }
    klaviyo = told["klaviyo", "01AAA"]
    assert (klaviyo.seen_since, klaviyo.linked_since, klaviyo.probability) == (2, 2, 1.0)
    assert told["shopify", ANNE].seen_since == 1
    assert {told[key].rule for key in told} == {"source_id", "email"} or len(told) == 5
    assert anne.identity.known_since == date(2024, 1, 2)


def test_figures_are_those_of_the_marts_and_of_the_compiler(shop: Shop, anne: PersonRecord) -> None:
    found = {one.name: one.value for one in anne.facts}
    # 20 + 50 + 30 bought, 10 given back; the voided order and the one of 2026 do not count.
    assert found["orders"] == 3
    assert found["net_revenue"] == found["historical_clv"] == Decimal(90)
    assert float(found["average_order_value"]) == pytest.approx(100 / 3)
    assert found["historical_clv_12m"] == Decimal(70)
    assert (found["first_order_on"], found["tenure_days"]) == (date(2024, 3, 5), 666)
    (row,) = [one for one in shop.customers().rows() if one["customer_id"] == anne.customer_id]
    assert found["net_revenue"] == row["revenue"]
    assert {one.source for one in anne.facts if one.name == "orders"} == {"metric orders"}
    assert anne.standing is not None
    assert anne.standing.segment == row["segment"]
    margin = next(one for one in anne.facts if one.name == "margin")
    assert margin.value is None
    assert "cost of goods is unknown" in (margin.note or "")


def test_consents_stand_with_source_time_and_proof(shop: Shop, anne: PersonRecord) -> None:
    stands = {(one.channel, one.purpose): one for one in anne.consents}
    assert stands["email", "marketing"].status == "subscribed"
    assert stands["email", "marketing"].source == "klaviyo"
    sms = stands["sms", "marketing"]
    assert (sms.status, sms.said_on, sms.origin) == ("unsubscribed", date(2025, 9, 22), "STOP")
    assert ("post", "marketing") not in stands  # given in 2026
    assert ("phone", "marketing") not in stands  # nobody said anything: unknown stays unknown
    bob = shop.person("bob@example.org")
    assert [one.suppressed for one in bob.consents] == [True]
    assert "Suppressed: nothing may be sent" in bob.html()


def test_timeline_is_newest_first_and_knows_nothing_of_later(anne: PersonRecord) -> None:
    entries = anne.timeline.entries
    assert [one.on for one in entries] == sorted((one.on for one in entries), reverse=True)
    assert max(one.on for one in entries) <= AS_OF
    told = [(one.kind, one.on) for one in entries]
    assert told.count(("order", date(2025, 6, 10))) == 1
    assert ("refund", date(2025, 6, 10)) in told
    assert ("order_set_aside", date(2025, 11, 3)) in told
    assert ("survey", date(2025, 11, 23)) in told
    assert ("consent", date(2024, 3, 25)) in told  # the word given, then the word taken back
    assert ("consent", date(2025, 9, 22)) in told
    assert ("subscription_cancelled", date(2024, 6, 23)) in told
    assert [one.plan for one in anne.subscriptions if one.status == "active"] == ["Box thé"]
    assert "2026" not in anne.to_json().replace("2026-01-15T12", "")


def test_times_are_local(anne: PersonRecord) -> None:
    page = anne.html()
    assert re.search(r"10 Jun 2025</b> <span>23:30</span>", page)
    assert "Times are those of Europe/Paris" in page


def test_pages_seen_in_a_day_are_one_entry_unless_all_are_asked_for(shop: Shop) -> None:
    folded = [one for one in shop.person(ANNE).timeline.entries if one.code == "page_view"]
    assert [(one.on.day, one.count) for one in folded] == [(26, 1), (25, 40)]
    every = shop.person(ANNE, every_event=True).timeline
    assert sum(one.code == "page_view" for one in every.entries) == 41
    assert not every.folded


def test_a_limit_says_what_it_leaves_out(shop: Shop, anne: PersonRecord) -> None:
    short = shop.person(ANNE, limit=2)
    assert short.timeline.left_out == len(anne.timeline.entries) - 2
    assert short.timeline.days == anne.timeline.days  # the drawing stays whole
    assert f"{short.timeline.left_out} older entries are not shown" in short.html()


def test_masked_by_default(shop: Shop) -> None:
    masked = shop.person(ANNE)
    told = masked.to_json() + masked.html()
    secrets = (ANNE, "Anne", "MARTIN", "Duval", "06 12", "Lilas", "01AAA", "Merci", "Lyon")
    for secret in secrets:
        assert not re.search(rf"\b{re.escape(secret)}\b", told, re.I), secret
    assert "a•••@e•••.org" in told
    assert masked.consents[1].origin == "STOP"
    proofs = [one.reason for one in masked.timeline.entries if one.kind == "consent"]
    assert "Formulaire de caisse" in proofs
    assert not masked.personal


def test_page_is_self_contained_and_escapes_what_it_shows(anne: PersonRecord) -> None:
    for language in ("en", "fr"):
        page = anne.html(language=language)
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert not re.search(r"(?:src|href|action|url)\s*[=(]\s*[\"']?(?:https?:)?//", page)
        assert "default-src 'none'" in page
        assert f'<html lang="{language}">' in page
    assert "What is expected" not in anne.html(language="fr")
    assert "srcdoc=" in anne._repr_html_()
    assert "sandbox" in anne._repr_html_()


def test_json_comes_back_whole_and_keeps_its_schema(shop: Shop, anne: PersonRecord) -> None:
    for record in (anne, shop.person(ANNE, limit=3)):
        assert PersonRecord.from_json(record.to_json()) == record
        assert json.loads(record.to_json()) == record.values()
        jsonschema_rs.validate(json_schema(), record.values())
    assert anne.values()["schema"] == "perenne/person/1"
    assert repr(anne).startswith(f"PersonRecord({anne.customer_id}, 3 orders")


def test_a_shop_of_orders_alone_says_what_is_missing(bare: Shop) -> None:
    found = bare.person("c1")
    assert found.missing == {
        "contact": "not_imported",
        "consents": "not_imported",
        "subscriptions": "not_imported",
        "surveys": "not_imported",
        "costs": "not_imported",
        "events": "not_imported",
        "prediction": "not_computed",
    }
    for language, sentence in (("en", "No contacts are imported"), ("fr", "Aucune coordonnée")):
        assert sentence in found.html(language=language)


def test_a_person_who_never_ordered_is_a_prospect(shop: Shop) -> None:
    zoe = shop.person("07 81 22 33 44")
    assert zoe.standing is None
    assert zoe.missing["facts"] == "not_ordered"
    assert "Prospect" in zoe.html()


def test_archive_holds_everything_and_nobody_else(
    shop: Shop, anne: PersonRecord, tmp_path: Path
) -> None:
    done = shop.export_person(ANNE, tmp_path / "anne.zip")
    assert done.notes == ()
    with zipfile.ZipFile(tmp_path / "anne.zip") as archive:
        files = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert set(files) == set(done.files)
    assert {"README.md", "LISEZMOI.md", "person.json", "contacts.csv", "orders.csv"} <= set(files)
    assert {"imports/consents.csv", "customer_links.csv", "segments.csv"} <= set(files)
    everything = "".join(files.values())
    for other in ("bob@", "luc@", "zoe@", "LEROY", "NGUYEN"):
        assert other not in everything
    values = json.loads(files["person.json"])
    assert values["record"]["personal"] is True
    assert len(values["tables"]["events"]) == 42
    # Rows of the imports stand whole, those of later days as well.
    assert "2026-01-13" in files["imports/consents.csv"]
    assert "2026-01-13" not in files["consents.csv"]
    orders = list(csv.DictReader(io.StringIO(files["orders.csv"])))
    assert sum(Decimal(row["net"]) for row in orders if row["is_purchase"] == "true") == 100


def test_archive_cells_are_no_formulas(shop: Shop, tmp_path: Path) -> None:
    shop.export_person(ANNE, tmp_path / "anne.zip")
    with zipfile.ZipFile(tmp_path / "anne.zip") as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("contacts.csv").decode())))
        values = json.loads(archive.read("person.json"))
    assert {row["company"] for row in rows} == {"", "'" + FORMULA}
    assert FORMULA in {row["company"] for row in values["tables"]["contacts"]}


def test_archive_is_the_same_bytes_and_private(shop: Shop, tmp_path: Path) -> None:
    one, other, folder = tmp_path / "one.zip", tmp_path / "other.zip", tmp_path / "folder"
    shop.export_person(ANNE, one)
    with use_language("fr"):
        shop.export_person("klaviyo:01AAA", other)
    assert one.read_bytes() == other.read_bytes()
    assert stat.S_IMODE(one.stat().st_mode) == 0o600
    files = shop.export_person(ANNE, folder).files
    with zipfile.ZipFile(one) as archive:
        assert all((folder / name).read_bytes() == archive.read(name) for name in files)
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in files} == {0o600}
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(PerenneError, match="holds other files"):
        shop.export_person(ANNE, folder)


def test_readme_describes_every_file_and_column_in_both_languages(shop: Shop) -> None:
    described = set(TABLES) & set(shop.tables)
    columns = [(name, column) for name in described for column in shop.tables[name].columns]
    columns += [
        (f"imports/{name}", column)
        for name in STAGED
        if f"imports/{name}" in TABLES
        for column in STAGED[name].names
    ]
    assert len(columns) > 200
    english = {key: column_meaning(*key) for key in columns}
    assert not [key for key, text in english.items() if not text]
    with use_language("fr"):
        assert all(table_meaning(name) for name in TABLES)
        same = {text for key, text in english.items() if column_meaning(*key) == text}
    assert same <= {"E-mail.", "Taxes."}


def test_archive_says_which_imports_it_lacks(tmp_path: Path) -> None:
    from tests.cli.files import write
    from tests.workspace.shops import bring

    place = bare_workspace(tmp_path)
    bring(
        place,
        write(tmp_path / "more.csv", "order_id,order_date,customer_id,total\nB1,2024-08-03,c1,5\n"),
    )
    with pn.open(place.root) as shop:
        notes = shop.export_person("c1", tmp_path / "c1.zip").notes
    assert len(notes) == 1
    assert "1 import is not in this snapshot" in notes[0]
