"""Spend that meets no customer is told beside the figure that cannot take it off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.files import write
from tests.cli.program import kpis, succeed

ORDERS = "order_id,order_date,customer_id,total,channel,cost\n" + "\n".join(
    f"{n},2024-0{1 + n % 3}-1{n % 9},c{n},100,{'google_ads' if n % 2 else 'seo'},60"
    for n in range(12)
)
SPEND = "month,channel,amount,kind\n2024-01,{name},50,acquisition\n2024-02,{name},30,acquisition\n"
CRM = "2024-01,crm,12,retention\n"


@pytest.mark.parametrize(("name", "lost"), [("google_ads", ""), ("Google Ads", "€80.00")])
def test_what_won_nobody_is_told(name: str, lost: str, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    succeed("init", shop, "--currency", "EUR")
    settings = shop / "perenne.toml"
    text = settings.read_text("utf-8").replace("[predictions]", "[predictions]\nenabled = false", 1)
    settings.write_text(text.replace("[margin]", "[margin]\ndefault_rate = 0.4", 1), "utf-8")
    succeed("import", write(tmp_path / "orders.csv", ORDERS), "--workspace", shop)
    spend = write(tmp_path / "costs.csv", SPEND.format(name=name) + CRM)
    succeed("import", spend, "--source", "costs", "--workspace", shop)
    succeed("refresh", "--workspace", shop)
    (whole,) = kpis(shop, "historical_clv_net")
    told = f"Of €92.00 spent, {lost} are no customer's cost"
    assert (told in (whole["note"] or "")) is bool(lost)
    assert whole["value"] is not None
    split = kpis(shop, "historical_clv_net", "--by", "channel")
    assert not any("spent" in (one["note"] or "") for one in split)
