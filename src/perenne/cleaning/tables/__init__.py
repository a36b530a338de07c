"""Cleaning as Ibis expressions: lazy, nothing runs here."""
