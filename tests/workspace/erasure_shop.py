"""A shop of several systems whose customer Élodie asks to be forgotten, and a search of every byte
of a workspace that shares no code with the product's own."""

from __future__ import annotations

import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from perenne.workspace import Layout
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, without_models

ADDRESS = "elodie.muller+promo@exemple.fr"
# Élodie as her shop, card and newsletter write her; each must be gone, however it is written.
TRACES = (
    ADDRESS,
    "elodie.muller@exemple.fr",
    "0647215893",
    "647215893",
    "Müller-Petit",
    "Élodie",
    "01ELODIE77",
    "carte-40077",
    "VIP d'Élodie",
    "203.0.113.77",
)
OTHERS = ("marc.petit@exemple.fr", "12 bis rue des Tilleuls", "Marc", "0658314207")
_ORDERS = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,"
    "Billing City,Billing Zip,Billing Country,Billing Phone,Notes,Cancelled at,Refunded Amount,Id,"
    "Discount Code"
)
PEOPLE = {
    "a": (ADDRESS, "Élodie Müller-Petit", "12 bis rue des Tilleuls", "+33 6 47 21 58 93"),
    "b": ("marc.petit@exemple.fr", "Marc Petit", "12 bis rue des Tilleuls", "+33 6 58 31 42 07"),
    "c": ("chloe@exemple.fr", "Chloé Durand", "3 place Royale", ""),
    "d": ("driss@exemple.fr", "Driss Amar", "8 quai Nord", "+33 6 71 93 20 46"),
}


def order(number: int, who: str, day: date) -> str:
    email, name, street, phone = PEOPLE[who]
    note = f"rappeler {phone or name}"
    net = 20 + number
    return (
        f"#{number},{email},paid,EUR,{net}.00,0.00,0.00,{net}.00,{day} 10:00:00 +0100,1,Savon,"
        f'{net}.00,SAV,{name},{street},Nantes,\'44000,FR,"{phone}",{note},,0.00,{9000 + number},'
        f"{'BIENVENUE' if who == 'a' else ''}"
    )


def shopify_orders() -> str:
    start = date(2024, 1, 5)
    buyers = "abcdabdacbadbcab"
    rows = [order(1001 + n, who, start + timedelta(days=23 * n)) for n, who in enumerate(buyers)]
    return "\n".join([_ORDERS, *rows]) + "\n"


def shopify_customers() -> str:
    head = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address Address1,Default Address City,Default Address Country Code,"
        "Default Address Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,"
        "Tags"
    )
    rows = [
        f"'70{n}5550{n},{name.split()[0]},{name.split()[1]},{email},yes,,{street},Nantes,FR,'44000,"
        f"'{phone.replace(' ', '')},no,100.00,3,,no,\"VIP d'{name.split()[0]}\""
        for n, (email, name, street, phone) in enumerate(PEOPLE.values())
    ]
    return "\n".join([head, *rows]) + "\n"


def klaviyo_profiles() -> str:
    head = (
        "Email,Klaviyo ID,First Name,Last Name,Organization,Title,Phone Number,Address,Address 2,"
        "City,State / Region,Country,Zip Code,Latitude,Longitude,Source,IP Address,"
        "Email Marketing Consent,Email Marketing Consent Timestamp,SMS Marketing Consent,"
        "Historic Customer Lifetime Value,Predicted Customer Lifetime Value,"
        "Predicted Number Of Orders,First Active,Last Active,Profile Created On,Date Added,Lists"
    )
    rows = [
        f"{email.upper() if who == 'a' else email},"
        f"01{'ELODIE77' if who == 'a' else who.upper() * 8},{name.split()[0]},"
        f"{name.split()[1]},,,'{phone.replace(' ', '')},,,Nantes,Pays de la Loire,France,'44000,,,"
        f"Popup été,203.0.113.77,SUBSCRIBED,2024-03-12 22:30:00,,45.00,20.00,1,"
        '2024-03-12,2025-01-01 08:00:00,2024-03-12 22:30:00,2024-03-12,"[""Newsletter""]"'
        for who, (email, name, _street, phone) in PEOPLE.items()
    ]
    return "\n".join([head, *rows]) + "\n"


CARDS = """ID client;Nom;Prénom;E-mail;Téléphone;Adresse;Code postal;Ville
carte-40077;Müller-Petit;Élodie;elodie.muller@exemple.fr;06 47 21 58 93;12 bis rue des Tilleuls;;
carte-40078;Petit;Marc;;06 58 31 42 07;12 bis rue des Tilleuls;44000;
carte-40079;Durand;Chloé;chloe@exemple.fr;;3 place Royale;44000;
"""
TILL = """order_id,order_date,customer_id,total
T1,2024-02-02,carte-40077,30.10
T2,2024-03-02,carte-40078,12.40
T3,2024-05-09,carte-40079,19.90
T4,2024-08-17,carte-40077,7.35
T5,voir elodie.muller+promo@exemple.fr,carte-40077,9.00
T6,2024-09-01,carte-40078,pas de montant
"""
EVENTS = """ID événement;E-mail;Événement;Date de l'événement;Canal;Session;Valeur
e1;elodie.muller+promo@exemple.fr;Ajout au panier;26/10/2024 02:30;email;s-elodie;12,50
e2;marc.petit@exemple.fr;Clic dans l'e-mail;27/10/2024 09:00;email;s-marc;
e3;elodie.muller+promo@exemple.fr;Clic dans l'e-mail;28/10/2024 09:00;email;s-elodie;
"""
CONSENTS = """E-mail;Canal;Finalité;Consentement;Date du consentement;Source du consentement;Preuve
ELODIE.MULLER+PROMO@exemple.fr;E-mail;Prospection;Oui;13/03/2024 10:15;Formulaire d'Élodie;texte v3
marc.petit@exemple.fr;SMS;Prospection;Désabonné;02/04/2024;;
"""
SURVEYS = [
    ["ID réponse", "E-mail", "Date de réponse", "Score NPS", "Commentaire"],
    ["r1", ADDRESS, "2024-11-23", 9, "Merci, Élodie Müller-Petit"],
    ["r2", "marc.petit@exemple.fr", "2024-11-24", 4,
     "Vu avec Elodie MULLER PETIT (elodie.muller%2Bpromo%40exemple.fr, 06.47.21.58.93)"],
    ["r3", "chloe@exemple.fr", "2024-11-25", 10, "Parfait"],
]  # fmt: skip


def _book(rows: Iterable[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def exports(folder: Path) -> list[tuple[Path, str | None]]:
    """Files and the store that each is of."""
    return [
        (write(folder / "orders.csv.gz", gzip.compress(shopify_orders().encode(), mtime=0)), None),
        (write(folder / "customers.csv", shopify_customers()), None),
        (write(folder / "profiles.csv", klaviyo_profiles()), None),
        (write(folder / "cards.csv", CARDS), "cards"),
        (write(folder / "till.csv", TILL), "cards"),
        (write(folder / "events.csv", EVENTS), None),
        (write(folder / "consents.csv", CONSENTS), None),
        (write(folder / "surveys.xlsx", _book(SURVEYS)), None),
    ]


def shop(folder: Path) -> Layout:
    """Everything imported and computed twice: as of two days, so that there are two snapshots."""
    place = new_workspace(folder / "shop")
    without_models(place)
    for path, store in exports(folder):
        bring(place, path, store=store)
    computed(place, as_of=date(2024, 9, 30))
    computed(place)
    return place


def _spellings(trace: str) -> set[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", trace) if not unicodedata.combining(c))
    spaced = " ".join(trace[n : n + 2] for n in range(0, len(trace), 2))
    both = {trace, plain, trace.replace("-", " "), plain.replace("-", " "), spaced}
    both |= {quote(one) for one in both} | {json.dumps(one)[1:-1] for one in both}
    return {one.casefold() for one in both}


def _texts(content: bytes) -> Iterable[str]:
    yield content.decode("latin-1")
    yield content.decode("utf-8", errors="replace")
    if content[:4] == b"PAR1":
        table = pq.read_table(pa.BufferReader(content))
        for column in table.columns:
            yield "\n".join(map(str, column.to_pylist()))
        yield str(pq.read_metadata(pa.BufferReader(content)).metadata)
    if content[:2] == b"\x1f\x8b":
        yield from _texts(gzip.decompress(content))
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            for name in book.namelist():
                yield from _texts(book.read(name))


def traces(root: Path, looked_for: Iterable[str] = TRACES) -> list[tuple[str, str]]:
    """(file, trace) for each trace that any file of a folder still bears, in name or content."""
    wanted = {one: _spellings(one) for one in looked_for}
    found = []
    for path in sorted(root.rglob("*")):
        if not path.is_file():
            continue
        name = str(path.relative_to(root))
        for text in [name, *_texts(path.read_bytes())]:
            low = text.casefold()
            found += [(name, one) for one, ways in wanted.items() if any(w in low for w in ways)]
    return sorted(set(found))
