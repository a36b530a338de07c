"""What a file says of consents: no refusal is read as a permission, and nothing is guessed."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.sources import ReadContext, StagedFile, recognise, stage
from perenne.warehouse import DuckEngine

# fmt: off
REFUSED = (
    "N'accepte pas", "N’accepte pas", "n’ACCEPTE pas", "Pas d'accord", "Pas inscrit",
    "Non inscrit", "Pas abonnée", "Inactive", "Inactif", "Désactivé", "DESACTIVE",
    "Sans consentement", "Pas de consentement", "Aucun consentement", "Not accepted",
    "not_accepted", "Not subscribed", "Ne souhaite plus", "Ne souhaite pas",
    "Ne veut plus recevoir", "STOP", "stop sms", "Révoqué", "revoked", "Contre", "Opposé",
    "Opposition", "Non", "NON", "no", "0", "Faux", "Refusé", "Retiré", "Withdrawn",
    "Désabonnée", "Désinscrit", "opt-out", "Opted out", "Unsubscribed", "Doesn't agree",
    "Doesn’t want", "Do not contact", "Declined", "Denied", "Rejected", "Consent expired",
    "Consentement expiré", "Abonnement résilié", "Cancelled", "Suspended", "Disagree",
    "Accord retiré", "Jamais", "Never", "Oui, mais pas le dimanche", "Blacklisté",
    "Liste noire", "Décliné", "Plus intéressé", "Ne plus contacter", "Not active",
    "No consent", "Without consent", "off", "✗", "Unaccepted", "N'a pas accepté",
)
GIVEN = (
    "Oui", "OUI", "yes", "y", "1", "x", "vrai", "true", "✓", "✅", "Abonné", "Abonnée",
    "Inscrite", "Inscrit à la newsletter", "Subscribed", "Opt-in", "optin", "Opted in",
    "Double opt-in", "Opt-in confirmé", "A donné son consentement", "J'accepte", "J’accepte",
    "Accepté", "Accepted", "accepte", "D'accord", "Accord", "Consentement explicite",
    "Consent given", "Granted", "Active", "Actif", "Oui, par formulaire",
    "Oui (caisse, 12/03/2025)", "Agrees", "Souhaite recevoir", "subscribed 2024-01-01",
)
SILENT = (
    "", "-", "Pending", "En attente", "Inconnu", "unknown", "Never subscribed",
    "NEVER_SUBSCRIBED", "Jamais inscrit", "Non renseigné", "Not set", "nonsubscribed",
    "Pas encore demandé", "Sans réponse", "À confirmer",
)
UNREAD = (
    "peut-être", "Oui ?", "Pas d'opposition", "Non opposé", "Never unsubscribed",
    "No objection", "Consentement douteux", "N'a pas refusé", "Prospect chaud", "42",
    "Permission requise",
)
# fmt: on


def staged(content: str, folder: Path, *, name: str = "consentements.csv") -> StagedFile:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    context = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 1, 5, tzinfo=UTC))
    with DuckEngine() as engine:
        return stage(
            recognise(file, engine=engine, context=context),
            engine=engine,
            context=context,
            into=folder / "staged",
        )


def statuses(words: list[str], folder: Path, *, header: str) -> dict[str, str]:
    rows = [f'p{n}@x.fr;P{n};"{word}"' for n, word in enumerate(words)]
    done = staged("\n".join([header, *rows]), folder)
    told = pq.read_table(done.tables["consents"]).to_pylist()
    assert len(told) == len(words)
    return {words[row["row_number"] - 2]: row["status"] for row in told}


def test_words_of_consent_are_read_as_they_are_meant(tmp_path: Path) -> None:
    expected = {
        **dict.fromkeys(REFUSED, "unsubscribed"),
        **dict.fromkeys(GIVEN, "subscribed"),
        **dict.fromkeys(SILENT, "unknown"),
        **dict.fromkeys(UNREAD, "unread"),
    }
    assert statuses(list(expected), tmp_path, header="E-mail;Origine;Consentement") == expected


def test_beside_a_customer_a_plain_no_says_nothing_but_a_refusal_does(tmp_path: Path) -> None:
    expected = {
        **dict.fromkeys(("Non", "0", "Pas inscrit", "Sans consentement", ""), "unknown"),
        **dict.fromkeys(
            ("N'accepte pas", "STOP", "Refusé", "Contre", "Pas d'accord"), "unsubscribed"
        ),
        **dict.fromkeys(("Oui", "Inscrite", "Accepté"), "subscribed"),
        "peut-être": "unread",
    }
    assert statuses(list(expected), tmp_path, header="E-mail;Nom;Opt-in e-mail") == expected


def test_words_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    rows = ["a@x.fr;E-mail;peut-être", "b@x.fr;E-mail;peut-être", "c@x.fr;E-mail;Oui ?"]
    done = staged("\n".join(["E-mail;Canal;Consentement", *rows]), tmp_path)
    (note,) = done.notes
    assert "3 consents for email say neither yes nor no (“peut-être”, “Oui ?”)" in note
    assert "take back one that was given before" in note


def test_what_may_speak_of_a_person_is_not_repeated(tmp_path: Path) -> None:
    rows = ["a@x.fr;E-mail;voir avec claire@x.fr", f"b@x.fr;E-mail;{'Claire en parle ' * 5}"]
    (note,) = staged("\n".join(["E-mail;Canal;Consentement", *rows]), tmp_path).notes
    assert "2 consents for email say neither yes nor no (…)" in note


@pytest.mark.parametrize(
    ("said", "channels"),
    [
        ("E-mail", {"email"}),
        ("", {"email"}),
        ("E-mail et SMS", {"email", "sms"}),
        ("SMS, e-mail & courrier", {"email", "sms", "post"}),
        ("Courrier électronique", {"email"}),
        ("Téléphone / WhatsApp", {"phone", "whatsapp"}),
        ("Tous canaux", {"email", "sms", "phone", "post", "whatsapp", "push", "ads"}),
        ("All channels", {"email", "sms", "phone", "post", "whatsapp", "push", "ads"}),
        ("Tous les e-mails", {"email"}),
        ("Fax", {None}),
        ("Messenger", {None}),
        ("E-mail et fax", {"email", None}),
        ("Tous canaux sauf SMS", {None}),
    ],
)
def test_a_channel_is_each_that_is_named_and_no_other(
    said: str, channels: set[str | None], tmp_path: Path
) -> None:
    done = staged(f"E-mail;Canal;Consentement\na@x.fr;{said};Non\n", tmp_path)
    assert told(done, "channel", "Canal", said, "no channel of consent that is known") == channels


@pytest.mark.parametrize(
    ("said", "purposes"),
    [
        ("Prospection", {"marketing"}),
        ("", {"marketing"}),
        ("Cookies analytiques", {"cookies"}),
        ("Mesure d’audience", {"cookies"}),
        ("Transmission à des partenaires", {"partners"}),
        ("Offres de nos partenaires commerciaux", {"partners"}),
        ("Correspondance d'audiences publicitaires", {"ads_matching"}),
        ("Newsletter et enquêtes", {"marketing", "surveys"}),
        (
            "Toutes finalités",
            {"marketing", "partners", "ads_matching", "profiling", "surveys", "service", "cookies"},
        ),
        ("Géolocalisation", {None}),
    ],
)
def test_a_purpose_is_each_that_is_named_and_no_other(
    said: str, purposes: set[str | None], tmp_path: Path
) -> None:
    done = staged(f"E-mail;Finalité;Consentement\na@x.fr;{said};Oui\n", tmp_path)
    assert (
        told(done, "purpose", "Finalité", said, "no purpose of consent that is known") == purposes
    )


def told(done: StagedFile, name: str, column: str, said: str, reason: str) -> set[str | None]:
    """What was kept of the only row, and None where a part of it was refused with `reason`."""
    kept: set[str | None] = {
        row[name] for row in pq.read_table(done.tables["consents"]).to_pylist()
    }
    refused = pq.read_table(done.quarantine).to_pylist()
    assert [(row["column"], row["value"], row["reason"]) for row in refused] in (
        [],
        [(column, said, reason)],
    )
    (count,) = done.counts
    assert (count.kept, count.quarantined) == (len(kept), len(refused))
    return kept | ({None} if refused else set())


@pytest.mark.parametrize("day", ["31/04/2025", "01/02/2199", "bientôt"])
def test_a_refusal_is_heeded_whatever_its_date(day: str, tmp_path: Path) -> None:
    rows = "".join(f"u{n}@x.fr;Oui;21/02/2025\n" for n in range(8))
    done = staged(
        f"E-mail;Consentement;Date du consentement\n{rows}a@x.fr;Non;{day}\nb@x.fr;Oui;{day}\n",
        tmp_path,
    )
    kept = {row["customer_ref"]: row for row in pq.read_table(done.tables["consents"]).to_pylist()}
    refusal = kept["a@x.fr"]
    assert (refusal["status"], refusal["said_on"], refusal["said_at"]) == (
        "unsubscribed",
        None,
        None,
    )
    assert "b@x.fr" not in kept
    refused = pq.read_table(done.quarantine).to_pylist()
    assert [(row["line"], row["value"]) for row in refused] == [(11, day)]


# Column, and the channels on which its yes refuses.
LEAVERS = {
    "Marketing opt-out": {"email"},
    "HasOptedOutOfEmail": {"email"},
    "Désabonné newsletter": {"email"},
    "newsletter_optout": {"email"},
    "Do Not Email": {"email"},
    "STOP SMS": {"sms"},
    "Bloctel": {"phone"},
    "DoNotCall": {"phone"},
    "Liste Robinson": {"post"},
    "Ne plus contacter": {"email", "sms", "phone", "post"},
    "Hard bounce": {"email"},
}


@pytest.mark.parametrize("header", LEAVERS)
def test_columns_of_who_wants_no_more_are_read(header: str, tmp_path: Path) -> None:
    content = f"ID client;E-mail;Prénom;Nom;Ville;{header}\n" \
        "C1;a@x.fr;Ana;Zed;Metz;1\nC2;b@x.fr;Bob;Yot;Metz;0\nC3;c@x.fr;Cyr;Xan;Metz;\n"  # fmt: skip
    done = staged(content, tmp_path, name="clients.csv")
    kept = pq.read_table(done.tables["consents"]).to_pylist()
    assert {(row["customer_ref"], row["status"]) for row in kept} == {("C1", "unsubscribed")}
    assert {row["channel"] for row in kept} == LEAVERS[header]


def test_a_column_that_speaks_of_consent_and_is_not_read_is_told(tmp_path: Path) -> None:
    content = "ID client;E-mail;Prénom;Nom;Ville;Statut e-mail;Opt-in partenaires;Taille\n" \
        "C1;a@x.fr;Ana;Zed;Metz;ko;non;M\n"  # fmt: skip
    (said,) = staged(content, tmp_path, name="clients.csv").notes
    assert said.startswith("The columns Statut e-mail, Opt-in partenaires are not read, though")


CLEANED = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC,REGION,CLEAN_TIME,"
    "CLEAN_CAMPAIGN_TITLE,LEID,EUID,NOTES,TAGS\n"
    "a@x.fr,Ana,Zed,2,2025-01-01 10:00:00,2025-01-01 10:00:00,,,2025-03-01 10:00:00,x,1,e,,\n"
)
KLAVIYO = (
    "Email,Klaviyo ID,First Name,Last Name,Phone Number,City,Email Marketing Consent,"
    "Email Marketing Consent Timestamp,Profile Created On,Last Active,Email Suppressions\n"
    "a@x.fr,01K0,Ana,Zed,,Metz,UNSUBSCRIBED,2025-02-01 10:00:00,2025-01-01 10:00:00,,[]\n"
)


@pytest.mark.parametrize(
    ("content", "preset"),
    [
        (CLEANED, "mailchimp_members"),
        (CLEANED.replace("CLEAN_", "UNSUB_").replace("UNSUB_CAMPAIGN", "X"), "mailchimp_members"),
        (KLAVIYO, "klaviyo_profiles"),
    ],
    ids=["cleaned", "unsubscribed", "klaviyo"],
)
def test_exports_of_messaging_tools_are_known_without_every_column(
    content: str, preset: str, tmp_path: Path
) -> None:
    done = staged(content, tmp_path, name="export.csv")
    assert done.recognition.preset.name == preset
    (kept,) = pq.read_table(done.tables["consents"]).to_pylist()
    assert kept["status"] == "unsubscribed"
