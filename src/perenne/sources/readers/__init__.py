"""Readers: one module per kind of file. Each gives a sample, then every row as text."""

from perenne.sources.readers.files import load, look

__all__ = ["load", "look"]
