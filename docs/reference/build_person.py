"""Writes person.schema.json and account.schema.json from the records: `make reference`."""

import json
from pathlib import Path

PAGE = Path(__file__).with_name("person.schema.json")
ACCOUNT = Path(__file__).with_name("account.schema.json")


def render() -> str:
    """Return the JSON Schema of a customer's record."""
    from perenne.reports import json_schema

    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def render_account() -> str:
    """Return the JSON Schema of an account's record."""
    from perenne.reports import account_schema

    return json.dumps(account_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    ACCOUNT.write_text(render_account(), encoding="utf-8")
