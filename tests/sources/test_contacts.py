"""A customer number does not hide the e-mail and the telephone that stand beside it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from perenne.sources import ReadContext, recognise, stage
from perenne.warehouse import DuckEngine


def staged(
    content: str, folder: Path, table: str, *, preset: str | None = None
) -> list[dict[str, Any]]:
    file = folder / "export.csv"
    file.write_text(content, encoding="utf-8")
    context = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 4, 5, tzinfo=UTC))
    with DuckEngine() as engine:
        found = recognise(file, engine=engine, context=context, preset=preset)
        done = stage(found, engine=engine, context=context, into=folder / "staged")
    return pq.read_table(done.tables[table]).to_pylist() if table in done.tables else []


KINDS = {
    "orders": "N° commande;Date de commande;ID client;E-mail;Téléphone;Montant TTC\n"
    "A1;2026-03-12;K77;camille@x.fr;0671223344;45,00\nA2;2026-03-13;K78;;;46,00\n"
    "A3;2026-03-14;K77;camille@x.fr;0671223344;47,00\n",
    "order_lines": "N° commande;Date de commande;ID client;E-mail;Téléphone;Réf produit;PU TTC\n"
    "A1;2026-03-14;K77;camille@x.fr;0671223344;P1;45,00\n",
    "order_headers": "N° commande;Date de commande;ID client;E-mail;Téléphone;Statut\n"
    "A1;2026-03-14;K77;camille@x.fr;0671223344;payée\n",
    "tickets": "N° ticket;ID client;E-mail;Téléphone;Créé le;Résolu le;Priorité;Statut\n"
    "T1;K77;camille@x.fr;0671223344;2026-03-14;2026-03-15;Haute;Résolu\n",
    "surveys": "ID réponse;ID client;E-mail;Téléphone;Date de réponse;Score NPS\n"
    "r1;K77;camille@x.fr;0671223344;2026-03-14;9\n",
    "events": "Événement;Date;ID client;E-mail;Téléphone\n"
    "page_view;2026-03-14;K77;camille@x.fr;0671223344\n",
    "subscriptions": "N° abonnement;Date de début;ID client;E-mail;Téléphone;Statut\n"
    "S1;2026-03-14;K77;camille@x.fr;0671223344;actif\n",
    "consents": "ID client;E-mail;Téléphone;Consentement;Date du consentement\n"
    "K77;camille@x.fr;0671223344;Oui;2026-03-14\n",
    "unsubscribes": "ID client;E-mail;Téléphone;Date de désinscription\n"
    "K77;camille@x.fr;0671223344;2026-03-14\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_e_mail_and_telephone_beside_an_id_are_told(kind: str, tmp_path: Path) -> None:
    (told,) = staged(KINDS[kind], tmp_path, "customers", preset=kind)
    assert (told["customer_ref"], told["customer_ref_kind"]) == ("K77", "id")
    assert (told["email"], told["phone"]) == ("camille@x.fr", "0671223344")
    assert told["told_on"] == date(2026, 3, 14)


def test_without_an_id_the_telephone_beside_an_e_mail_is_told(tmp_path: Path) -> None:
    content = "N° commande;Date de commande;E-mail;Téléphone;Montant TTC\n" \
        "A1;2026-03-12;camille@x.fr;0671223344;45,00\nA2;2026-03-12;bob@x.fr;;45,00\n"  # fmt: skip
    (told,) = staged(content, tmp_path, "customers")
    assert (told["customer_ref"], told["phone"]) == ("camille@x.fr", "0671223344")


@pytest.mark.parametrize(
    ("cell", "who"),
    [
        ("Camille@x.fr", ("camille@x.fr", "email")),
        ("4711", ("4711", "id")),
        ("K-77", ("K-77", "id")),
        ("Anne Martin", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_column_that_says_customer_is_read_for_what_it_holds(
    cell: str, who: tuple[str | None, str | None], tmp_path: Path
) -> None:
    content = f"Response ID,Customer,Response date,NPS score\nr1,{cell},2026-03-14,9\n"
    (answer,) = staged(content, tmp_path, "surveys")
    assert (answer["customer_ref"], answer["customer_ref_kind"]) == who


def test_a_name_that_is_an_e_mail_is_one(tmp_path: Path) -> None:
    content = "N° commande;Date de commande;Client;Montant TTC\n" \
        "A1;2026-03-12;Anne@x.fr;45,00\nA2;2026-03-12;Anne Martin;45,00\n"  # fmt: skip
    told = [
        (o["customer_ref"], o["customer_ref_kind"]) for o in staged(content, tmp_path, "orders")
    ]
    assert told == [("anne@x.fr", "email"), ("anne martin", "name")]


@pytest.mark.parametrize("step", [1, -1], ids=["oldest first", "newest first"])
def test_since_when_the_same_is_told_is_kept(step: int, tmp_path: Path) -> None:
    head = "N° commande;Date de commande;ID client;E-mail;Téléphone;Montant TTC\n"
    told = ["01-05;0601", "02-10;0601", "03-02;0602", "03-09;0602", "04-01;0601"]
    orders = [
        f"A{n};2026-{day};K7;ann@x.fr;{phone}020304;45,00\n"
        for n, (day, phone) in enumerate(one.split(";") for one in told)
    ]
    rows = staged(head + "".join(orders[::step]), tmp_path, "customers")
    assert {(r["phone"][:4], r["first_told_on"], r["told_on"]) for r in rows} == {
        ("0601", date(2026, 1, 5), date(2026, 2, 10)),
        ("0602", date(2026, 3, 2), date(2026, 3, 9)),
        ("0601", date(2026, 4, 1), date(2026, 4, 1)),
    }


NAMED = {
    "orders": "N° commande;Date de commande;ID client;Nom;Prénom;Téléphone;Montant TTC\n"
    "A1;2026-03-14;K77;Gaudinet;Marie;0671223344;45,00\n",
    "order_lines": "N° commande;Date de commande;ID client;Nom;Prénom;Réf produit;PU TTC\n"
    "A1;2026-03-14;K77;Gaudinet;Marie;P1;45,00\n",
    "order_headers": "N° commande;Date de commande;ID client;Nom;Prénom;Statut\n"
    "A1;2026-03-14;K77;Gaudinet;Marie;payée\n",
    "tickets": "N° ticket;ID client;Nom;Prénom;Créé le;Résolu le;Priorité;Statut\n"
    "T1;K77;Gaudinet;Marie;2026-03-14;2026-03-15;Haute;Résolu\n",
    "surveys": "ID réponse;ID client;Nom;Prénom;Date de réponse;Score NPS\n"
    "r1;K77;Gaudinet;Marie;2026-03-14;9\n",
    "events": "Événement;Date;ID client;Nom;Prénom\npage_view;2026-03-14;K77;Gaudinet;Marie\n",
    "subscriptions": "N° abonnement;Date de début;ID client;Nom;Prénom;Statut\n"
    "S1;2026-03-14;K77;Gaudinet;Marie;actif\n",
}


@pytest.mark.parametrize("kind", NAMED)
def test_names_beside_a_customer_are_told(kind: str, tmp_path: Path) -> None:
    (told,) = staged(NAMED[kind], tmp_path, "customers", preset=kind)
    assert (told["customer_ref"], told["first_name"], told["last_name"]) == (
        "K77",
        "Marie",
        "Gaudinet",
    )


@pytest.mark.parametrize(("client", "name"), [("Marie Gaudinet", "Marie Gaudinet"), ("", None)])
def test_a_whole_name_beside_an_e_mail_is_told(
    client: str, name: str | None, tmp_path: Path
) -> None:
    content = "N° commande;Date de commande;Nom du client;E-mail;Téléphone;Montant TTC\n" \
        f"A1;2026-03-14;{client};marie@x.fr;0671223344;45,00\n"  # fmt: skip
    (told,) = staged(content, tmp_path, "customers")
    assert (told["customer_ref"], told["first_name"]) == ("marie@x.fr", name)
