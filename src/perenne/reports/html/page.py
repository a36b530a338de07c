"""The page: figures, then blocks, then one self-contained HTML text."""

from __future__ import annotations
