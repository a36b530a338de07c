"""A list of products that the orders do not speak of is told, and so is how to read it rightly; one
that names them by another of its codes is understood; a dry run leaves nothing behind."""

from pathlib import Path

import pytest

from tests.cli.files import write
from tests.cli.program import succeed

LINES = (
    "order_id,order_date,customer_id,product_id,quantity,unit_price\n"
    "A1,2025-01-03,c1,11,1,10.00\nA2,2025-02-03,c2,12,2,10.00\n"
)
LIST = "web_no,sku,name,cost\n11,T-11,Green tea,4.00\n12,T-12,Black tea,5.00\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "lines.csv", LINES), write(tmp_path / "products.csv", LIST)


def test_products_that_nobody_bought_are_told_and_read_anew(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    said = succeed("run", *files, "--into", shop, "--currency", "EUR").all
    assert "Of 2 products sold, 0 stand in the product lists" in said
    assert "--map product_id=COLUMN" in said
    succeed("import", files[1], "--map", "product_id=web_no", "--workspace", shop)
    assert "product lists" not in succeed("refresh", "--workspace", shop).all
    margin = succeed("kpis", "margin", "--period", "2025-02", "--workspace", shop).all
    assert "€10.00" in margin  # two of the second at 10, less 5 each


def test_products_are_known_by_their_number_beside_their_sku(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    write(files[1], LIST.replace("web_no", "id"))
    said = succeed("run", *files, "--into", shop, "--currency", "EUR").all
    assert "product lists" not in said
    margin = succeed("kpis", "margin", "--period", "2025-02", "--workspace", shop).all
    assert "€10.00" in margin


def test_a_dry_run_leaves_nothing(files: tuple[Path, Path], tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    said = succeed("run", *files, "--into", shop, "--dry-run").all
    assert "recognised as order_lines" in said
    assert "recognised as products" in said
    assert not shop.exists()
