"""Erasing a person: who they are, what names them, rewriting without them, and the proof of it."""
