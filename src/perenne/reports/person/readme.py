"""What goes with an archive: what each file, column and score is, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from perenne.reports.html.contenders import contender_label, contender_meaning
from perenne.reports.person.meanings import column_meaning, table_meaning
from perenne.reports.person.record import Person
from perenne.text import format_date
from perenne.text import gettext as _


def readme(person: Person, tables: Mapping[str, Sequence[str]]) -> str:
    """The text in the current language; `tables` are the columns of each file."""
    parts = (_head(person), _scores(person), _purposes(), _sources(person), _files(tables))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(person: Person) -> Iterator[str]:
    yield "# " + _("All that {shop} knows of one customer").format(
        shop=person.shop or _("Your shop")
    )
    yield ""
    yield _(
        "Customer {id}, as of {day} (snapshot {snapshot}). This archive holds personal data in "
        "clear: hand it to nobody but the person whom it is about."
    ).format(id=person.customer_id, day=format_date(person.as_of), snapshot=person.snapshot)
    yield ""
    yield _(
        "`person.json` holds everything in one file: `record` is the customer’s record, `tables` "
        "are the same tables as in the CSV files. Text that a spreadsheet would run as a formula "
        "begins with an apostrophe in CSV, and stands as it is in JSON. Amounts without a currency "
        "of their own are in {currency}; days are those of {zone}, moments are UTC."
    ).format(currency=person.currency, zone=person.time_zone)
    yield ""
    yield _(
        "The record and the tables hold what was known on that day. The files under `imports/` "
        "hold every row of the imports behind them, whatever its date. Rows about other persons, "
        "and pairs with records of others, are left out."
    )


def _scores(person: Person) -> Iterator[str]:
    yield "## " + _("Scores and predictions")
    yield ""
    if person.prediction is None:
        yield _("No model predicts anything of this customer.")
        return
    yield _(
        "`predictions` holds what the model “{model}” of Perenne {version} expects. {meaning} "
        "These are predictions, not facts: each comes with intervals that say how far it may be "
        "off. `segments` holds scores and the group that follows from them: they are computed from "
        "the orders alone."
    ).format(
        model=contender_label(person.prediction.model),
        version=person.prediction.version,
        meaning=contender_meaning(person.prediction.model),
    )


def _purposes() -> Iterator[str]:
    yield "## " + _("What it is used for")
    yield ""
    for text in (
        _("Figures of the shop: orders, revenue, margin, loyalty (`sales`, `customer_facts`)."),
        _("Groups of customers, their value so far and predicted (`segments`, `predictions`)."),
        _("Taking the records of several systems for one customer (`customer_links`)."),
        _("Sending only what is allowed (`consents`)."),
    ):
        yield f"- {text}"
    yield ""
    yield _("Perenne sends nothing anywhere by itself. The shop answers for any further use.")


def _sources(person: Person) -> Iterator[str]:
    yield "## " + _("Where it comes from")
    yield ""
    for one in person.identity.records:
        yield f"- {one.source}: `{_code(one.source_id)}`"


def _files(tables: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield "## " + _("Files and columns")
    for name in sorted(tables):
        yield ""
        yield f"### `{name}.csv`"
        yield ""
        if meaning := table_meaning(name):
            yield meaning
            yield ""
        for column in tables[name]:
            meaning = column_meaning(name, column)
            yield f"- `{column}`" + (f": {meaning}" if meaning else "")


def _code(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")
