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
    speakers = [cleaned[name] for name in ("orders", "refunds", *tables.RELATION)]
    link = keep("customer_links", tables.links(speakers, cleaned["customers"], key))
    order = keep("orders", tables.orders(cleaned["orders"], link))
    line = keep("order_lines", tables.lines(cleaned["lines"], order))
    return {
        "customer_links": link,
        "orders": order,
        "order_lines": line,
        "refunds": keep("refunds", tables.refunds(cleaned["refunds"], link)),
        "customers": keep(
            "customers", tables.customers(order, line, link, told=cleaned["customers"])
        ),
        "contacts": keep("contacts", tables.contacts(cleaned["customers"], link)),
        "products": keep("products", tables.shaped(cleaned["products"], "products")),
        "costs": keep("costs", tables.shaped(cleaned["costs"], "costs")),
        "consents": keep("consents", tables.consents(cleaned["consents"], link)),
        "events": keep("events", tables.events(cleaned["events"], link)),
        "subscriptions": keep(
            "subscriptions", tables.subscriptions(cleaned["subscriptions"], link)
        ),
        "surveys": keep("surveys", tables.surveys(cleaned["surveys"], link)),
    }
