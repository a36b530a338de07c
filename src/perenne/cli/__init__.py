"""The command line: thin; it reads words, calls the workspace, and prints."""

from perenne.cli.app import main

__all__ = ["main"]
