"""Give every cleaned fact its customer: the canonical tables of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perenne.identity import tables
from perenne.warehouse import Table

Keep = Callable[[str, Table], Table]


def identify(cleaned: Mapping[str, Table], *, key: str, keep: Keep) -> dict[str, Table]:
    """Canonical tables from cleaned ones (`Cleaned.tables`).

    One source gives one customer by its own id or e-mail. Linking persons across sources adds
    links with other rules and probabilities to the same `customer_links` table. `keep` writes a
    table and hands back what was written.
    """
    link = keep(
        "customer_links",
        tables.links((cleaned["orders"], cleaned["refunds"]), cleaned["customers"], key),
    )
    order = keep("orders", tables.orders(cleaned["orders"], link))
    line = keep("order_lines", tables.lines(cleaned["lines"], order))
    return {
        "customer_links": link,
        "orders": order,
        "order_lines": line,
        "refunds": keep("refunds", tables.refunds(cleaned["refunds"], link)),
        "customers": keep("customers", tables.customers(order, line, link)),
        "contacts": keep("contacts", tables.contacts(cleaned["customers"], link)),
        "products": keep("products", tables.shaped(cleaned["products"], "products")),
        "costs": keep("costs", tables.shaped(cleaned["costs"], "costs")),
    }
