"""What is asked of Spark, and what a person is told when it cannot run."""

from __future__ import annotations

import builtins
import gc
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.text import use_language
from perenne.warehouse import SparkEngine, spark
from tests.engines import need_spark


def refused(**asked: Any) -> PerenneError:
    with pytest.raises(PerenneError) as caught:
        SparkEngine(**asked)
    return caught.value


def java(folder: Path, said: str) -> str:
    """A folder with a `java` that says its version."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    return str(folder)


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "pyspark":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    error = refused()
    assert error.what == "The engine Spark needs PySpark, which is not installed."
    assert 'pip install "perenne[spark]"' in error.next_step


def test_without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    error = refused()
    assert error.what == "The engine Spark needs Java 17 or later; found: none."
    assert "JAVA_HOME" in error.next_step
    with use_language("fr"):
        assert refused().what == (
            "Le moteur Spark demande Java 17 ou plus récent ; trouvé : aucun."
        )


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('java version "1.8.0_392"', None),
        ('openjdk version "11.0.21" 2023-10-17', None),
        ('openjdk version "17.0.15" 2025-04-15', "17"),
        ('openjdk version "21" 2023-09-19', "21"),
    ],
)
def test_java_is_known_by_what_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, found: str | None
) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "java", said))
    if found:
        assert spark.look()[1] == found
    else:
        with pytest.raises(PerenneError, match=r"found: (8|11)"):
            spark.look()


def test_a_setting_that_figures_depend_on_is_refused() -> None:
    with pytest.raises(PerenneError) as caught:
        spark.checked({"spark.sql.session.timeZone": "Europe/Paris"})
    assert caught.value.what == (
        "The Spark setting spark.sql.session.timeZone must stay UTC: figures depend on it."
    )
    assert caught.value.given == "Europe/Paris"


def test_the_owner_s_settings_win_over_the_usual_ones() -> None:
    asked = spark.checked({"spark.sql.adaptive.enabled": "false", "spark.executor.cores": "4"})
    assert asked["spark.sql.adaptive.enabled"] == "false"
    assert asked["spark.executor.cores"] == "4"
    assert asked["spark.sql.ansi.enabled"] == "true"


@pytest.mark.slow
def test_a_master_that_does_not_answer_is_named() -> None:
    need_spark()
    error = refused(master="nowhere://host")
    assert error.what.startswith("Spark did not start on nowhere://host: ")
    assert "engine.master" in error.next_step
    del error
    gc.collect()  # a pipe left open would be told as an error here
