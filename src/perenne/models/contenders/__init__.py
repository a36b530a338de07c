"""Ways to predict, behind one interface, so that backtests can choose."""

__all__: list[str] = []
