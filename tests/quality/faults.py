"""Small files with planted faults; what is planted is counted in FAULTS."""

from __future__ import annotations

from datetime import date, timedelta

# Two names and an address that must never appear in anything about quality.
SECRETS = ("Zénobie", "Quirin", "zenobie.secret", "0612345699", "Impasse Cachée")

_FIRST = date(2025, 3, 1)


def _orders() -> list[str]:
    """60 orders on 60 days but a hole of 20; 12 guests; one huge, one return, one repeat."""
    rows = ["order_id,order_date,customer_id,total,currency,country"]
    for n in range(60):
        day = _FIRST + timedelta(days=n if n < 40 else n + 20)
        who = "" if n % 5 == 0 else f"zenobie.secret{n}@exemple.fr"
        total = {7: "45000.00", 9: "-12.00"}.get(n, f"{40 + n % 7}.50")
        currency = "XQZ" if n == 11 else "EUR"
        rows.append(f"A{n},{day},{who},{total},{currency},FR")
    rows += [rows[5], "A200,not a day,x@exemple.fr,20.00,EUR,FR"]
    rows += ["A3,2025-03-04,other@exemple.fr,99.00,EUR,FR"]
    return rows


def _again() -> list[str]:
    """Two orders inside the period of the first file."""
    return [
        "order_id,order_date,customer_id,total,currency,country",
        "B1,2025-03-10,zenobie.secret1@exemple.fr,10.00,EUR,FR",
        "B2,2025-03-12,zenobie.secret2@exemple.fr,11.00,EUR,FR",
    ]


def _refunds() -> list[str]:
    """One of three refunds is of an order that nobody knows."""
    return [
        "refund_id,order_id,refund_date,amount",
        "R1,A1,2025-04-01,10.00",
        "R2,A2,2025-04-02,11.00",
        "R3,ZZZ,2025-04-03,12.00",
    ]


def _customers() -> list[str]:
    rows = ["customer_id,email,phone,first_name,last_name,address,country"]
    for n in range(20):
        email = "pas une adresse" if n in (3, 4) else f"zenobie.secret{n}@exemple.fr"
        phone = "6.12E+08" if n == 6 else "0612345699"
        country = "Groland" if n == 8 else "France"
        rows.append(f"C{n},{email},{phone},Zénobie,Quirin,Impasse Cachée,{country}")
    return rows


def _consents() -> list[str]:
    rows = ["E-mail;Canal;Finalité;Consentement;Date du consentement;Source du consentement;Preuve"]
    told = ";2025-03-12 10:15;Formulaire;v3"
    for n in range(30):
        who = f"zenobie.secret{n}@exemple.fr"
        rows.append(f"{who};E-mail;Prospection;Oui{told}")
        rows.append(f"{who};SMS;Prospection;{'Oui' if n else 'Désabonné'}{told}")
    return rows


def _few() -> list[str]:
    """Nothing is planted: a row tells of two channels, and few persons say nothing of a no."""
    rows = ["E-mail,Opt-in e-mail,Opt-in SMS,Date opt-in,Source du consentement"]
    return rows + [f"zenobie.few{n}@exemple.fr,oui,oui,2024-03-12,caisse" for n in range(5)]


def _cases() -> list[str]:
    """Nothing is planted: orders of one person, whose e-mail is written in two ways."""
    rows = ["order_id,order_date,customer_id,email,total,currency,country"]
    mails = ("Zenobie.Secret@exemple.fr", "zenobie.secret@exemple.fr")
    return rows + [f"K{n},2024-03-0{n + 1},Z1,{mails[n % 2]},20.00,EUR,FR" for n in range(6)]


def _products() -> list[str]:
    return [
        "product_id,product_name,price,cost",
        "P1,Thé vert,10.00,4.00",
        "P2,Thé noir,10.00,14.00",
        "P3,Théière,30.00,",
        "P4,Bol,-3.00,",
    ]


FILES = {
    "orders.csv": _orders(),
    "again.csv": _again(),
    "refunds.csv": _refunds(),
    "customers.csv": _customers(),
    "consents.csv": _consents(),
    "few.csv": _few(),
    "cases.csv": _cases(),
    "products.csv": _products(),
}
