"""How often and for how long customers buy."""

__all__: list[str] = []
