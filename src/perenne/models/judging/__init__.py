"""Backtests: scores, the champion, recalibration and drift."""

__all__: list[str] = []
