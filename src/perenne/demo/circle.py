"""What systems keep of persons, one row each: accounts of the web shop, readers of the
newsletter, subscribers of the tea box."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from perenne.demo import layouts, looks, slips
from perenne.demo.layouts import euros
from perenne.demo.lives import life_of
from perenne.demo.people import scatter, share
from perenne.demo.season import DAY, Calendar
from perenne.demo.shapes import COUNTRIES, Table
from perenne.demo.writing import Sheet

READERS, PROSPECTS, SUPPRESSED = 0.55, 0.15, 0.04
"""Shares of customers who read the newsletter, of readers beside them who never bought, and of
readers who may no longer be written to."""
SUBSCRIBERS = 0.05
BOX_PRICE, BOX_LEAVES = 2490, 0.09
"""The tea box: cents a month, and the chance to leave after each month."""
_STRANGERS = 2_000_000_000
Record = tuple[str, str, int]


class Circle:
    """The files of accounts, readers and subscribers, written chunk by chunk."""

    def __init__(self, directory: Path, calendar: Calendar) -> None:
        self._calendar = calendar
        self._accounts = Sheet(
            directory / "shopify" / "customers_export.csv", layouts.SHOPIFY_CUSTOMER_COLUMNS
        )
        self._profiles = Sheet(
            directory / "klaviyo" / "profiles.csv", layouts.KLAVIYO_COLUMNS, encoding="utf-8-sig"
        )
        self._suppressed = Sheet(
            directory / "klaviyo" / "suppressed_profiles.csv", layouts.SUPPRESSED_COLUMNS
        )
        self._boxes = Sheet(directory / "recharge" / "subscriptions.csv", layouts.RECHARGE_COLUMNS)
        self._boxers = Sheet(
            directory / "recharge" / "customers.csv", layouts.RECHARGE_CUSTOMER_COLUMNS
        )

    def add(self, people: Table, online: Table) -> list[Record]:
        """Write a chunk of people; `online` are their orders of the web shop, by person."""
        self._add_accounts(online)
        records: list[Record] = []
        columns = (people[name].tolist() for name in ("number", "country", "joined"))
        for number, country, joined in zip(*columns, strict=True):
            if share(number, 110) < READERS:
                records.append(self._add_reader(number, country, joined))
            if share(number, 111) < READERS * PROSPECTS:
                records.append(self._add_reader(_STRANGERS + number, country, joined))
            if share(number, 112) < SUBSCRIBERS:
                records += self._add_box(number, country, joined)
        return records

    def close(self) -> list[Path]:
        sheets = (self._accounts, self._profiles, self._suppressed, self._boxes, self._boxers)
        for sheet in sheets:
            sheet.close()
        return [sheet.path for sheet in sheets]

    def _add_accounts(self, online: Table) -> None:
        """One account per person and address, as it stands after its last order."""
        accounts: dict[str, tuple[int, int, int, int, int]] = {}
        columns = (online[name].tolist() for name in ("number", "country", "at", "paid", "gift"))
        for number, country, at, paid, gift in zip(*columns, strict=True):
            email = looks.web_email(life_of(number, country), at, at)
            _n, _c, _at, spent, orders = accounts.get(email, (number, country, at, 0, 0))
            accounts[email] = (number, country, at, spent + paid + gift, orders + 1)
        for number, country, at, spent, orders in accounts.values():
            who = looks.web(number, country, order=at, at=at)
            first, _space, last = who.name.partition(" ")
            self._accounts.add(
                [
                    f"'{7_000_000_000 + scatter(number, 113) % 1_000_000_000}",
                    first,
                    last,
                    who.email,
                    "yes" if share(number, 110) < READERS else "no",
                    "",
                    who.street,
                    "",
                    who.city,
                    "",
                    COUNTRIES[country],
                    f"'{who.postcode}",
                    f"'{who.phone}" if who.phone else "",
                    "",
                    "no",
                    euros(spent),
                    str(orders),
                    "",
                    "no",
                    "",
                ]
            )

    def _add_reader(self, number: int, country: int, joined: int) -> Record:
        since = joined - scatter(number, 114) % (30 * DAY)
        who = looks.profile(number, country, since=since)
        last = min(since + scatter(number, 115) % (400 * DAY), self._calendar.end - 1)
        asked = share(number, 116)
        consent = "SUBSCRIBED" if asked < 0.82 else "UNSUBSCRIBED"
        consent = "NEVER_SUBSCRIBED" if asked >= 0.92 else consent
        said = "" if consent == "NEVER_SUBSCRIBED" else _stamp(last if asked >= 0.82 else since)
        row = dict.fromkeys(layouts.KLAVIYO_COLUMNS, "") | {
            "Email": who.email,
            "Klaviyo ID": f"01{scatter(number, 117):016X}",
            "First Name": who.first,
            "Last Name": who.last,
            "Phone Number": f"'{who.phone}" if who.phone else "",
            "City": who.city,
            "Country": "France" if country == 0 else "",
            "Zip Code": f"'{who.postcode}" if who.postcode else "",
            "Source": "Formulaire de la boutique",
            "Email Marketing Consent": consent,
            "Email Marketing Consent Timestamp": said,
            "First Active": _stamp(since)[:10],
            "Last Active": _stamp(last),
            "Profile Created On": _stamp(since),
            "Date Added": _stamp(since)[:10],
        }
        self._profiles.add(list(row.values()))
        draw = share(number, 118)
        if draw < SUPPRESSED:
            reason = "HARD_BOUNCE" if draw < SUPPRESSED / 2 else "SPAM_COMPLAINT"
            self._suppressed.add([who.email, reason, _stamp(last)])
        return "klaviyo", who.email.lower(), number

    def _add_box(self, number: int, country: int, joined: int) -> Iterator[Record]:
        life = life_of(number, country)
        start = joined + (20 + scatter(number, 119) % 200) * DAY
        if start >= self._calendar.end:
            return
        months = 1 + int(np.log(1 - share(number, 120)) / np.log(1 - BOX_LEAVES))
        ended = start + 30 * months * DAY
        gone = ended < self._calendar.end
        ref = str(900_000 + number)
        following = _day(start) + timedelta(
            days=30 * (1 + (self._calendar.end - start) // DAY // 30)
        )
        self._boxes.add(
            [
                str(600_000 + number),
                str(300_000 + number),
                ref,
                _stamp(start),
                _stamp(ended) if gone else "",
                "" if gone else f"{following} 05:00:00",
                euros(BOX_PRICE),
                "1",
                "Trop de thé" if gone else "",
                "CANCELLED" if gone else "ACTIVE",
                "La box du mois",
                "Découverte",
                "BOX-1",
                "month",
                "1",
                "1",
                _stamp(ended if gone else start),
            ]
        )
        first, last = slips.names(
            life.first, life.last_at(start), where="web", luck=slips.chance(number, 121)
        )
        email = life.email_at(start)
        self._boxers.add(
            [ref, f"{scatter(number, 122):x}", "", email, first, last, _stamp(start), str(1 - gone)]
        )
        yield "recharge", ref, number


def _stamp(at: int) -> str:
    """Seconds as platforms write them; an hour more or less does not matter here."""
    return str(np.datetime64(at, "s")).replace("T", " ")


def _day(at: int) -> date:
    return date(1970, 1, 1) + timedelta(days=at // DAY)
