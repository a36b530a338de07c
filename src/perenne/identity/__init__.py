"""The single customer view: which source ids are which customer."""

from perenne.identity.jobs import identify

__all__ = ["identify"]
