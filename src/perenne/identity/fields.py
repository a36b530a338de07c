"""What two records of persons are compared by: fields, how alike they may be, and where to look.

One definition serves the model (how often each level occurs among the same and among different
persons) and the evidence that a reviewer reads. `{l}` and `{r}` stand for the two records; the
text is SQL of DuckDB, the dialect that Splink is run with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ALIKE = "jaro_winkler_similarity({{l}}.{0}, {{r}}.{0})"
EDITS = "damerau_levenshtein({{l}}.{0}, {{r}}.{0})"

EARLIER = "word=earlier"
"""Evidence that rests on what a record said before its newest word."""


@dataclass(frozen=True)
class Level:
    """One way in which two values compare, tried in order; `usual` is how often it is expected
    among records of one person, where the data cannot tell."""

    code: str
    sql: str
    usual: float


@dataclass(frozen=True)
class Field:
    """A field and its levels, the closest first; what meets none is `different`.

    `rare_counts`: sharing a rare value proves more than sharing a frequent one.
    `measured`: the evidence also says how alike the texts are. `silent`: SQL of when the field
    tells nothing that another one has not told. `shown`: a reviewer reads of it.
    """

    name: str
    levels: tuple[Level, ...]
    different: float
    rare_counts: bool = True
    measured: bool = False
    silent: str = "false"
    shown: bool = True


def _same(name: str, usual: float) -> Level:
    return Level("same", f"{{l}}.{name} = {{r}}.{name}", usual)


def _alike(name: str, code: str, *, from_: float, usual: float) -> Level:
    return Level(code, f"{ALIKE.format(name)} >= {from_}", usual)


def _edits(name: str, code: str, *, upto: int, usual: float) -> Level:
    return Level(code, f"{EDITS.format(name)} <= {upto}", usual)


def in_mailbox(one: str, other: str) -> str:
    """SQL of whether one mailbox spells the other record's family name: one that the account no
    longer bears, or bears misspelt."""
    box = f"regexp_replace(split_part({{{one}}}.email, '@', 1), '[^a-z]', '', 'g')"
    name = f"replace({{{other}}}.last_name, ' ', '')"
    return f"length({name}) >= 4 AND coalesce(contains({box}, {name}), false)"


def scripts_differ(one: str, other: str) -> str:
    """SQL of whether one of two names is written in Latin letters and the other is not: محمد may be
    Mohamed. Letters without accents stand before `~`, all others behind."""
    return f"(({one} < '~') <> ({other} < '~'))"


def _name(name: str, other: str, *further: Level) -> Field:
    close = f"{ALIKE.format(name)} >= 0.92 OR {EDITS.format(name)} <= 1"
    initial = (
        f"least(length({{l}}.{name}), length({{r}}.{name})) = 1 "
        f"AND left({{l}}.{name}, 1) = left({{r}}.{name}, 1)"
    )
    # Only both ways: one's family name in the other's first name is no more than a family name.
    swapped = " OR ".join(
        f"{{{one}}}.{name} = {{{two}}}.{other} AND coalesce("
        f"jaro_winkler_similarity({{{one}}}.{other}, {{{two}}}.{name}) >= 0.8, true)"
        for one, two in ("lr", "rl")
    )
    return Field(
        name,
        (
            _same(name, 0.75),
            Level("initial", initial, 0.02),
            Level("close", close, 0.1),
            Level("swapped", swapped, 0.02),
            _alike(name, "similar", from_=0.8, usual=0.04),
            *further,
        ),
        different=0.07,
        measured=True,
        silent=f"coalesce({scripts_differ(f'{{l}}.{name}', f'{{r}}.{name}')}, false)",
    )


def _birth() -> Field:
    """Dates as eight digits. Two of day, month and year, or day and month the other way round."""
    day, month, year = ("substr({0}.birth, 7, 2)", "substr({0}.birth, 5, 2)", "left({0}.birth, 4)")

    def equal(one: str, other: str) -> str:
        return f"{one.format('{l}')} = {other.format('{r}')}"

    pairs = ((day, month), (day, year), (month, year))
    two = [f"({equal(a, a)} AND {equal(b, b)})" for a, b in pairs]
    turned = f"({equal(year, year)} AND {equal(day, month)} AND {equal(month, day)})"
    return Field(
        "birth",
        (
            _same("birth", 0.8),
            _edits("birth", "close", upto=1, usual=0.1),
            Level("similar", " OR ".join([*two, turned]), 0.05),
        ),
        different=0.05,
        rare_counts=False,
    )


def _email() -> Field:
    """What follows a plus in a mailbox names a sender, not the person. Two mailboxes that differ in
    their figures are not alike: people of one name choose figures to be told apart by."""
    box = "split_part(split_part({0}.email, '@', 1), '+', 1)"
    left, right = box.format("{l}"), box.format("{r}")
    domain = "split_part({0}.email, '@', 2)"
    same_domain = f"{domain.format('{l}')} = {domain.format('{r}')}"
    figures = "regexp_replace({0}, '[^0-9]', '', 'g')"
    same_figures = f"{figures.format(left)} = {figures.format(right)}"
    return Field(
        "email",
        (
            _same("email", 0.65),
            Level("alias", f"{left} = {right} AND {same_domain}", 0.02),
            Level("mailbox", f"{left} = {right}", 0.05),
            Level("close", f"{EDITS.format('email')} <= 2 AND {same_figures}", 0.1),
            Level("similar", f"{ALIKE.format('email')} >= 0.9 AND {same_figures}", 0.05),
            Level(
                "mailbox_similar",
                f"jaro_winkler_similarity({left}, {right}) >= 0.88 AND {same_figures}",
                0.04,
            ),
        ),
        different=0.11,
    )


def _address(
    name: str, *, silent: str, usual: tuple[float, float, float], shown: bool = True
) -> Field:
    """Streets with their number. A letter or two apart under one number is a slip; another number
    in the street is a neighbour."""
    figures = f"regexp_replace({{0}}.{name}, '[^0-9]', '', 'g')"
    same_figures = f"{figures.format('{l}')} = {figures.format('{r}')}"
    same, close, similar = usual
    return Field(
        name,
        (
            _same(name, same),
            Level("close", f"{EDITS.format(name)} <= 2 AND {same_figures}", close),
            _alike(name, "similar", from_=0.88, usual=similar),
        ),
        different=1 - sum(usual),
        rare_counts=shown,
        measured=True,
        silent=silent,
        shown=shown,
    )


def _city(
    name: str,
    *,
    silent: str,
    usual: tuple[float, float],
    rare_counts: bool = True,
    shown: bool = True,
) -> Field:
    same, similar = usual
    return Field(
        name,
        (_same(name, same), _alike(name, "similar", from_=0.88, usual=similar)),
        different=1 - sum(usual),
        rare_counts=rare_counts,
        silent=silent,
        shown=shown,
    )


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        _name(
            "last_name",
            "first_name",
            Level("spelled", f"({in_mailbox('l', 'r')}) OR ({in_mailbox('r', 'l')})", usual=0.02),
        ),
        _name("first_name", "last_name"),
        _birth(),
        _email(),
        Field(
            "phone",
            (_same("phone", 0.7), _edits("phone", "close", upto=1, usual=0.05)),
            different=0.25,
        ),
        _address(
            "address",
            silent="coalesce({l}.postcode <> {r}.postcode, false)",
            usual=(0.6, 0.1, 0.05),
        ),
        # The street again: where postcodes differ, as after a move, it is hardly ever the same.
        _address(
            "road",
            silent="coalesce({l}.postcode = {r}.postcode, true)",
            usual=(0.05, 0.02, 0.01),
            shown=False,
        ),
        Field(
            "postcode",
            (_same("postcode", 0.75), _edits("postcode", "close", upto=1, usual=0.05)),
            different=0.2,
        ),
        # The town speaks where a postcode is not told. Where two are, it tells what they leave:
        # whether another postcode is another town, as after a move, and which of the villages that
        # share one it is.
        _city(
            "city",
            silent="{l}.postcode IS NOT NULL AND {r}.postcode IS NOT NULL",
            usual=(0.75, 0.1),
        ),
        _city(
            "town",
            silent="coalesce({l}.postcode = {r}.postcode, true)",
            usual=(0.15, 0.05),
            shown=False,
        ),
        _city(
            "locality",
            silent="coalesce({l}.postcode <> {r}.postcode, true)",
            usual=(0.85, 0.05),
            rare_counts=False,
            shown=False,
        ),
        Field(
            "company",
            (_same("company", 0.7), _alike("company", "similar", from_=0.88, usual=0.15)),
            different=0.15,
        ),
    )
}

# Pairs worth comparing share one of these; an entry is a field or a piece of one.
PIECES: Mapping[str, tuple[str, str]] = {
    "mailbox": ("email", "split_part(split_part(email, '@', 1), '+', 1)"),
    # Both names, whichever of them stands in front.
    "names": (
        "first_name",
        "CASE WHEN first_name < last_name THEN first_name || ' ' || last_name "
        "ELSE last_name || ' ' || first_name END",
    ),
    "year": ("birth", "left(birth, 4)"),
    "birthday": ("birth", "substr(birth, 5, 4)"),
    "first_1": ("first_name", "left(first_name, 1)"),
    "first_2": ("first_name", "left(first_name, 2)"),
    "first_3": ("first_name", "left(first_name, 3)"),
    "last_1": ("last_name", "left(last_name, 1)"),
    "last_2": ("last_name", "left(last_name, 2)"),
    "last_3": ("last_name", "left(last_name, 3)"),
}
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("mailbox",),
    ("address",),
    ("last_name", "first_name"),
    ("names", "postcode"),
    ("names", "city"),
    ("names", "birthday"),
    ("last_name", "postcode"),
    ("first_name", "postcode"),
    ("last_name", "city"),
    ("first_name", "city"),
    ("birth", "last_1"),
    ("birth", "first_1"),
    ("birth", "postcode"),
    ("last_name", "year"),
    ("first_name", "year"),
    ("last_name", "birthday"),
    ("first_name", "birthday"),
    ("first_2", "last_2", "year"),
    ("city", "year"),
    ("postcode", "year"),
    ("postcode", "first_3"),
    ("city", "last_3"),
    ("company", "last_name"),
)
# Rules that pair records of one person often enough to learn from.
TRAINING: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("birth",),
    ("last_name", "first_name"),
    ("last_name", "postcode"),
)
# Rules that hardly ever pair two persons: they tell how many pairs there are to find.
STRICT: tuple[tuple[str, ...], ...] = (
    ("email",),
    ("phone",),
    ("birth", "last_name"),
    ("birth", "first_name"),
    ("last_name", "first_name", "postcode"),
    ("last_name", "first_name", "city"),
    ("last_name", "first_name", "company"),
)


def piece_sql(name: str) -> str:
    return PIECES[name][1] if name in PIECES else name


def field_of(name: str) -> str:
    return PIECES[name][0] if name in PIECES else name


def among(rules: tuple[tuple[str, ...], ...], present: set[str]) -> list[tuple[str, ...]]:
    """The rules that need no other field than these."""
    return [rule for rule in rules if {field_of(name) for name in rule} <= present]


def absent_sql(field: Field) -> str:
    """SQL of whether two records cannot be compared by a field, or need not be."""
    return f"{{l}}.{field.name} IS NULL OR {{r}}.{field.name} IS NULL OR {field.silent}"


def level_sql(field: Field, left: str, right: str) -> str:
    """SQL of the place of the level at which two records compare, `different` last; -1: absent."""
    cases = " ".join(
        f"WHEN {level.sql.format(l=left, r=right)} THEN {place}"
        for place, level in enumerate(field.levels)
    )
    absent = absent_sql(field).format(l=left, r=right)
    return f"CASE WHEN {absent} THEN -1 {cases} ELSE {len(field.levels)} END"


def evidence_sql(left: str, right: str) -> str:
    """SQL that tells how two records compare: `field=code` or `field=code:0.93`, joined by |."""
    cells = [_cell(field, left, right) for field in FIELDS.values() if field.shown]
    return f"concat_ws('|', {', '.join(cells)})"


def _cell(field: Field, left: str, right: str) -> str:
    name = field.name
    cases = " ".join(
        f"WHEN {level.sql.format(l=left, r=right)} THEN '{name}={level.code}'"
        for level in field.levels
    )
    text = f"CASE {cases} ELSE '{name}=different' END"
    if field.measured:
        alike = ALIKE.format(name).format(l=left, r=right)
        text = f"({text} || printf(':%.2f', {alike}))"
    return f"CASE WHEN {left}.{name} IS NOT NULL AND {right}.{name} IS NOT NULL THEN {text} END"
