"""Log-likelihood and gradient of the Pareto/NBD whose covariates differ by customer and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from perenne.models.histories import Floats, check_histories
from perenne.models.purchases.dynamic_histories import PurchaseRows
from perenne.models.purchases.dynamic_paths import Paths, Sources
from perenne.models.purchases.dynamic_walk import Quiet, Silence, Values, Walk


@dataclass(frozen=True)
class PanelLikelihood:
    """Free parameters (logarithms of r, alpha, s, beta; life; trans) → value and gradient.

    The same form as the plain Pareto/NBD, with the clocks A, B of each customer in place of time
    (Bachmann, Meierer & Näf 2021), times exp(γ'x) at each repeat purchase.
    """

    frequency: Floats
    weights: Floats
    paths: Paths
    quiet: Quiet
    trans: Floats
    life: Floats
    effects: Floats  # (trans,): sums of covariates at repeat purchases
    ridge: float

    @classmethod
    def of(
        cls,
        rows: PurchaseRows,
        sources: Sources,
        *,
        trans: Sequence[str],
        life: Sequence[str],
        ridge: float,
    ) -> PanelLikelihood:
        """Raises PerenneError for bad histories, a gap in a source, or an unknown covariate."""
        frequency, recency, tenure = rows.histories()
        check_histories(frequency, recency, tenure)
        end = np.full(frequency.size, rows.until)
        since = end - tenure + recency
        paths = Paths.of(sources, rows.customer_ids, born=end - tenure, cuts=(since, end))
        again = rows.repeats
        customer = rows.customer[again]
        here = paths.columns(trans)[paths.segment_at(customer, rows.time[again])]
        return cls(
            frequency,
            rows.weights,
            paths,
            Quiet.between(paths, since, end),
            trans=paths.columns(trans),
            life=paths.columns(life),
            effects=rows.weights[customer] @ here,
            ridge=ridge,
        )

    def penalty(self, free: Floats) -> float:
        return 0.5 * self.ridge * float(free[4:] @ free[4:])

    def __call__(self, free: Floats) -> tuple[float, Floats]:
        at = self._at(free)
        walk = Walk.of(self.paths, at, trans=self.trans, life=self.life)
        shape = at.r + self.frequency
        silence = Silence.of(walk, shape, quiet=self.quiet, means=True)
        each = gammaln(shape) - gammaln(at.r) - self.frequency * np.log(at.alpha)
        value = float(self.weights @ (each + silence.log_whole))
        value += float(self.effects @ at.trans) - self.penalty(free)
        core, life, trans = self._slopes(walk, shape, silence)
        core[0] += self.weights @ (psi(shape) - psi(at.r))
        core[1] -= self.weights @ self.frequency / at.alpha
        life, trans = life - self.ridge * at.life, trans + self.effects - self.ridge * at.trans
        return value, np.concatenate((core * np.exp(free[:4]), life, trans))

    def _at(self, free: Floats) -> Values:
        r, alpha, s, beta = np.exp(free[:4])
        life, trans = np.split(free[4:], [self.life.shape[1]])
        return Values(float(r), float(alpha), float(s), float(beta), life, trans)

    def _slopes(self, walk: Walk, shape: Floats, silence: Silence) -> tuple[Floats, Floats, Floats]:
        """Of the silences: by r, alpha, s, beta; by the effects on dropout; on purchases."""
        at, who = walk.at, self.paths.customer[self.quiet.silent]
        alive, gone = self.weights * silence.alive, self.weights[who] * silence.share
        end_a, end_b = walk.clocks(self.quiet.lived)
        from_a, from_b = walk.bought[self.quiet.silent], walk.left[self.quiet.silent]
        log_a, in_a, log_b, in_b = silence.means
        # Mean of 1 / (α + A) and of 1 / (β + B) where the customer goes.
        near_a, near_b = (1 - in_a) / (at.alpha + from_a), (1 - in_b) / (at.beta + from_b)
        by_r = -alive @ np.log1p(end_a / at.alpha) - gone @ (np.log1p(from_a / at.alpha) + log_a)
        by_s = -alive @ np.log1p(end_b / at.beta)
        by_s += gone @ (1 / at.s - np.log1p(from_b / at.beta) - log_b)
        pull_a, push_a = alive * shape / (at.alpha + end_a), gone * shape[who] * near_a
        pull_b, push_b = alive * at.s / (at.beta + end_b), gone * (at.s + 1) * near_b
        by_alpha = (alive @ shape + gone @ shape[who]) / at.alpha - pull_a.sum() - push_a.sum()
        by_beta = at.s * (alive.sum() + gone.sum()) / at.beta - pull_b.sum() - push_b.sum()
        trans = -self._pulled(walk.buying, self.trans, pull_a, push_a)
        trans -= (gone * shape[who] * in_a) @ self.trans[self.quiet.silent]
        life = -self._pulled(walk.leaving, self.life, pull_b, push_b)
        life += (gone * (1 - (at.s + 1) * in_b)) @ self.life[self.quiet.silent]
        return np.array([by_r, by_alpha, by_s, by_beta]), life, trans

    def _pulled(self, rates: Floats, covariates: Floats, pull: Floats, push: Floats) -> Floats:
        """Σ of a clock's slopes: `pull` at the end of each customer, `push` at silent segments."""
        passed = (rates * self.paths.length)[:, None] * covariates
        at_end = np.where(self.quiet.lived[:, None], passed, 0.0)
        slope: Floats = pull @ self.paths.total(at_end)
        return slope + push @ self.paths.before(passed)[self.quiet.silent]
