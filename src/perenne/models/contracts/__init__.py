"""Subscriptions: how long customers stay."""

__all__: list[str] = []
