"""Dates in text: the way a whole column writes them, and the SQL that reads them.

With an offset a text is an instant, and its day is the local day of the workspace. Without one it
is local time; a time that the clock skips in spring moves one hour on, a time that stands twice in
autumn is read as the second one (winter time). Without a time the day stays as written.
"""

from __future__ import annotations

from dataclasses import dataclass

from perenne.sources.context import DateOrder, ReadContext
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_name, quote_text

PERIODS = ("month", "quarter", "year")
"""Shapes that name no day: only fields that may hold a period read them."""
ISO_DAY = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
# An instant as most tools write it; what it misses is read the slow way.
_OFFSET = r"[+-](0\d|1[0-4]):?[0-5]\d"
ISO_INSTANT = rf"{ISO_DAY}[T ]\d{{1,2}}:\d\d:\d\d(\.\d+)? ?(Z|UTC|{_OFFSET})"


@dataclass(frozen=True)
class DateLayout:
    """How one column writes its dates.

    `shapes` are among iso, compact, numeric, serial, named and `PERIODS`; `order` of the numeric
    ones is None while it is undecided. `example` is one numeric date of the column.
    """

    shapes: tuple[str, ...]
    order: DateOrder | None
    timed: bool
    zoned: bool
    twelve_hours: bool
    strays: bool
    """Are there cells of no known shape?"""
    example: str | None = None

    @property
    def undecided(self) -> bool:
        return "numeric" in self.shapes and self.order is None

    @property
    def label(self) -> str:
        """The layout as a person writes it, e.g. `DD/MM/YYYY HH:MM`."""
        orders = {"dmy": _("DD/MM/YYYY"), "mdy": _("MM/DD/YYYY"), "ymd": _("YY/MM/DD")}
        names = {
            "iso": _("YYYY-MM-DD"),
            "compact": _("YYYYMMDD"),
            "named": _("D MMM YYYY"),
            "serial": _("Excel serial number"),
            "numeric": orders[self.order] if self.order else _("DD/MM or MM/DD"),
            "month": _("month and year"),
            "quarter": _("quarter and year"),
            "year": _("year"),
        }
        time = " HH:MM" if self.timed else ""
        return ", ".join(names[shape] for shape in self.shapes) + time + (" ±HH:MM" * self.zoned)


def date_layout(
    engine: DuckEngine,
    *,
    relation: str,
    column: str,
    answer: DateOrder | None,
    periods: bool = False,
) -> DateLayout:
    """Read a whole column and tell how it writes dates; `answer` settles what it leaves open.

    Without `periods` a month, a quarter or a year is no date.
    """
    rows = engine.duck.execute(
        rf"""
        SELECT date_shape(c), max(a), max(b), bool_and(a = b), bool_or(dots),
               bool_or(has_clock(c)), bool_or(contains(c, ':') AND zone_text(c) <> ''),
               bool_or(contains(c, ':') AND (is_evening(c) OR is_morning(c))), min(c)
        FROM (SELECT c, try_cast(date_part_text(c, 1) AS INTEGER) AS a,
                     try_cast(date_part_text(c, 2) AS INTEGER) AS b,
                     contains(c[2:3], '.') AS dots
              FROM (SELECT trim({quote_name(column)}) AS c FROM {relation})
              WHERE NOT is_blank(c))
        GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    known = {row[0]: row for row in rows if row[0] and (periods or row[0] not in PERIODS)}
    numeric = known.get("numeric")
    return DateLayout(
        shapes=tuple(known),
        order=numeric_order(
            int(numeric[1]), int(numeric[2]), telling=numeric[3] or numeric[4], answer=answer
        )
        if numeric
        else None,
        timed=any(row[5] for row in known.values()) or "serial" in known,
        zoned=any(row[6] for row in known.values()),
        twelve_hours=any(row[7] and row[5] for row in known.values()),
        strays=any(row[0] not in known for row in rows),
        example=str(numeric[8]) if numeric else None,
    )


def numeric_order(
    first: int, second: int, *, telling: bool, answer: DateOrder | None
) -> DateOrder | None:
    """The order of numeric dates, of the largest first and second part that they hold.

    `telling`: they are written with dots, or both parts are always the same.
    """
    if first > 31:
        return "ymd"
    if first > 12 >= second:
        return "dmy"
    if second > 12 >= first:
        return "mdy"
    if answer is None and telling:
        return "dmy"  # 03.03.2025, or dots: nobody writes month.day.year
    return answer


def day_sql(cell: str, layout: DateLayout, *, context: ReadContext) -> str:
    """SQL text `Y-M-D` of the date as written; null for a cell of no shape of the column."""
    top = context.imported_at.year + 1
    readers = {
        "iso": f"day_iso({cell})",
        "compact": f"day_compact({cell})",
        "serial": f"day_serial({cell})",
        "named": f"day_named({cell}, {top})",
        "numeric": f"day_{layout.order or 'dmy'}({cell}, {top})",
        "month": f"day_month({cell}, {top})",
        "quarter": f"day_quarter({cell})",
        "year": f"day_year({cell})",
    }
    if len(layout.shapes) == 1 and not layout.strays:
        return readers[layout.shapes[0]]
    cases = " ".join(f"WHEN '{shape}' THEN {readers[shape]}" for shape in layout.shapes)
    return f"CASE date_shape({cell}) {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def moment_columns(
    name: str, cell: str, layout: DateLayout, *, context: ReadContext, zone: str | None = None
) -> dict[str, str]:
    """SQL of `name_at` (instant), `name_on` (local day) and `name_timed`, through named steps.

    `zone` is that of times without an offset, where it is not the workspace's.
    """
    here = quote_text(context.time_zone)
    there = quote_text(zone or context.time_zone)
    clock = _has_clock(f"{name}__c", layout) if layout.timed else "false"
    text = f"{name}__c"
    steps = {text: f"trim({cell})"}
    slow = day_sql(text, layout, context=context)
    if layout.timed:
        slow = f"{slow} || ' ' || coalesce(nullif({_clock_sql(text, layout)}, ''), '00:00')"
    local = f"try_cast({slow} AS TIMESTAMP)"
    if quick := _quick_sql(text, layout):
        # %Y takes 25 for the year 25: two digits are for the slow way.
        steps[f"{name}__quick"] = quick
        sound = f"{name}__quick >= TIMESTAMP '1000-01-01'"
        local = f"CASE WHEN {sound} THEN {name}__quick ELSE {local} END"
    instants = _instants(name, here=here, there=there, zoned=layout.zoned, clock=clock)
    if layout.zoned and layout.shapes == ("iso",):
        steps[f"{name}__instant"] = (
            f"CASE WHEN regexp_full_match({text}, {quote_text(ISO_INSTANT)}) "
            f"THEN coalesce(try_strptime({text}, '%Y-%m-%d %H:%M:%S %z'), "
            f"try_cast({text} AS TIMESTAMPTZ)) END"
        )
        local, instants = _quick_instants(name, local, instants, here=here)
    steps[f"{name}__local"] = local
    steps |= instants
    steps[f"{name}_timed"] = f"CASE WHEN {name}_on IS NOT NULL THEN {clock} END"
    return steps


def last_day_sql(name: str, layout: DateLayout) -> str:
    """SQL of the last day that a cell names: of its month, quarter or year, else the day itself."""
    day = f"{name}_on"
    ends = {
        "month": f"last_day({day})",
        "quarter": f"last_day({day} + INTERVAL 2 MONTH)",
        "year": f"last_day({day} + INTERVAL 11 MONTH)",
    }
    cases = " ".join(
        f"WHEN '{shape}' THEN {ends[shape]}" for shape in layout.shapes if shape in ends
    )
    return f"CASE date_shape({name}__c) {cases} ELSE {day} END" if cases else day


def _quick_sql(text: str, layout: DateLayout) -> str | None:
    """SQL for the two usual shapes, several times faster; null for what it cannot read."""
    if layout.zoned or layout.twelve_hours:
        return None
    if layout.shapes == ("iso",):
        return f"try_cast({text} AS TIMESTAMP)"
    if layout.shapes != ("numeric",) or layout.order not in ("dmy", "mdy"):
        return None
    example = str(layout.example)
    mark = next(c for c in example if not c.isdigit())
    order = ("%d", "%m") if layout.order == "dmy" else ("%m", "%d")
    times = ["", " %H:%M", " %H:%M:%S"]
    likely = times.pop(min(example.count(":"), 2))  # a format that fails costs most
    formats = ", ".join(quote_text(mark.join((*order, "%Y")) + t) for t in (likely, *times))
    return f"try_strptime({text}, [{formats}])"


def _instants(name: str, *, here: str, there: str, zoned: bool, clock: str) -> dict[str, str]:
    """The instant, and its day `here`. Times without an offset are those of `there`; a day without
    a time stays as written."""
    local, at = f"{name}__local", f"{name}_at"
    naive = f"timezone({there}, {local})"
    day = f"CAST({local} AS DATE)"
    there_on = day
    if here != there:
        naive = f"CASE WHEN {clock} THEN {naive} ELSE timezone({here}, {local}) END"
        there_on = f"CASE WHEN {clock} THEN CAST(timezone({here}, {at}) AS DATE) ELSE {day} END"
    if not zoned:
        return {at: naive, f"{name}_on": there_on}
    instant = f"try_cast(CAST({local} AS VARCHAR) || {name}__zone AS TIMESTAMPTZ)"
    return {
        f"{name}__zone": f"clock_zone({name}__c)",
        at: f"CASE WHEN {name}__zone = '' THEN {naive} ELSE {instant} END",
        f"{name}_on": f"CASE WHEN {name}__zone = '' THEN {there_on} "
        f"ELSE CAST(timezone({here}, {at}) AS DATE) END",
    }


def _quick_instants(
    name: str, local: str, instants: dict[str, str], *, here: str
) -> tuple[str, dict[str, str]]:
    """The same steps, where `name__instant` has not been read at once."""
    quick, at, on = f"{name}__instant", f"{name}_at", f"{name}_on"
    slow = {
        step: f"CASE WHEN {quick} IS NULL THEN {sql} END"
        for step, sql in (("local", local), *instants.items())
    }
    day = f"CAST(timezone({here}, {quick}) AS DATE)"
    return slow.pop("local"), {
        **slow,
        at: f"CASE WHEN {quick} IS NOT NULL THEN {quick} ELSE {instants[at]} END",
        on: f"CASE WHEN {quick} IS NOT NULL THEN {day} ELSE {instants[on]} END",
    }


def _has_clock(text: str, layout: DateLayout) -> str:
    colon = f"has_clock({text})"
    if "serial" in layout.shapes:
        return f"({colon} OR contains({text}, '.') AND date_shape({text}) = 'serial')"
    return colon


def _clock_sql(cell: str, layout: DateLayout) -> str:
    clock = f"clock_text({cell})"
    if layout.twelve_hours:
        hour = f"try_cast(split_part({clock}, ':', 1) AS INTEGER)"
        rest = f"substr({clock}, position(':' IN {clock}))"
        clock = (
            f"CASE WHEN is_evening({cell}) THEN CAST({hour} % 12 + 12 AS VARCHAR) || {rest} "
            f"WHEN is_morning({cell}) THEN CAST({hour} % 12 AS VARCHAR) || {rest} ELSE {clock} END"
        )
    if "serial" in layout.shapes:
        fraction = f"date_shape({cell}) = 'serial' AND contains({cell}, '.')"
        clock = f"CASE WHEN {fraction} THEN clock_serial({cell}) ELSE {clock} END"
    return clock
