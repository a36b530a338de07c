"""A table of results that becomes Arrow, pandas or Polars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from perenne.metrics import Figure

if TYPE_CHECKING:
    import pandas
    import polars


@dataclass(frozen=True)
class Frame:
    """Arrow inside; libraries that read Arrow streams take it as it is."""

    arrow: pa.Table

    def pandas(self) -> pandas.DataFrame:
        """As pandas (install `perenne[pandas]`); money stays decimal."""
        return self.arrow.to_pandas()

    def polars(self) -> polars.DataFrame:
        """As Polars (install `perenne[polars]`); money stays decimal."""
        import polars

        frame = polars.from_arrow(self.arrow)
        assert isinstance(frame, polars.DataFrame)
        return frame

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.arrow.to_pylist()
        return rows

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.arrow.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        return f"Frame({self.arrow.num_rows} rows: {', '.join(self.arrow.column_names)})"

    @classmethod
    def of_figures(cls, figures: Iterable[Figure], *, by: Iterable[str]) -> Frame:
        """Values as floats (null with a note where a figure cannot be computed)."""
        rows = [
            {
                "metric": figure.metric,
                **{name: (figure.group or {}).get(name) for name in by},
                "value": None if figure.value is None else float(figure.value),
                "low": figure.interval.low if figure.interval else None,
                "high": figure.interval.high if figure.interval else None,
                "unit": figure.unit,
                "from": figure.period.start,
                "to": figure.period.end,
                "note": figure.note,
            }
            for figure in figures
        ]
        groups = [(name, pa.string()) for name in by]
        schema = pa.schema(
            [
                ("metric", pa.string()),
                *groups,
                ("value", pa.float64()),
                ("low", pa.float64()),
                ("high", pa.float64()),
                ("unit", pa.string()),
                ("from", pa.date32()),
                ("to", pa.date32()),
                ("note", pa.string()),
            ]
        )
        return cls(pa.Table.from_pylist(rows, schema=schema))
