"""A sync after an erasure neither brings the person back nor reads their records as new."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.sources.connectors import RECORDS, SECRETS_FILE
from perenne.testing import FakeTime, WooCommercePlatform
from perenne.workspace import (
    Layout,
    connect,
    create,
    erase,
    list_imports,
    open_shop,
    prove,
    refresh_workspace,
    sync,
)
from perenne.workspace.settings import template


def _joined(folder: Path, platform: WooCommercePlatform, time: FakeTime) -> Layout:
    text = template(name="Exemple", currency="EUR", time_zone="Europe/Paris", language="en")
    place = create(folder / "shop", text.replace("# enabled = true ", "enabled = false "))
    secrets = place.root / SECRETS_FILE
    secrets.touch(mode=0o600)
    lines = [f'{name} = "{value}"' for name, value in platform.secrets().items()]
    secrets.write_text("\n".join([f"[{platform.kind}]", *lines, ""]), encoding="utf-8")
    connect(
        place, platform.kind, {"kind": platform.kind, **platform.connection()}, clock=time.clock()
    )
    return place


@pytest.mark.long
def test_a_sync_brings_nobody_back(tmp_path: Path) -> None:
    time = FakeTime()
    with WooCommercePlatform(count=12) as platform:
        place = _joined(tmp_path, platform, time)
        sync(place, clock=time.clock())
        refresh_workspace(place)
        with open_shop(place.root) as shop:
            links = shop.table("customer_links").rows()
            emails = [row["email"] for row in shop.table("contacts").rows() if row["email"]]
            before = shop.kpis().rows()
        erased = erase(place, [emails[0]])
        assert erased.proof is not None
        assert erased.proof.holds, erased.proof.found
        customer = erased.plan.people[0].customer_id
        refs = {row["source_id"] for row in links if row["customer_id"] == customer}
        kept = len(list_imports(place))
        again = sync(place, clock=time.clock())
        assert sum(one.kept for one in again) == 0
        assert len(list_imports(place)) == kept
        for batch in list_imports(place):
            records = pq.read_table(place.raw / batch.id / RECORDS)["record"].to_pylist()
            assert not refs & set(records)
        refresh_workspace(place)
        with open_shop(place.root) as shop:
            assert shop.kpis().rows() == before
        assert prove(place, [emails[0]]).holds
