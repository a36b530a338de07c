"""Papers to take away: the report of a snapshot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from perenne.reports import ReportInput, write_html_report
from perenne.workspace.identities import account
from perenne.workspace.shop import Shop


def write_report(shop: Shop, file: Path) -> None:
    """Write the report of the snapshot in the current language. Raises PerenneError."""
    data = ReportInput(
        shop_name=shop.settings.shop.name,
        catalogue=shop.catalogue,
        tables=shop.tables,
        context=shop.context,
        account=shop.account,
        fetch=shop.engine.fetch,
        segment_settings=shop.settings.segments,
        generated_at=datetime.now(ZoneInfo(shop.context.time_zone)),
        prediction=shop.snapshot.manifest.get("prediction"),
        subscriptions=shop.snapshot.manifest.get("subscriptions"),
        identity=account(shop),
    )
    write_html_report(data, file)
