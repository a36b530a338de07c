"""Do the rules give every customer a segment? Tried on every case that the rules can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from perenne.core import PerenneError
from perenne.segments.conditions import SCORE_NAMES, SCORES, Range
from perenne.segments.settings import Rule, SegmentSettings
from perenne.text import gettext as _

Scores = tuple[int, int, int]
Customer = Mapping[str, int | bool]
_SHOWN = 12


@dataclass(frozen=True)
class RuleProblem:
    """Something a reader of the rules should know; none of these stops a refresh."""

    kind: Literal["overlap", "never_used"]
    rule: str
    earlier: str | None
    """The rule that comes first and wins; None for a rule that is never used."""
    scores: tuple[Scores, ...]
    """(recency, frequency, monetary) for which both fit."""

    def __str__(self) -> str:
        if self.kind == "never_used":
            text = _("The segment “{rule}” is never used: earlier rules take all its cases.")
            return text.format(rule=self.rule)
        return _("“{earlier}” comes before “{rule}” and wins for scores {scores}.").format(
            earlier=self.earlier, rule=self.rule, scores=name_scores(self.scores)
        )


def validate_rules(settings: SegmentSettings) -> tuple[RuleProblem, ...]:
    """Overlaps (the earlier rule wins) and rules that are never used.

    Raises `PerenneError` naming the scores for which no rule fits, in any case of order count,
    days and inactivity that the rules can tell apart.
    """
    fitting = {
        case: [rule.id for rule in settings.rules if rule.fits(dict(case))]
        for case in _cases(settings.rules)
    }
    if gaps := [case for case, rules in fitting.items() if not rules]:
        raise _uncovered(gaps)
    return (*_overlaps(fitting), *_never_used(settings.rules, fitting))


def name_scores(scores: Iterable[Scores]) -> str:
    """Write `555, 554, …`: recency, frequency, monetary; at most twelve of them."""
    codes = ["".join(str(score) for score in cell) for cell in sorted(set(scores))]
    rest = len(codes) - _SHOWN
    shown = ", ".join(codes[:_SHOWN])
    return _("{scores} and {n} more").format(scores=shown, n=rest) if rest > 0 else shown


_Case = tuple[tuple[str, int | bool], ...]


def _cases(rules: Iterable[Rule]) -> Iterator[_Case]:
    """One customer for every combination that some condition could tell from another."""
    conditions = [condition for rule in rules for condition in rule.when]
    values: dict[str, Iterable[int | bool]] = dict.fromkeys(SCORE_NAMES, SCORES)
    for name, first in (("orders", 1), ("days_since_last_order", 0)):
        ranges = [found for each in conditions if (found := each.ranges.get(name))]
        values[name] = _ends(ranges, first=first)
    values["inactive"] = (False, True)
    for combination in product(*values.values()):
        yield tuple(zip(values, combination, strict=True))


def _ends(ranges: Iterable[Range], *, first: int) -> list[int]:
    """The first value of every stretch that no range cuts."""
    starts = {first}
    for asked in ranges:
        starts |= {asked.min or first} | ({asked.max + 1} if asked.max is not None else set())
    return sorted(start for start in starts if start >= first)


def _scores(case: _Case) -> Scores:
    found = dict(case)
    return (int(found["recency"]), int(found["frequency"]), int(found["monetary"]))


def _overlaps(fitting: Mapping[_Case, list[str]]) -> Iterator[RuleProblem]:
    shared: dict[tuple[str, str], set[Scores]] = {}
    for case, rules in fitting.items():
        for later in rules[1:]:
            shared.setdefault((later, rules[0]), set()).add(_scores(case))
    for (later, earlier), scores in shared.items():
        yield RuleProblem("overlap", later, earlier, tuple(sorted(scores)))


def _never_used(rules: Iterable[Rule], fitting: Mapping[_Case, list[str]]) -> Iterator[RuleProblem]:
    used = {fits[0] for fits in fitting.values()}
    for rule in rules:
        if rule.id not in used:
            yield RuleProblem("never_used", rule.id, None, ())


def _uncovered(gaps: list[_Case]) -> PerenneError:
    scores = sorted({_scores(case) for case in gaps})
    text = _("No segment rule covers the scores {scores} (recency, frequency, monetary){case}.")
    return PerenneError(
        text.format(scores=name_scores(scores), case=_example(gaps[0])),
        given=scores,
        next_step=_("Add a rule under [segments] in perenne.toml that takes the rest."),
    )


def _example(case: _Case) -> str:
    found = dict(case)
    text = _(", for example with {orders} order(s), {days} day(s) since the last one, {activity}")
    return text.format(
        orders=found["orders"],
        days=found["days_since_last_order"],
        activity=_("inactive") if found["inactive"] else _("not inactive"),
    )
