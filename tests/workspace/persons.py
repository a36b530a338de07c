"""A shop of a few persons told by six systems, written by hand: orders, contacts, consents, events,
answers and subscriptions, with rows after the day of the record and hostile texts."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from perenne.workspace import Layout
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace

AS_OF = date(2025, 12, 31)
ANNE = "anne.martin@example.org"
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example")'

_SHOPIFY = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Billing Name",
    "Billing Street",
    "Billing Company",
    "Billing City",
    "Billing Zip",
    "Billing Country",
    "Billing Phone",
    "Shipping Country",
    "Notes",
    "Note Attributes",
    "Cancelled at",
    "Payment Method",
    "Refunded Amount",
    "Vendor",
    "Id",
    "Tags",
    "Source",
    "Lineitem discount",
    "Phone",
]
_ORDERS = (
    # name, e-mail, state, day, product, price, refunded, cancelled
    ("#1001", ANNE, "paid", "2024-03-05 10:30:00 +0100", "Thé vert", "20.00", "0.00", ""),
    ("#1002", ANNE, "partially_refunded", "2025-06-10 23:30:00 +0200", SCRIPT, "50.00", "10.00",
     ""),
    ("#1003", ANNE, "paid", "2025-11-02 09:00:00 +0100", "Thé noir", "30.00", "0.00", ""),
    ("#1004", ANNE, "voided", "2025-11-03 09:00:00 +0100", "Thé noir", "30.00", "0.00",
     "2025-11-03 10:00:00 +0100"),
    ("#1005", "bob@example.org", "paid", "2025-10-01 12:00:00 +0200", "Tasse", "15.00", "0.00", ""),
    ("#1006", ANNE, "paid", "2026-01-05 09:00:00 +0100", "Thé blanc", "99.00", "0.00", ""),
)  # fmt: skip
_CARDS = f"""id_client;nom;prenom;societe;email;telephone;adresse;code_postal;ville;pays
42;MARTIN;Anne;{FORMULA};Anne.Martin@Example.org;06 12 34 56 78;1 rue des Lilas;75008;Paris;France
43;LEROY;Zoé;;zoe@example.org;07 81 22 33 44;;69001;Lyon;France
"""
_PARTNERS = """id_client;nom;prenom;societe;email;telephone;adresse;code_postal;ville;pays
42;NGUYEN;Luc;;luc@example.org;+33 7 99 88 77 66;;13001;Marseille;France
"""
_PROFILE = {
    "Email": ANNE, "Klaviyo ID": "01AAA", "First Name": "Anne", "Last Name": "Martin-Duval",
    "Organization": "", "Phone Number": "", "Address": "", "City": "Lyon", "State / Region": "",
    "Country": "France", "Zip Code": "", "Source": "Popup", "Email Marketing Consent": "SUBSCRIBED",
    "Email Marketing Consent Timestamp": "2025-03-12 22:30:00",
    "Historic Customer Lifetime Value": "", "Predicted Customer Lifetime Value": "",
    "First Active": "2024-01-02", "Last Active": "2025-12-30 08:00:00",
    "Profile Created On": "2024-01-02 10:00:00",
}  # fmt: skip
_KLAVIYO = ",".join(_PROFILE) + "\n" + ",".join(_PROFILE.values()) + "\n"
_SUPPRESSED = "Email,Reason,Timestamp\nBOB@example.org,USER_SUPPRESSED,2025-02-01T10:00:00+00:00\n"
_CONSENTS = f"""\
E-mail;Canal;Finalité;Consentement;Date du consentement;Source du consentement;Preuve
{ANNE};SMS;Prospection;Oui;25/03/2024 10:15;Formulaire de caisse;texte v3, {ANNE}
{ANNE};SMS;Prospection;Désabonné;22/09/2025;STOP;
{ANNE};Courrier;Prospection;Oui;13/01/2026;Salon;
"""
_SURVEYS = f"""ID réponse;E-mail;Date de réponse;Score NPS;Commentaire;N° commande
r1;{ANNE};23/11/2025 18:20;9;Merci à Anne {SCRIPT};#1003
r2;{ANNE};13/01/2026 18:20;1;Déçue;
"""
_SUBSCRIPTIONS = f"""\
N° abonnement;E-mail;Statut;Date de début;Date de résiliation;Prochaine échéance;Motif de \
résiliation;Formule;Prix;Périodicité;Tous les
A1;{ANNE};Résilié;21/02/2025;14/01/2026;;Trop cher;Box thé;19,90 €;mois;1
A2;{ANNE};Résilié;15/01/2024;23/06/2024;;Trop cher;Box café;24,90 €;semaines;4
"""


def persons_workspace(folder: Path) -> Layout:
    """The shop, computed twice: Klaviyo comes with the second refresh."""
    place = _quick(new_workspace(folder / "shop"))
    _bring(place, folder, "orders_export.csv", shopify_orders())
    _bring(place, folder, "cards.csv", _CARDS, store="cards")
    _bring(place, folder, "partners.csv", _PARTNERS, store="partners")
    computed(place, as_of=AS_OF)
    _bring(place, folder, "profiles.csv", _KLAVIYO)
    _bring(place, folder, "suppressed.csv", _SUPPRESSED)
    _bring(place, folder, "consents.csv", _CONSENTS)
    _bring(place, folder, "answers.csv", _SURVEYS)
    _bring(place, folder, "subscriptions.csv", _SUBSCRIPTIONS)
    _bring(place, folder, "events.csv", events())
    computed(place, as_of=AS_OF)
    return place


def bare_workspace(folder: Path) -> Layout:
    """Orders alone, of customers whom the source knows by an id."""
    place = _quick(new_workspace(folder / "bare"))
    rows = "\n".join(f"A{n},2024-0{n}-03,c{n % 3},{10 + n}.50" for n in range(1, 8))
    _bring(place, folder, "orders.csv", f"order_id,order_date,customer_id,total\n{rows}\n")
    computed(place)
    return place


def _quick(place: Layout) -> Layout:
    """Predictions are tested on a shop that has enough to learn from."""
    text = place.settings.read_text(encoding="utf-8")
    place.settings.write_text(text.replace("# enabled = true", "enabled = false"), "utf-8")
    return place


def shopify_orders() -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, _SHOPIFY, restval="", lineterminator="\n")
    table.writeheader()
    for name, email, state, at, product, price, refunded, cancelled in _ORDERS:
        table.writerow(
            {
                "Name": name, "Email": email, "Financial Status": state, "Created at": at,
                "Paid at": at, "Currency": "EUR", "Subtotal": price, "Shipping": "0.00",
                "Taxes": "0.00", "Total": price, "Lineitem quantity": "1",
                "Lineitem name": product, "Lineitem price": price, "Lineitem sku": product[:3],
                "Refunded Amount": refunded, "Cancelled at": cancelled, "Source": "web",
                "Id": f"50000000{name[1:]}", "Accepts Marketing": "no", "Discount Amount": "0.00",
                "Lineitem discount": "0.00", "Lineitem requires shipping": "true",
            }
        )  # fmt: skip
    return out.getvalue()


def events() -> str:
    """Forty pages seen on one day, one the day after, a click, and a page seen too late."""
    head = "ID événement;E-mail;Événement;Date de l'événement;Canal;Session;Valeur"
    rows = [
        f"p{n};{ANNE};Page vue;25/12/2025 {8 + n // 10:02d}:{n % 10:02d};direct;s1;"
        for n in range(40)
    ]
    rows.append(f"p40;{ANNE};Page vue;26/12/2025 09:00;direct;s2;")
    rows.append(f"c1;{ANNE};Clic dans l'e-mail;25/12/2025 07:00;email;;")
    rows.append(f"p41;{ANNE};Page vue;14/01/2026 09:00;direct;s3;")
    return "\n".join([head, *rows]) + "\n"


def _bring(place: Layout, folder: Path, name: str, text: str, store: str | None = None) -> None:
    bring(place, write(folder / name, text), store=store, date_order="dmy")
