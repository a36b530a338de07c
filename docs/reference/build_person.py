"""Writes person.schema.json from the record itself: `make reference`."""

import json
from pathlib import Path

PAGE = Path(__file__).with_name("person.schema.json")


def render() -> str:
    """Return the JSON Schema of a customer's record."""
    from perenne.reports import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
