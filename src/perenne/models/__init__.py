"""Predictions: what each customer will be worth, with honest intervals, judged by backtests."""

__all__: list[str] = []
