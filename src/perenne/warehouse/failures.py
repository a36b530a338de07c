"""What a failure of the disk or of memory is, whoever of Python, DuckDB and Arrow met it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Literal

import duckdb

Failure = Literal["full", "read_only", "refused", "memory", "unread"]
"""The disk is full, or is read-only, or refuses; memory does not suffice; a file cannot be read."""

_ERRNO: dict[int, Failure] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read_only",
    errno.EACCES: "refused",
    errno.EPERM: "refused",
    errno.EIO: "unread",
}
# DuckDB and Arrow tell the reason of the system in words of the C library.
_WORDS: tuple[tuple[str, Failure], ...] = (
    ("no space left on device", "full"),
    ("max_temp_directory_size", "full"),
    ("disk quota exceeded", "full"),
    ("read-only file system", "read_only"),
    ("permission denied", "refused"),
    ("out of memory error", "memory"),
    ("could not allocate", "memory"),
)


_READERS = ("pyarrow", "py4j", "pyspark")


def failure_of(error: BaseException) -> Failure | None:
    """What stood in the way; None for an error of another kind. `unread` is a guess: something that
    was read made no sense, which damage explains, and a mistake in Perenne too."""
    for one in chain(error):
        if isinstance(one, OSError) and one.errno in _ERRNO:
            return _ERRNO[one.errno]
        if isinstance(one, MemoryError):
            return "memory"
        if isinstance(one, OSError | duckdb.Error):
            text = str(one).casefold()
            for words, failure in _WORDS:
                if words in text:
                    return failure
    return "unread" if any(map(_of_reading, chain(error))) else None


def _of_reading(error: BaseException) -> bool:
    module = type(error).__module__
    return isinstance(error, OSError | duckdb.Error) or module.startswith(_READERS)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and those that it came from."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
