"""Writes the generated half of connectors.md from the kinds of live sources: `make reference`."""

from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("connectors.md")
MARK = "<!-- generated below by docs/reference/build_connectors.py -->"
OWN = "perenne."


def kinds() -> list[Any]:
    """Every kind that ships with Perenne."""
    from perenne.sources.connectors import connector, connector_kinds

    found = [connector(kind) for kind in connector_kinds()]
    return [one for one in found if one.settings.__module__.startswith(OWN)]


def render(found: list[Any]) -> str:
    """Return the generated half of the page: streams, settings and secrets of each kind."""
    return "\n\n".join(_section(one) for one in found) + "\n"


def _section(one: Any) -> str:
    from docs.reference.build_settings import Table, markdown, settings_of
    from perenne.sources.connectors import variable

    streams = ["| stream | asks | fills |", "|---|---|---|"]
    streams += [
        f"| `{s.name}` | `{s.endpoint}` | {', '.join(f'`{t}`' for t in s.tables)} |"
        for s in one.streams()
    ]
    secrets = ["| secret | variable of a connection `shop` | meaning |", "|---|---|---|"]
    secrets += [
        f"| `{s.name}` | `{variable('shop', s.name)}` | {s.meaning!s}"
        f"{' (optional)' if s.optional else ''} |"
        for s in one.secrets
    ]
    settings = markdown(list(settings_of(Table("", "", one.settings))))
    heading = f'## {one.title} (`kind = "{one.kind}"`)'
    return "\n".join([heading, "", *streams, "", *settings, "", *secrets])


def main() -> None:
    """Rewrite the generated half of the page."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0].rstrip()
    PAGE.write_text(f"{written}\n\n{MARK}\n\n{render(kinds())}", encoding="utf-8")


if __name__ == "__main__":
    main()
