"""Perenne: what each customer is worth, why, and what to do about it."""

__version__ = "0.1.0"
