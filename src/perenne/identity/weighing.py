"""Pairs of records that rules, the model and the owner speak of: which of them are links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.identity.clusters import Ints, components, separated
from perenne.identity.curves import Curves
from perenne.identity.joining import Likeness, joins, odds_of
from perenne.identity.settings import IdentitySettings
from perenne.identity.thresholds import Choosing, Group, Threshold, Wanted

RULES = ("owner", "number", "email", "phone", "model", "email_apart", "phone_apart")
"""What a pair rests on, the strongest first; the last two are an e-mail or a telephone number
shared under first names that contradict each other."""
OWNER, NUMBER, MODEL = (RULES.index(rule) for rule in ("owner", "number", "model"))
APART = len(RULES) - 1
_TOLD = tuple(rule.removesuffix("_apart") for rule in RULES)
NONE, ACCEPT, REFUSE = 0, 1, 2
_SEVERAL = 4
"""Records of a customer that may have been two customers of several records each."""
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_Judged = tuple[float, bool, int]
Contrary = Callable[[Ints], tuple[Ints, Ints]]


@dataclass(frozen=True)
class Pairs:
    """Pairs of records by number, the smaller (older) at the left: the strongest rule that speaks
    for each, what the model gives it (nan: nothing), what the owner decided, and how many of the
    two are known by an identifier that they share."""

    left: Ints
    right: Ints
    rule: Ints
    probability: Floats
    decision: Ints
    known: Ints

    @classmethod
    def of(
        cls,
        left: Ints,
        right: Ints,
        *,
        rule: Ints | int,
        probability: Floats | None = None,
        decision: Ints | int = NONE,
        known: Ints | int = 0,
    ) -> Pairs:
        size = len(left)
        return cls(
            np.minimum(left, right),
            np.maximum(left, right),
            np.broadcast_to(rule, size).astype(np.int64),
            np.full(size, np.nan) if probability is None else probability,
            np.broadcast_to(decision, size).astype(np.int64),
            np.broadcast_to(known, size).astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.left)


def combined(*parts: Pairs, records: int) -> Pairs:
    """Every pair once, with all that the parts say of it."""
    keys = np.concatenate([part.left * records + part.right for part in parts])
    key, place = np.unique(keys, return_inverse=True)
    rule = np.full(len(key), APART)
    np.minimum.at(rule, place, np.concatenate([part.rule for part in parts]))
    probability = np.full(len(key), np.nan)
    np.fmax.at(probability, place, np.concatenate([part.probability for part in parts]))
    decision = np.full(len(key), NONE)
    np.maximum.at(decision, place, np.concatenate([part.decision for part in parts]))
    known = np.zeros(len(key), dtype=np.int64)
    np.maximum.at(known, place, np.concatenate([part.known for part in parts]))
    return Pairs(key // records, key % records, rule, probability, decision, known)


def nobody(root: Ints) -> tuple[Ints, Ints]:
    """Names contradict each other nowhere."""
    return root[:0], root[:0]


def whole(pairs: Pairs, root: Ints) -> Bools:
    """Of each record whether the owner's word, or a number that sources share, holds its customer
    together: names do not speak there."""
    said = (pairs.decision == ACCEPT) | (pairs.rule == NUMBER)
    return np.isin(root, root[np.r_[pairs.left[said], pairs.right[said]]])


def by_rule(pairs: Pairs, records: int, contrary: Contrary) -> Ints:
    """Of each record the oldest record that rules lead to; `contrary` finds, under one root, the
    records whose names contradict each other."""
    sure = (pairs.rule < MODEL) & (pairs.decision == NONE)
    order = _strongest(pairs)
    order = order[sure[order]]
    left, right = pairs.left[order], pairs.right[order]
    root = components(records, left, right)
    return separated(records, left, right, refused=_foes(pairs, root, contrary=contrary))


def _foes(pairs: Pairs, root: Ints, *, contrary: Contrary) -> list[tuple[int, int]]:
    one, other = contrary(root)
    kept = ~whole(pairs, root)[one]
    return list(zip(one[kept].tolist(), other[kept].tolist(), strict=True))


def _strongest(pairs: Pairs) -> Ints:
    """The order in which links are made: rules first, among them what records are known by."""
    strength = np.where(pairs.decision == ACCEPT, OWNER, np.minimum(pairs.rule, MODEL))
    chance = np.nan_to_num(pairs.probability)
    return np.lexsort((pairs.right, pairs.left, -chance, -pairs.known, strength))


@dataclass(frozen=True)
class Weighed:
    """`root`: of each record the oldest record of its customer. `wanted`: which pairs are links,
    unless that would join a refused pair; `torn`: which of these were left out since names would
    contradict each other. `thresholds`: per pair of sources that the model knows. `curves`: how
    often its probabilities are right, by pair of sources; `profile`: that of each pair, by number.
    """

    root: Ints
    wanted: Bools
    torn: Bools
    thresholds: Mapping[str, Threshold]
    curves: Curves
    profile: Ints

    def outcome(self, pairs: Pairs, *, from_: float) -> dict[str, npt.NDArray[np.generic]]:
        """What became of the pairs that concern anybody: those that link, were decided, or wait
        for review. Two records that other pairs link already wait for nothing, nor do those that
        likeness alone gives less than `from_`."""
        together = self.root[pairs.left] == self.root[pairs.right]
        doubtful = (pairs.rule == MODEL) & (np.nan_to_num(pairs.probability) < from_)
        told = self.wanted | (pairs.decision != NONE) | ~(together | doubtful)
        told &= ~self.torn
        accepted = pairs.decision == ACCEPT
        refused = pairs.decision == REFUSE
        status = np.where(refused, "refused", np.where(together, "linked", "review"))
        rule = np.where(accepted, "owner", np.array(_TOLD)[pairs.rule])
        certain = accepted | (pairs.rule < MODEL)
        columns = {
            "l": pairs.left,
            "r": pairs.right,
            "status": status,
            "rule": rule,
            "probability": np.where(certain, 1.0, pairs.probability),
            "decision": np.array(("", "accept", "refuse"))[pairs.decision],
        }
        return {name: column[told] for name, column in columns.items()}


def weigh(
    pairs: Pairs,
    sources: npt.NDArray[np.str_],
    settings: IdentitySettings,
    *,
    contrary: Contrary = nobody,
) -> Weighed:
    """Which pairs are links, and who is then one customer; `sources` is the source of each record.

    Rules and what the owner accepted link; the model links from the threshold of its pair of
    sources on; the two records of a refused pair are never one customer, nor are two whose first
    names contradict each other (`contrary`), unless they are a link themselves. Where likeness
    would join two customers of several records, all of these must speak for it.
    """
    profile, names, source = _profiles(pairs, sources)
    model = _Model(pairs, source, profile)
    choosing = _choosing(model, number=len(names), settings=settings)
    thresholds = dict(zip(names, choosing.thresholds(), strict=True))
    limit = np.array([thresholds[name].value for name in names] or [settings.threshold])
    wanted = ((pairs.rule < MODEL) | (pairs.decision == ACCEPT)) & (pairs.decision != REFUSE)
    wanted |= model.supported(wanted, limit)
    order = _strongest(pairs)
    order = order[wanted[order]]
    left, right = pairs.left[order], pairs.right[order]
    no = pairs.decision == REFUSE
    refused = list(zip(pairs.left[no].tolist(), pairs.right[no].tolist(), strict=True))
    first = separated(len(sources), left, right, refused=refused)
    links = set(zip(left.tolist(), right.tolist(), strict=True))
    foes = [pair for pair in _foes(pairs, first, contrary=contrary) if pair not in links]
    root = separated(len(sources), left, right, refused=refused + foes) if foes else first
    torn = wanted & (first[pairs.left] == first[pairs.right])
    torn &= root[pairs.left] != root[pairs.right]
    told = np.unique(profile[~np.isnan(pairs.probability)])
    return Weighed(
        root,
        wanted,
        torn,
        {names[code]: thresholds[names[code]] for code in told.tolist()},
        choosing.curves(),
        profile,
    )


def _profiles(pairs: Pairs, sources: npt.NDArray[np.str_]) -> tuple[Ints, list[str], Ints]:
    """Of each pair the number of its pair of sources, the names of these, and the number of the
    source of each record."""
    names, code = np.unique(sources, return_inverse=True)
    one, other = code[pairs.left], code[pairs.right]
    both = np.minimum(one, other) * len(names) + np.maximum(one, other)
    found, profile = np.unique(both, return_inverse=True)
    texts = [
        f"{names[number // len(names)]} + {names[number % len(names)]}" for number in found.tolist()
    ]
    return profile.astype(np.int64), texts, code.astype(np.int64)


@dataclass(frozen=True)
class _Model:
    """What likeness says: of each record its `source`, of each pair its pair of sources."""

    pairs: Pairs
    source: Ints
    profile: Ints

    def supported(self, made: Bools, limit: Floats) -> Bools:
        """Pairs that likeness links, beside those that are `made` without it: from the `limit` of
        their pair of sources on, unless the other records of their customers speak against it."""
        pairs = self.pairs
        chance = np.nan_to_num(pairs.probability)
        wanted: Bools = ~made & (chance >= limit[self.profile]) & (pairs.decision != REFUSE)
        root = components(len(self.source), pairs.left[made], pairs.right[made])
        whole = components(len(root), *(_both(pairs, made | wanted)))
        asked = self._in_doubt(wanted, whole, limit)
        if not asked.any():
            return wanted
        heard = asked[whole[pairs.left]] & (chance > 0) & (pairs.decision != REFUSE)
        heard &= whole[pairs.left] == whole[pairs.right]
        steps = joins(root, self.source, self._alike(heard), least=odds_of(limit))
        place = np.flatnonzero(heard)[[step.pairs[0] for step in steps]]
        left, right = pairs.left[place], pairs.right[place]
        joined = components(len(root), np.r_[np.arange(len(root)), left], np.r_[root, right])
        apart = asked[whole[pairs.left]] & (joined[pairs.left] != joined[pairs.right])
        kept: Bools = wanted & ~apart
        return kept

    def _in_doubt(self, wanted: Bools, whole: Ints, limit: Floats) -> Bools:
        """Of each record whether its customer, as all links together would make it (`whole`), has
        a link that an average over so many records might undo."""
        size = np.bincount(whole, minlength=len(whole))
        least = np.full(len(whole), np.inf)
        margin = odds_of(self.pairs.probability[wanted]) / odds_of(limit[self.profile[wanted]])
        np.minimum.at(least, whole[self.pairs.left[wanted]], margin)
        doubtful: Bools = (size >= _SEVERAL) & (least < (size / 2) ** 2)
        return doubtful

    def _alike(self, heard: Bools) -> Likeness:
        left, right = _both(self.pairs, heard)
        odds = odds_of(self.pairs.probability[heard])
        return Likeness(left, right, odds, self.profile[heard])

    def judged(self) -> dict[int, Group]:
        """Of each pair of sources every step in which likeness would join customers: those whose
        likeliest decided pair tells whether they are right, and those that nobody has judged."""
        pairs = self.pairs
        told = ~np.isnan(pairs.probability)
        rules = (pairs.rule < MODEL) & (pairs.decision == NONE)
        root = components(len(self.source), *_both(pairs, rules))
        alike = self._alike(told)
        chance, word = pairs.probability[told], pairs.decision[told]
        least = np.zeros(int(self.profile.max(initial=-1)) + 1)
        found: dict[int, tuple[list[_Judged], list[tuple[float, int]]]] = {}
        for step in joins(root, self.source, alike, least=least):
            seen, open_ = found.setdefault(step.profile, ([], []))
            probability = step.odds / (1 + step.odds)
            decided = [pair for pair in step.pairs if word[pair] != NONE]
            if decided:
                said = word[max(decided, key=lambda pair: (chance[pair], -pair))]
                seen.append((probability, bool(said == ACCEPT), step.number))
            else:
                open_.append((probability, step.number))
        return {profile: Group(seen, open_) for profile, (seen, open_) in found.items()}


def _both(pairs: Pairs, chosen: Bools) -> tuple[Ints, Ints]:
    return pairs.left[chosen], pairs.right[chosen]


def _choosing(model: _Model, *, number: int, settings: IdentitySettings) -> Choosing:
    """The threshold of each pair of sources, measured on what was decided of the model's pairs."""
    pairs = model.pairs
    said = (pairs.decision != NONE) & ~np.isnan(pairs.probability)
    judged = model.judged() if said.any() else {}
    wanted = Wanted(settings.precision, settings.confidence, settings.threshold)
    return Choosing([judged.get(group, Group()) for group in range(number)], wanted)
