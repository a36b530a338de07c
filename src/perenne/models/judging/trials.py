"""Trials: a contender fitted on a shop's past, asked for what has happened since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.forecast import Contender, FittedContender, Forecast
from perenne.models.ledger import Ledger, Outcome
from perenne.text import gettext as _

MINIMUM_HISTORY = 90
AT_MOST = 6
# Customers and draws from which weights and recalibration are learnt.
CUSTOMERS = 5_000
DRAWS = 100


def first_day(ledger: Ledger) -> int:
    """Where history begins: the day before which one row in 200 lies, as strays are no history."""
    return int(np.quantile(ledger.day, 0.005, method="lower"))


def origins(
    ledger: Ledger, horizon: int, *, history: int | None = None, at_most: int = AT_MOST
) -> tuple[int, ...]:
    """Days to predict from, earliest first: as many as fit, by one rule.

    The last is `until - horizon`; the others go back by half a horizon (28 days at least) while
    `history` days (a horizon, 90 at least) lie before. Empty when none fits.
    """
    before = max(horizon, MINIMUM_HISTORY) if history is None else history
    earliest = first_day(ledger) + before
    steps = range(ledger.until - horizon, earliest - 1, -max(horizon // 2, 28))
    return tuple(reversed(steps[:at_most]))


def rehearsals(ledger: Ledger, horizon: int, *, at_most: int = 4) -> tuple[tuple[int, int], ...]:
    """(origin, horizon) pairs inside `ledger` from which to learn for `horizon`, earliest first.

    The horizon itself when half of it (90 days at least) lies before an origin; else a third of
    the history, the longest that leaves more than one origin.
    """
    usual = origins(ledger, horizon, history=max(horizon // 2, MINIMUM_HISTORY), at_most=at_most)
    if usual:
        return tuple((origin, horizon) for origin in usual)
    short = (ledger.until - first_day(ledger)) // 3
    if short < 14:
        return ()
    shorter = origins(ledger, short, history=short, at_most=at_most)
    return tuple((origin, short) for origin in shorter)


def fingerprint(ledger: Ledger) -> str:
    """Hash of all that a contender could read in a ledger."""
    digest = hashlib.blake2b(str(ledger.until).encode(), digest_size=16)
    for name in ("customer", "day", "orders", "net", "returned", "margin", "customer_ids"):
        _hash(digest, getattr(ledger, name))
    for more in (ledger.columns, ledger.attributes):
        for name in sorted(more):
            digest.update(name.encode())
            _hash(digest, more[name])
    if ledger.events is not None:
        # What was known by a day is told by the day; the rows themselves may be many.
        past = ledger.events.as_of(ledger.until)
        digest.update(f"{past.kinds} {past.day.size} {past.count.sum()}".encode())
    return digest.hexdigest()


def _hash(digest: hashlib.blake2b, values: npt.NDArray[np.generic]) -> None:
    if values.dtype.hasobject:
        digest.update("\x1f".join(map(str, values.tolist())).encode())
    else:
        digest.update(np.ascontiguousarray(values).tobytes())


@contextmanager
def numbers_that_hold(name: str) -> Iterator[None]:
    """A contender whose numbers run off on some data has refused them: PerenneError says so.

    One contender that fails must not keep the others from predicting.
    """
    try:
        yield
    except (ArithmeticError, ValueError) as error:
        raise _run_off(name, error) from error


def ask(
    fitted: FittedContender,
    ledger: Ledger,
    *,
    horizon: int,
    draws: int,
    rng: np.random.Generator,
) -> Forecast:
    """`fitted.forecast`; PerenneError when its numbers run off, or are no numbers."""
    with numbers_that_hold(fitted.name):
        told = fitted.forecast(ledger, horizon=horizon, draws=draws, rng=rng)
    for values in (told.mean_orders, told.mean_value, told.value):
        if values is not None and not np.isfinite(values).all():
            raise _run_off(fitted.name, _("it says what is no number"))
    return told


def _run_off(name: str, reason: object) -> PerenneError:
    return PerenneError(
        _("The numbers of {name} run off on these data: {reason}.").format(
            name=name, reason=reason
        ),
        next_step=_("The other models predict; leave this one out under [predictions]."),
    )


@dataclass(frozen=True)
class Evidence:
    """A past forecast of one contender beside what happened.

    forecast and outcome are of up to 5,000 customers, the same ones for every contender; totals are
    of all: (value, orders).
    """

    horizon: int
    forecast: Forecast
    outcome: Outcome
    predicted: tuple[float, float]
    actual: tuple[float, float]


@dataclass
class Rehearsal:
    """Fits and evidence made once and used by all who ask, as fits are slow.

    What is kept is found by the hash of the past that it was made from, so that nothing learnt
    from later data can be taken for it.
    """

    fits: dict[tuple[str, str, int], FittedContender | PerenneError] = field(default_factory=dict)
    told: dict[tuple[str, str, int], tuple[Forecast, tuple[float, float]]] = field(
        default_factory=dict
    )

    def fit(
        self, contender: Contender, ledger: Ledger, *, horizon: int, rng: np.random.Generator
    ) -> FittedContender:
        """As `contender.fit`; the same refusal is raised each time."""
        key = (_which(contender), fingerprint(ledger), horizon)
        if key not in self.fits:
            try:
                with numbers_that_hold(contender.name):
                    self.fits[key] = contender.fit(ledger, horizon=horizon, rng=rng)
            except PerenneError as refusal:
                self.fits[key] = refusal
        found = self.fits[key]
        if isinstance(found, PerenneError):
            raise found
        return found

    def evidence(
        self, contender: Contender, ledger: Ledger, *, horizon: int, rng: np.random.Generator
    ) -> list[Evidence | None]:
        """One entry per rehearsal inside `ledger`; None where the contender refused."""
        found: list[Evidence | None] = []
        for origin, length in rehearsals(ledger, horizon):
            past = ledger.as_of(origin)
            try:
                sample, predicted = self._tell(contender, past, horizon=length, rng=rng)
            except PerenneError:
                found.append(None)
                continue
            outcome = ledger.outcome(past, horizon=length)
            actual = float(outcome.value.sum()), float(outcome.orders.sum())
            kept = thinned(past.customers)
            found.append(Evidence(length, sample, part_of(outcome, kept), predicted, actual))
        return found

    def _tell(
        self, contender: Contender, past: Ledger, *, horizon: int, rng: np.random.Generator
    ) -> tuple[Forecast, tuple[float, float]]:
        key = (_which(contender), fingerprint(past), horizon)
        if key not in self.told:
            fitted = self.fit(contender, past, horizon=horizon, rng=rng)
            whole = ask(fitted, past, horizon=horizon, draws=DRAWS, rng=rng)
            totals = float(whole.mean_value.sum()), float(whole.mean_orders.sum())
            self.told[key] = some(whole, thinned(past.customers)), totals
        return self.told[key]


def _which(contender: Contender) -> str:
    """A contender put right bears the name of the one it puts right, and is another."""
    return f"{type(contender).__name__} {contender.name}"


def thinned(customers: int) -> slice:
    """Every k-th customer, so that at most 5,000 are kept."""
    return slice(None, None, -(-customers // CUSTOMERS))


def part_of(outcome: Outcome, kept: slice) -> Outcome:
    return Outcome(outcome.orders[kept], outcome.value[kept], outcome.margin[kept])


def some(forecast: Forecast, kept: slice) -> Forecast:
    """The forecast of the customers `kept`, as copies that do not hold on to the rest."""
    return Forecast(
        forecast.mean_orders[kept].copy(),
        forecast.mean_value[kept].copy(),
        None if forecast.orders is None else forecast.orders[:, kept].copy(),
        None if forecast.value is None else forecast.value[:, kept].copy(),
    )
