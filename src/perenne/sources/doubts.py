"""What looks wrong in a staged file though every row reads: said, and nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_text

# With fewer consents than this, all alike is no wonder.
_FEW = 20


def doubts(tables: Mapping[str, Path], *, rows: int, engine: DuckEngine) -> tuple[str, ...]:
    """Sentences on what a person should check in these staged tables of a file of `rows` rows."""
    if not rows:
        return (
            _(
                "The file has a header and no row: there is nothing to import. Should it have "
                "rows, export it again."
            ),
        )
    if "consents" not in tables:
        return ()
    told = engine.duck.execute(
        f"""
        SELECT channel, count(*), count(*) FILTER (status = 'subscribed'), count(said_on)
        FROM read_parquet({quote_text(str(tables["consents"]))})
        WHERE NOT suppressed GROUP BY 1 ORDER BY 1
        """
    ).fetchall()
    return tuple(
        _(
            "All {count} consents for {channel} are given and none has a date: such a column has "
            "often been filled by hand. Check where it comes from before you write to anybody."
        ).format(count=count, channel=channel)
        for channel, count, given, dated in told
        if count >= _FEW and given == count and not dated
    )
