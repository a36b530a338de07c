"""Secrets of a connection: from the environment, or from a file that only its owner may read."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import LazyText
from perenne.text import gettext as _

HIDDEN = "•••"
SECRETS_FILE = "secrets.toml"


@dataclass(frozen=True)
class Secret:
    """A secret that a connector needs. `optional` ones may be absent."""

    name: str
    meaning: str | LazyText
    optional: bool = False


class Secrets(Mapping[str, str]):
    """The secrets of one connection. They are handed out by name and never printed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(f'{name}={HIDDEN}' for name in self._values)})"

    def hide(self, text: str) -> str:
        """`text` with every secret in it blotted out."""
        for value in sorted(self._values.values(), key=len, reverse=True):
            if value:
                text = text.replace(value, HIDDEN)
        return text

    def also(self, name: str, value: str) -> Secrets:
        """These secrets and one more, such as a token that the platform gave."""
        return Secrets({**self._values, name: value})


def variable(connection: str, secret: str) -> str:
    """The environment variable of a secret, such as PERENNE_SHOP_CLIENT_SECRET."""
    return "_".join(
        ["PERENNE", *(re.sub(r"[^A-Z0-9]+", "_", word.upper()) for word in (connection, secret))]
    )


def find_secrets(
    connection: str,
    wanted: tuple[Secret, ...],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Secrets:
    """The secrets of `connection`. A variable wins over `secrets.toml` in `folder`.

    Raises PerenneError when one is missing, or when others than its owner may read the file.
    """
    variables = os.environ if environment is None else environment
    file = Path(variables.get("PERENNE_SECRETS", folder / SECRETS_FILE))
    written = _read(file, connection) if file.exists() else {}
    found = {}
    for secret in wanted:
        name = variable(connection, secret.name)
        value = variables.get(name) or written.get(secret.name)
        if value:
            found[secret.name] = value.strip()
        elif not secret.optional:
            raise PerenneError(
                _("The connection “{connection}” lacks its secret {secret} ({meaning}).").format(
                    connection=connection, secret=secret.name, meaning=secret.meaning
                ),
                given=sorted(written),
                allowed=[name, str(file)],
                next_step=_(
                    "Set the variable {variable}, or write {secret} under [{connection}] in {file} "
                    "and run: chmod 600 {file}"
                ).format(variable=name, secret=secret.name, connection=connection, file=file),
            )
    return Secrets(found)


def _read(file: Path, connection: str) -> dict[str, str]:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        raise PerenneError(
            _("Others than you may read the secrets in {file} (mode {mode}).").format(
                file=file, mode=f"{mode:04o}"
            ),
            given=f"{mode:04o}",
            allowed=["0600"],
            next_step=_("Run: chmod 600 {file}").format(file=file),
        )
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The reason of the reader would quote the line, and the line may hold a secret.
        raise PerenneError(
            _("{file} is not valid TOML.").format(file=file),
            given=str(file),
            next_step=_('Write it as: [{connection}] and below it name = "value".').format(
                connection=connection
            ),
        ) from None
    table = values.get(connection, {})
    return {name: str(value) for name, value in table.items()} if isinstance(table, dict) else {}
