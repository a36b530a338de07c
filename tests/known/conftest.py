"""The raw files, and the hand-written SQL ready to be asked about them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.known import hand_shop
from tests.known.product import Shop
from tests.known.twins import Twins

UCI_AS_OF = date(2010, 12, 9)


def _existing(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"known-answer data not present: {path}")
    return path


@pytest.fixture(scope="session")
def uci_file(shared_data: Path) -> Path:
    return _existing(shared_data / "online_retail_2_year1" / "online_retail_II_2009_2010.parquet")


@pytest.fixture(scope="session")
def cdnow_sample(shared_data: Path) -> Path:
    return _existing(shared_data / "cdnow" / "cdnow_sample.parquet")


@pytest.fixture(scope="session")
def cdnow_master(shared_data: Path) -> Path:
    return _existing(shared_data / "cdnow" / "cdnow_master.parquet")


@pytest.fixture(scope="session")
def cdnow_published(shared_data: Path) -> Path:
    folder = shared_data / "cdnow"
    return _existing(folder / "lifetimes_cdnow_summary_with_transactions.parquet")


@pytest.fixture(scope="session")
def rfm_orders(shared_data: Path) -> Path:
    return _existing(shared_data / "rfm_package_orders" / "rfm_data_orders.parquet")


@pytest.fixture(scope="session")
def retail_transactions(shared_data: Path) -> Path:
    folder = shared_data / "retail_transactions_response"
    return _existing(folder / "Retail_Data_Transactions.parquet")


@pytest.fixture(scope="session")
def uci(uci_file: Path) -> Twins:
    return Twins("online_retail", file=str(uci_file), as_of=UCI_AS_OF)


@pytest.fixture(scope="session")
def uci_window(uci: Twins) -> int:
    window = uci.value("learn_window")
    assert window is not None
    return int(window)


@pytest.fixture(scope="session")
def hand_shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_shop.write(tmp_path_factory.mktemp("hand_shop") / "hand_shop.parquet")


@pytest.fixture(scope="session")
def by_hand(hand_shop_file: Path) -> Twins:
    return Twins("online_retail", file=str(hand_shop_file), as_of=hand_shop.AS_OF)


@pytest.fixture(scope="session")
def hand_product(hand_shop_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("hand_product") / "shop"
    return Shop(folder, hand_shop_file, "--as-of", hand_shop.AS_OF.isoformat())


@pytest.fixture(scope="session")
def uci_product(uci_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("uci_product") / "shop", uci_file)
