"""Give every cleaned fact its customer: the canonical tables of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from perenne.identity.attributes import AccountSettings, AcquisitionSettings
from perenne.identity.resolving import Resolved, Task
from perenne.identity.resolving import resolve as resolve_records
from perenne.identity.tables import facts, relation, sharing
from perenne.identity.tables.accounts import accounts
from perenne.identity.tables.acquisition import touches
from perenne.warehouse import Table

Keep = Callable[[str, Table], Table]


@dataclass(frozen=True)
class Settled:
    """Orders that an earlier refresh has identified, beside those that were cleaned.

    `references`: whom they name (source, customer_ref, customer_ref_kind). `records`: own_id,
    customer_id and purchases of each record that ordered. `moved`: canonical orders, order_lines
    and refunds whose customer is another now, with that customer; `records` holds them no more.
    `stayed`: where it is known beforehand who is told as before, their canonical customers;
    `named` are the links of all others.
    """

    references: Table
    records: Table
    moved: Mapping[str, Table] = field(default_factory=dict)
    stayed: Table | None = None
    named: Table | None = None


def own_links(cleaned: Mapping[str, Table], *, key: str, settled: Settled | None = None) -> Table:
    """Schema `customer_links` when each source stands alone: by its own id, e-mail or person."""
    speakers = [cleaned[name] for name in ("orders", "refunds", *relation.RELATION)]
    speakers += [relation.heard(cleaned["consents"])]
    if settled:
        speakers.append(settled.references)
    return facts.links(speakers, cleaned["customers"], key)


def resolve(
    cleaned: Mapping[str, Table], *, key: str, task: Task, settled: Settled | None = None
) -> Resolved:
    """Who is one customer across all sources, from cleaned tables (`Cleaned.tables`)."""
    return resolve_records(
        task,
        alone=task.bring("own_links", own_links(cleaned, key=key, settled=settled)),
        staged=task.bring("persons", cleaned["words"]),
        sold=task.bring("bought", cleaned["orders"]),
        settled=settled.records if settled else None,
    )


@dataclass(frozen=True)
class Newcomers:
    """Who is new where sources tell nothing but ids of their own; lazy. `alone`: schema
    `customer_links`, all whom the cleaned tables name. `links`, `ids`, schemas `customer_links` and
    `customer_ids`: those of them whom no refresh has met, each a customer of its own."""

    alone: Table
    links: Table

    @property
    def ids(self) -> Table:
        return sharing.newcomer_ids(self.links)


def newcomers(
    cleaned: Mapping[str, Table], *, key: str, known: Table, run: int, keep: Keep
) -> Newcomers:
    """Who is new beside the links of an earlier refresh, `known`, as refresh `run` meets them."""
    alone = keep("named_now", own_links(cleaned, key=key))
    return Newcomers(alone, keep("newcomers", sharing.newcomers(alone, known, run=run)))


def identify(
    cleaned: Mapping[str, Table],
    *,
    key: str,
    keep: Keep,
    links: Table | None = None,
    belonging: AccountSettings | None = None,
    acquisition: AcquisitionSettings | None = None,
    settled: Settled | None = None,
) -> dict[str, Table]:
    """Canonical tables from cleaned ones, keyed by the customers of `links` (`Resolved.links`).

    Without them each source stands alone. `keep` writes a table and hands back what was written.
    `belonging` says which customers are one account, `acquisition` which channel brought each.
    With `settled`, `keep` adds its orders, lines and refunds to those that were cleaned.
    """
    link = keep("customer_links", own_links(cleaned, key=key) if links is None else links)
    told = cleaned["customers"]
    account = accounts(told, link, key=key, settings=belonging or AccountSettings())
    earlier, moved = (settled.records, settled.moved) if settled else (None, {})
    found = facts.orders(
        cleaned["orders"], link, account=account, earlier=earlier, moved=moved.get("orders")
    )
    order = keep("orders", found)
    named = settled.named if settled and settled.named is not None else link
    line = keep("order_lines", facts.lines(cleaned["lines"], order, moved.get("order_lines")))
    return {
        "customer_links": link,
        "orders": order,
        "order_lines": line,
        "refunds": keep("refunds", facts.refunds(cleaned["refunds"], link, moved.get("refunds"))),
        "customers": keep(
            "customers",
            facts.customers(
                order,
                line,
                named,
                told=relation.told(told, link),
                account=account,
                touch=touches(
                    cleaned["events"], order, link, settings=acquisition or AcquisitionSettings()
                ),
                stayed=settled.stayed if settled else None,
            ),
        ),
        "contacts": keep("contacts", facts.contacts(cleaned["words"], link)),
        "products": keep("products", facts.shaped(cleaned["products"], "products")),
        "costs": keep("costs", facts.shaped(cleaned["costs"], "costs")),
        "consents": keep("consents", relation.consents(cleaned["consents"], link)),
        "events": keep("events", relation.events(cleaned["events"], link)),
        "subscriptions": keep(
            "subscriptions", relation.subscriptions(cleaned["subscriptions"], link)
        ),
        "surveys": keep("surveys", relation.surveys(cleaned["surveys"], link)),
    }
