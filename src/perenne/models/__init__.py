"""Predictions: what each customer will be worth, with honest intervals, judged by backtests."""

from pathlib import Path

from perenne.models.schema import HORIZONS, PREDICTED
from perenne.models.settings import PredictionSettings

CATALOGUE = Path(__file__).parent / "catalogue" / "predicted.yaml"
"""The metrics of the table `predictions`, for the one catalogue."""

__all__ = ["CATALOGUE", "HORIZONS", "PREDICTED", "PredictionSettings"]
