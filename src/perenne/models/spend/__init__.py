"""How much customers spend, and what it amounts to."""

__all__: list[str] = []
