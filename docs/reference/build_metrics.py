"""Writes metrics.md, the list of every metric, from the catalogues: `make reference`."""

from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).with_name("metrics.md")
PACKAGE = Path(__file__).resolve().parents[2] / "src" / "perenne"
HEAD = """\
# Metrics

Every metric of `perenne kpis`, written from the catalogue by `make reference`; not edited by hand.
The conventions behind them stand in [Conventions](../explanation/conventions.md).
"""


def catalogue() -> dict[str, dict[str, Any]]:
    """Return the definition of each metric by its identifier, parts and files in their order."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(PACKAGE.glob("*/catalogue/*.yaml")):
        found.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def render(metrics: dict[str, dict[str, Any]]) -> str:
    """Return the page: one section per metric, by identifier."""
    return "\n".join([HEAD, *(_section(name, metrics[name]) for name in sorted(metrics))])


def _section(name: str, metric: dict[str, Any]) -> str:
    label, definition, formula = metric["label"], metric["definition"], metric["formula"]
    return "\n".join(
        [
            f"## `{name}`",
            "",
            f"**{label['en']}** ({label['fr']}). {definition['en'].strip()}",
            "",
            f"- Formula: {formula['en'].strip()}",
            f"- Unit: {metric['unit']}; to be followed {metric['frequency']}",
            "",
        ]
    )


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(render(catalogue()), encoding="utf-8")


if __name__ == "__main__":
    main()
