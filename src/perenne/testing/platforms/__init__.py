"""Fake platforms, one per kind of live source. Each answers as the real one is documented to."""
