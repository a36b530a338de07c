"""Give every cleaned fact its customer: the canonical tables of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perenne.identity.tables import facts, relation
from perenne.warehouse import Table

Keep = Callable[[str, Table], Table]


def identify(cleaned: Mapping[str, Table], *, key: str, keep: Keep) -> dict[str, Table]:
    """Canonical tables from cleaned ones (`Cleaned.tables`).

    One source gives one customer by its own id or e-mail. Linking persons across sources adds
    links with other rules and probabilities to the same `customer_links` table. `keep` writes a
    table and hands back what was written.
    """
    speakers = [cleaned[name] for name in ("orders", "refunds", *relation.RELATION)]
    link = keep("customer_links", facts.links(speakers, cleaned["customers"], key))
    order = keep("orders", facts.orders(cleaned["orders"], link))
    line = keep("order_lines", facts.lines(cleaned["lines"], order))
    return {
        "customer_links": link,
        "orders": order,
        "order_lines": line,
        "refunds": keep("refunds", facts.refunds(cleaned["refunds"], link)),
        "customers": keep(
            "customers",
            facts.customers(order, line, link, told=relation.told(cleaned["customers"], link)),
        ),
        "contacts": keep("contacts", facts.contacts(cleaned["customers"], link)),
        "products": keep("products", facts.shaped(cleaned["products"], "products")),
        "costs": keep("costs", facts.shaped(cleaned["costs"], "costs")),
        "consents": keep("consents", relation.consents(cleaned["consents"], link)),
        "events": keep("events", relation.events(cleaned["events"], link)),
        "subscriptions": keep(
            "subscriptions", relation.subscriptions(cleaned["subscriptions"], link)
        ),
        "surveys": keep("surveys", relation.surveys(cleaned["surveys"], link)),
    }
