"""Files of subscriptions: how often each is billed, and whether it is in force."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from perenne.sources import ReadContext, recognise, stage
from perenne.warehouse import DuckEngine

HEAD = "subscription_id;email;Statut;Date de début;Prix;Périodicité"


def staged(
    cells: Sequence[tuple[str, ...]], folder: Path, *, more: str = ""
) -> list[dict[str, Any]]:
    file = folder / "abonnements.csv"
    rows = [
        f'S{n};s{n}@x.fr;"{status}";01/01/2024;12,00;"{interval}"' + "".join(f";{c}" for c in rest)
        for n, (status, interval, *rest) in enumerate(cells)
    ]
    file.write_text("\n".join([HEAD + more, *rows]) + "\n", encoding="utf-8")
    context = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 4, 5, tzinfo=UTC))
    with DuckEngine() as engine:
        found = recognise(file, engine=engine, context=context)
        assert found.preset.name == "subscriptions"
        done = stage(found, engine=engine, context=context, into=folder / "staged")
    told = pq.read_table(done.tables["subscriptions"]).to_pylist()
    return sorted(told, key=lambda row: int(row["source_subscription_id"][1:]))


INTERVALS: dict[str, tuple[int | None, str | None]] = {
    **dict.fromkeys(("jour", "Day", "daily", "quotidien", "every day"), (1, "day")),
    **dict.fromkeys(("28 jours", "tous les 28 jours", "28 days", "P28D"), (28, "day")),
    **dict.fromkeys(
        ("hebdomadaire", "Hebdo", "weekly", "week", "semaine", "par semaine"), (1, "week")
    ),
    **dict.fromkeys(
        ("2 weeks", "biweekly", "bi-weekly", "fortnightly", "every other week", "toutes les deux "
         "semaines", "une semaine sur deux", "every two weeks"), (2, "week"),
    ),
    **dict.fromkeys(("4 semaines", "every-4-weeks", "toutes les 4 semaines", "P4W"), (4, "week")),
    **dict.fromkeys(
        ("mensuel", "Mensuelle", "monthly", "month", "Months", "mois", "par mois", "/mois", "P1M",
         "1 mois", "chaque mois", "1 month", "1m", "once a month", "une fois par mois",
         "mensuel, engagement annuel", "Month (annual plan)", "mensuel engagement 12 mois",
         "mensuel (engagement 24 mois)", "mensuel sans engagement", "Abonnement mensuel",
         "Monthly subscription", "Monthly - 12 months commitment", "billed monthly"), (1, "month"),
    ),
    **dict.fromkeys(
        ("tous les 2 mois", "bimestriel", "2 months", "every_2_months", "un mois sur deux"),
        (2, "month"),
    ),
    **dict.fromkeys(
        ("3 mois", "every 3 months", "trimestriel", "Trimestre", "quarterly", "quarter", "P3M",
         "tous les trois mois", "facturation tous les 3 mois", "3-month", "1 trimestre"),
        (3, "month"),
    ),
    **dict.fromkeys(
        ("6 months", "semestriel", "semestre", "2 trimestres", "semi-annual", "half-yearly"),
        (6, "month"),
    ),
    **dict.fromkeys(("12 mois", "12 months"), (12, "month")),
    **dict.fromkeys(
        ("annuel", "Année", "yearly", "annual", "year", "1 an", "an", "P1Y", "par an", "per annum",
         "annual plan", "annuel, sans engagement"), (1, "year"),
    ),
    **dict.fromkeys(("2 ans", "2 years"), (2, "year")),
    **dict.fromkeys(
        ("bi-mensuel", "bimensuel", "bimonthly", "biannual", "bisannuel", "12", "sur mesure",
         "Annuel (payé en 12 fois)", "annual, paid monthly", "annual plan, paid monthly",
         "yearly, billed monthly commitment", "12 month contract", "engagement 12 mois", "0 mois",
         "2 fois par mois", "twice a month", "contrat annuel", "dimanche",
         "hebdomadaire ou mensuel",
         "mensuel/annuel", "month to year", "1.5 mois", "M", "demain", "manual", "an engagement"),
        (None, None),
    ),
}  # fmt: skip


def test_an_interval_is_read_whole_or_stays_unknown(tmp_path: Path) -> None:
    told = staged([("actif", cell) for cell in INTERVALS], tmp_path)
    read = [(row["interval_count"], row["interval_unit"]) for row in told]
    assert dict(zip(INTERVALS, read, strict=True)) == INTERVALS


@pytest.mark.parametrize(
    ("interval", "every", "read"),
    [
        ("month", "3", (3, "month")),
        ("month", "", (1, "month")),
        ("mensuel", "1", (1, "month")),
        ("3 mois", "3", (3, "month")),
        ("3 mois", "1", (3, "month")),
        ("3 mois", "2", (None, None)),
        ("quarter", "2", (None, None)),
        ("month", "0", (None, None)),
        ("month", "1,5", (None, None)),
    ],
)
def test_a_count_beside_the_interval(
    interval: str, every: str, read: tuple[int | None, str | None], tmp_path: Path
) -> None:
    cells = [("actif", interval, every), ("actif", "month", "2"), ("actif", "month", "2")]
    told = staged(cells, tmp_path, more=";interval_count")[0]
    assert (told["interval_count"], told["interval_unit"]) == read


STATUSES = {
    **dict.fromkeys(("actif", "Active", "activé", "en cours", "live", "Current"), "active"),
    **dict.fromkeys(
        ("inactif", "inactive", "désactivé", "deactivated", "non actif", "unactive", "plus actif",
         "no longer active", "closed", "clôturé", "non renouvelé", "not renewed", "expired",
         "Expiré", "lapsed", "ended", "terminé", "échu"), "expired",
    ),
    **dict.fromkeys(
        ("résilié", "Résiliée", "cancelled", "canceled", "résilié (impayé)", "trial cancelled"),
        "cancelled",
    ),
    **dict.fromkeys(("en pause", "on hold"), "paused"),
    **dict.fromkeys(("trialing", "période d'essai"), "trialing"),
    **dict.fromkeys(("past_due", "unpaid", "impayé", "non payé"), "past_due"),
    **dict.fromkeys(
        ("pending", "à venir", "sur mesure", "durée indéterminée", "not cancelled", "not started",
         "en cours de validation", "X", "not expired"), "other",
    ),
}  # fmt: skip


def test_only_a_status_that_is_read_is_in_force(tmp_path: Path) -> None:
    told = staged([(status, "mensuel") for status in STATUSES], tmp_path)
    read = [row["status"] for row in told]
    assert dict(zip(STATUSES, read, strict=True)) == STATUSES


def test_a_subscription_whose_first_payment_never_came_is_none(tmp_path: Path) -> None:
    told = staged(
        [("actif", "month"), ("incomplete", "month"), ("incomplete_expired", "month")], tmp_path
    )
    assert [row["source_subscription_id"] for row in told] == ["S0"]
