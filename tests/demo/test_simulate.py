"""The job as a whole: same seed, same bytes; bounded memory; clear refusals."""

import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.demo import jobs, simulate
from perenne.text import use_language


def _contents(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        simulate(tmp_path / name, customers=150, years=2, seed=seed)
    first, second, other = (_contents(tmp_path / name) for name in "abc")
    assert first == second
    assert first.keys() == other.keys()
    same = {name for name in first if first[name] == other[name]}
    assert same == {"shopify/products_export.csv"}


def test_many_chunks_make_one_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_CHUNK", 40)
    heard: list[tuple[int, int]] = []
    shop = simulate(
        tmp_path, customers=150, years=1, progress=lambda done, total: heard.append((done, total))
    )
    assert shop.customers == 150
    assert heard[0] == (1, 16)
    assert heard[-1] == (16, 16)
    assert heard == sorted(heard)


def test_a_smaller_shop_leaves_nothing_of_the_larger_one(tmp_path: Path) -> None:
    simulate(tmp_path, customers=60, years=3)
    shop = simulate(tmp_path, customers=60, years=1)
    left = sorted((tmp_path / "shopify").glob("orders_export_*.csv"))
    assert left == [path for path in shop.files if path.name.startswith("orders_export")]


@pytest.mark.parametrize("until", [date(2024, 2, 29), date(2025, 6, 15), date(2026, 1, 1)])
def test_any_last_day(tmp_path: Path, until: date) -> None:
    shop = simulate(tmp_path, customers=1, years=1, until=until)
    assert shop.orders >= 1


@pytest.mark.parametrize(("name", "value"), [("customers", 0), ("seed", -1), ("years", 16)])
def test_refuses_what_is_out_of_range(tmp_path: Path, name: str, value: int) -> None:
    options = {name: value}
    with pytest.raises(PerenneError) as refused:
        simulate(tmp_path / "shop", **options)  # type: ignore[arg-type]  # one of several ints
    assert str(refused.value).startswith(f"The simulated shop cannot have {name} = {value}.")
    assert "Choose a whole number from" in refused.value.next_step
    assert not (tmp_path / "shop").exists()


def test_refuses_a_file_for_a_folder_in_french(tmp_path: Path) -> None:
    file = tmp_path / "shop"
    file.write_text("occupied", encoding="utf-8")
    with use_language("fr"), pytest.raises(PerenneError, match="est un fichier, pas un dossier"):
        simulate(file)
    assert file.read_text(encoding="utf-8") == "occupied"


@pytest.mark.long
def test_memory_does_not_grow_with_the_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_CHUNK", 500)
    simulate(tmp_path / "first", customers=20, several=False)  # loads what is loaded once
    peaks, written = [], []
    for years in (1, 4):
        found = []
        for turn in range(2):  # what something else keeps by the way is not kept twice
            tracemalloc.start()
            folder = tmp_path / f"{years}-{turn}"
            shop = simulate(folder, customers=1500 * years, years=years, several=False)
            found.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        peaks.append(min(found))
        written.append(sum(path.stat().st_size for path in shop.files))
    assert written[1] > 5 * written[0]
    # The last months are larger too, as the shop grows: memory follows them, not the history.
    assert peaks[1] < 3 * peaks[0]
    assert peaks[1] < written[1]
