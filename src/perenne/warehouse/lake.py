"""A lake: the bucket that holds the tables of a workspace, while the folder keeps pointers to them.

A pointer is a small file in the place and under the name of the Parquet file, and names an object.
It is moved, linked, signed and taken away as the file would be, so that the lock, the journal and
the one-step renames of the folder hold for a bucket, which has none of them. An object is written
once under a name that is never used twice, and goes when no pointer names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.warehouse.parts import empty_in, files_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_HEAD = b'{"lake": '
WORK = "work"
"""Below it lies what a run on Spark writes under way; what is published is copied out of it."""
OWNER = ".perenne"
"""The object that says whose lake it is."""
_SPARK = {"s3": "s3a", "abfs": "abfss", "az": "abfss", "gcs": "gs"}
"""What Hadoop calls a store that fsspec calls otherwise."""
DRIVERS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"} | dict.fromkeys(
    ("abfs", "abfss", "az"), "adlfs"
)


@dataclass(frozen=True)
class Pointer:
    """An object of the lake: its key below the address, its size in bytes, the hash of its content,
    and the mark by which the store tells one content from another (an ETag, a time)."""

    key: str
    bytes: int
    sha256: str
    mark: str

    def write(self, path: Path) -> None:
        """Put this pointer in the place of `path`, in one step: others may hold a link to what
        stands there."""
        text = _HEAD.decode() + json.dumps(asdict(self)) + "}\n"
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


def pointer(path: Path) -> Pointer | None:
    """What the pointer `path` says; None where it is a file of its own, or nothing at all, of which
    the engine that reads it has to say."""
    try:
        with path.open("rb") as file:
            if file.read(len(_HEAD)) != _HEAD:
                return None
            rest = file.read()
    except FileNotFoundError:
        return None
    try:
        return Pointer(**json.loads(_HEAD + rest)["lake"])
    except (ValueError, TypeError, KeyError) as error:
        raise PerenneError(
            _("{file} cannot be read: {reason}.").format(file=path, reason=error),
            given=str(path),
            next_step=_("Run perenne doctor to see what else is damaged."),
        ) from error


class Lake:
    """Tables at `address` (`s3://bucket/shop`), reached through fsspec with these `options`.

    Without an address, as for most workspaces, every table lies in the folder.
    """

    def __init__(self, address: str = "", options: Mapping[str, Any] | None = None) -> None:
        self.address = address.rstrip("/")
        folder = {"auto_mkdir": True} if address.startswith("file:") else {}
        self._options = {**folder, **(options or {})}
        self._listed: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.address)

    @cached_property
    def files(self) -> AbstractFileSystem:
        """The file system of fsspec. Raises PerenneError when its driver is not installed."""
        protocol = self.address.partition("://")[0]
        try:
            import fsspec

            with self._reached():
                found: AbstractFileSystem = fsspec.filesystem(protocol, **self._options)
                return found
        except ImportError as error:
            driver = DRIVERS.get(protocol, "fsspec")
            raise PerenneError(
                _("The lake {address} needs {driver}, which is not installed.").format(
                    address=self.address, driver=driver
                ),
                given=self.address,
                next_step=_("Install it: pip install {driver}").format(driver=driver),
            ) from error

    # What stands where.

    def place(self, file: Path) -> str:
        """What an engine reads for a file of the workspace: itself, or the object that it names."""
        named = pointer(file)
        if named is None:
            return str(file)
        self._list(named.key.rpartition("/")[0])
        return self.url(named.key)

    def places(self, table: Path) -> list[str]:
        """The same for a table: one file, or a folder of parts."""
        return [self.place(file) for file in files_of(table)]

    def url(self, key: str) -> str:
        if not self:
            raise PerenneError(
                _("A table of this workspace lies in a lake, and lake.address is not set."),
                given=key,
                next_step=_("Put the address of the lake back into [lake] in perenne.toml."),
            )
        return f"{self.address}/{key}"

    def for_spark(self, key: str) -> str:
        """An object as Hadoop names it."""
        protocol, mark, rest = self.url(key).partition("://")
        return f"{_SPARK.get(protocol, protocol)}{mark}{rest}"

    # What is known of a table without reading its rows.

    def footers(self, table: Path) -> Iterator[pq.FileMetaData]:
        """The footers of a table's files."""
        for file in files_of(table):
            named = pointer(file)
            if named is None:
                yield pq.read_metadata(file)
                continue
            with self._reached(), self.files.open(self.url(named.key), "rb") as opened:
                yield pq.read_metadata(opened)

    def rows_of(self, table: Path) -> int:
        """Rows of a table."""
        return sum(footer.num_rows for footer in self.footers(table))

    def empty_columns(self, table: Path) -> set[str]:
        """Columns of a table that hold nothing at all."""
        found = [empty_in(footer) for footer in self.footers(table)]
        return set.intersection(*found) if found else set()

    # Writing.

    def keep(self, file: Path, key: str) -> None:
        """Bring a file into the lake under a key that no pointer names; a pointer takes its place.
        What lies in the lake already stays, but for what a run has written under way."""
        named = pointer(file)
        if not self or (named and not named.key.startswith(f"{WORK}/")):
            return
        with self._reached():
            if named is None:
                with file.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
                self.files.put_file(str(file), self.url(key))
            else:
                digest = self._digest(named.key)
                self.files.copy(self.url(named.key), self.url(key))
            self._listed.discard(key.rpartition("/")[0])
            self._pointer(key, digest).write(file)

    def lend(self, file: Path) -> str:
        """The key of a copy of a file of this machine, for executors that do not see its disk."""
        key = f"{self.work()}/{file.name}"
        with self._reached():
            self.files.put_file(str(file), self.url(key))
        return key

    @staticmethod
    def work() -> str:
        """A key below which nothing lies yet; the next run that writes sweeps it."""
        return f"{WORK}/{secrets.token_hex(8)}"

    def written(self, below: str) -> list[Pointer]:
        """Pointers to the Parquet files that an engine has written below a key, in their order."""
        with self._reached():
            self._look_again()
            found = sorted(self.files.find(self.url(below)))
            keys = [self._key(one) for one in found if one.endswith(".parquet")]
            return [self._pointer(key, "") for key in keys]

    def _pointer(self, key: str, digest: str) -> Pointer:
        told = self.files.info(self.url(key))
        return Pointer(key, int(told["size"]), digest, _mark(told))

    # Soundness and order.

    def unsound(self, files: Iterable[Path]) -> set[Path]:
        """Those of some files whose object is gone or has another content than it had."""
        named = {file: found for file in files if (found := pointer(file))}
        if not named:
            return set()
        there: dict[str, Mapping[str, Any]] = {}
        with self._reached():
            self._look_again()
            for folder in {one.key.rpartition("/")[0] for one in named.values()}:
                found = self.files.find(self.url(folder), detail=True)
                there |= {self._key(name): told for name, told in found.items()}
            return {file for file, one in named.items() if not self._is_sound(one, there)}

    def _is_sound(self, one: Pointer, there: Mapping[str, Mapping[str, Any]]) -> bool:
        told = there.get(one.key)
        if told is None or told["size"] != one.bytes:
            return False
        # A copy of the lake has other marks and the same content.
        return _mark(told) == one.mark or self._digest(one.key) == one.sha256

    def claim(self, owner: str) -> None:
        """Write down that this lake is of `owner`. Raises PerenneError when it is another's, or
        holds something that is no one's: what no pointer names would be swept away."""
        if not self:
            return
        with self._reached():
            if self.files.exists(self.url(OWNER)):
                if self.files.cat_file(self.url(OWNER)).decode("utf-8", "replace") == owner:
                    return
            elif not self.files.find(self.address):
                self.files.makedirs(self.address, exist_ok=True)
                self.files.pipe_file(self.url(OWNER), owner.encode())
                return
        raise PerenneError(
            _("{address} belongs to another workspace, or holds other files.").format(
                address=self.address
            ),
            given=self.address,
            next_step=_("Set lake.address to a folder of its own, such as {example}.").format(
                example=f"{self.address}/perenne"
            ),
        )

    def sweep(self, pointers: Iterable[Pointer]) -> int:
        """Remove every object that none of the `pointers` names; how many there were."""
        if not self:
            return 0
        kept = {one.key for one in pointers} | {OWNER}
        with self._reached():
            self._look_again()
            gone = [one for one in self.files.find(self.address) if self._key(one) not in kept]
            if gone:
                self.files.rm(gone)
        return len(gone)

    def keeps_versions(self) -> bool:
        """Does the store keep what is removed, as far as it can be asked?"""
        ask = getattr(self.files, "is_bucket_versioned", None)
        if ask is None:
            return False
        with self._reached():
            bucket = self.address.partition("://")[2].partition("/")[0]
            return bool(ask(bucket))

    def _list(self, folder: str) -> None:
        """Have the driver know the objects of a folder: else it asks for each, several times."""
        if folder not in self._listed:
            with self._reached():
                self.files.find(self.url(folder))
            self._listed.add(folder)

    def _look_again(self) -> None:
        self.files.invalidate_cache()
        self._listed.clear()

    def _digest(self, key: str) -> str:
        with self.files.open(self.url(key), "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()

    def _key(self, name: str) -> str:
        """The key of an object that the store has listed, which leaves the protocol out."""
        root = self.files._strip_protocol(self.address)
        return name[len(str(root)) :].lstrip("/")

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """What a store says in its own words, as one error."""
        try:
            yield
        except (PerenneError, ImportError):
            raise
        except Exception as error:  # Every driver raises errors of its own.
            reason = re.split(r"[\r\n]", str(error) or type(error).__name__)[0]
            raise PerenneError(
                _("The lake {address} cannot be reached: {reason}.").format(
                    address=self.address, reason=reason.rstrip(".")
                ),
                given=self.address,
                next_step=_(
                    "Check [lake] in perenne.toml, the credentials in the environment and the "
                    "network; then run this again."
                ),
            ) from error


def _mark(told: Mapping[str, Any]) -> str:
    names = ("ETag", "etag", "md5Hash", "content_md5", "crc32c", "mtime")
    return next((str(told[name]).strip('"') for name in names if told.get(name)), "")
