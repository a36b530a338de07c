"""Gamma draws of many shapes at once, for half of the time that one after the other takes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
# Marsaglia & Tsang's bound within which no logarithm is needed.
SQUEEZE = np.float32(0.0331)
THIRD = np.float32(1 / 3)
TURN = np.float32(2 * np.pi)


def gammas(shape: Singles, rng: np.random.Generator) -> Singles:
    """Draws of Gamma(shape, 1), (n,), in single precision; 0 for a shape of 0.

    Where a shape lies between 0 and 1, for which rejection is not made, all are drawn one by one.
    """
    some = np.flatnonzero(shape > 0)
    known = shape if some.size == shape.size else shape.take(some)
    if known.min(initial=1) < 1:
        return rng.standard_gamma(shape, dtype=np.float32)
    drawn = _drawn(known, rng)
    if known is shape:
        return drawn
    found = np.zeros_like(shape)
    found[some] = drawn
    return found


def _drawn(shape: Singles, rng: np.random.Generator) -> Singles:
    """By rejection from a cubed normal (Marsaglia & Tsang 2000), in whole arrays.

    The few that are rejected are drawn anew, one by one.
    """
    less = shape - THIRD
    normal = normals(shape.size, rng)
    chance = rng.random(shape.size, dtype=np.float32)
    cube = np.sqrt(less)
    cube *= 3
    np.divide(normal, cube, out=cube)
    cube += 1
    drawn: Singles = cube * cube
    drawn *= cube
    normal *= normal
    np.multiply(normal, normal, out=cube)
    cube *= SQUEEZE
    cube += chance
    unsure = np.flatnonzero(cube >= 1)
    wrong = unsure[_rejected(drawn[unsure], normal[unsure], less[unsure], chance[unsure])]
    drawn *= less
    drawn[wrong] = rng.standard_gamma(shape[wrong], dtype=np.float32)
    return drawn


def _rejected(
    cube: Singles, square: Singles, less: Singles, chance: Singles
) -> npt.NDArray[np.bool_]:
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = square / 2 + less * (1 - cube + np.log(cube))
        found: npt.NDArray[np.bool_] = ~((cube > 0) & (np.log(chance) < highest))
    return found


def normals(size: int, rng: np.random.Generator) -> Singles:
    """Standard normal draws in pairs (Box & Muller 1958), in single precision.

    None lies further out than 5.8: of those there would be one in a hundred million.
    """
    half = (size + 1) // 2
    places = rng.random(2 * half, dtype=np.float32)
    far, angle = places[:half], places[half:]
    np.subtract(np.float32(1), far, out=far)
    np.log(far, out=far)
    far *= -2
    np.sqrt(far, out=far)
    angle *= TURN
    found = np.empty(2 * half, dtype=np.float32)
    np.cos(angle, out=found[:half])
    np.sin(angle, out=found[half:])
    found[:half] *= far
    found[half:] *= far
    return found[:size]
