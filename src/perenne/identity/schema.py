"""The tables that this part owns: pairs of records compared, and every id there ever was."""

from __future__ import annotations

from perenne.warehouse import TableSchema
from perenne.warehouse.schemas import columns

PAIRS = TableSchema(
    "identity_pairs",
    "pairs of records that are linked, wait for review, or were decided; no personal data",
    columns(
        ("pair_id", "string", "what `perenne identity accept` and `refuse` take", True),
        ("own_id_1", "string", "the older record, by the id that it has alone", True),
        ("own_id_2", "string", "the younger record", True),
        ("source_1", "string", "", True),
        ("source_2", "string", "", True),
        ("status", "string", "linked | review | refused", True),
        ("rule", "string", "owner | number | email | phone | model", True),
        ("probability", "float64", "1 for a rule; null where no model has compared the two"),
        ("decision", "string", "accept | refuse; null without one"),
        ("evidence", "string", "field=how they compare, separated by |", True),
    ),
    ("pair_id",),
)
IDS = TableSchema(
    "customer_ids",
    "every id that a record has ever had alone, and the customer it leads to today",
    columns(
        ("own_id", "string", "what the customer_id is while nothing is linked to it", True),
        ("customer_id", "string", "null when no record of this snapshot has it"),
        ("since", "int64", "number of the refresh that first saw it", True),
    ),
    ("own_id",),
)
