"""Chance of two kinds: what all customers of a future share, and what is each one's own.

A draw is one possible future of the whole shop. Told in parts, the parts must agree on what is
common to that future (parameters, the error of the model, which model is right), and differ in what
their customers do on their own. The rule for whoever draws: the former is drawn from the generator
given, as often whatever the customers are; the latter from `own` of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Streams that one part may spawn before it meets those of the next.
APART = 1 << 12


def own(rng: np.random.Generator) -> np.random.Generator:
    """A stream for what customers do on their own; nothing is drawn from `rng` itself."""
    return rng.spawn(1)[0]


@dataclass(frozen=True)
class Chance:
    """One generator for each part of a shop: alike themselves, unlike in what they spawn."""

    seed: int

    @classmethod
    def of(cls, rng: np.random.Generator) -> Chance:
        return cls(int(rng.integers(2**63)))

    def part(self, number: int) -> np.random.Generator:
        """The generator of a part, as new each time."""
        seed = np.random.SeedSequence(self.seed, n_children_spawned=number * APART)
        return np.random.default_rng(seed)
