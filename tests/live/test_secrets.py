"""Secrets: variables first, then a file that only its owner may read; never printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.sources.connectors import Secret, find_secrets, variable
from perenne.testing.bench import write_secrets

WANTED = (Secret("api_key", "a key"), Secret("extra", "more", optional=True))
VALUE = "s3cr3t-value"


def test_variable_wins_over_file(tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets.toml", {"api_key": "of the file", "extra": "of the file"})
    environment = {"PERENNE_SHOP_API_KEY": VALUE}
    found = find_secrets("shop", WANTED, folder=tmp_path, environment=environment)
    assert dict(found) == {"api_key": VALUE, "extra": "of the file"}


def test_names_of_variables() -> None:
    assert variable("ma-boutique_2", "api_key") == "PERENNE_MA_BOUTIQUE_2_API_KEY"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "secrets.toml"
    write_secrets(file, {"api_key": VALUE}, mode=mode)
    with pytest.raises(PerenneError) as refused:
        find_secrets("shop", WANTED, folder=tmp_path, environment={})
    assert refused.value.next_step == f"Run: chmod 600 {file}"
    assert VALUE not in str(refused.value)


def test_another_file_may_be_named(tmp_path: Path) -> None:
    write_secrets(tmp_path / "elsewhere.toml", {"api_key": VALUE})
    environment = {"PERENNE_SECRETS": str(tmp_path / "elsewhere.toml")}
    found = find_secrets("shop", WANTED, folder=tmp_path, environment=environment)
    assert found["api_key"] == VALUE


def test_missing_secret_says_both_ways(tmp_path: Path) -> None:
    with pytest.raises(PerenneError) as refused:
        find_secrets("shop", WANTED, folder=tmp_path, environment={})
    assert "PERENNE_SHOP_API_KEY" in refused.value.next_step
    assert "chmod 600" in refused.value.next_step


def test_damaged_file_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text(f"[shop]\napi_key = {VALUE}\n")
    file.chmod(0o600)
    with pytest.raises(PerenneError) as refused:
        find_secrets("shop", WANTED, folder=tmp_path, environment={})
    assert VALUE not in f"{refused.value} {refused.value.given} {refused.value.__cause__}"


def test_secrets_are_not_printed() -> None:
    found = find_secrets(
        "shop", WANTED, folder=Path("nowhere"), environment={"PERENNE_SHOP_API_KEY": VALUE}
    )
    assert VALUE not in f"{found} {found!r} {[found]}"
    assert found.hide(f"a {VALUE} in a message") == "a ••• in a message"
