"""The truth as figures: what a correct reading of the exports must find."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from perenne.demo import channels, season
from perenne.demo.season import Calendar, Ints
from perenne.demo.spending import ACQUISITION, Spend
from perenne.demo.tally import Tally, month_names

Facts = dict[str, Any]

_MONEY = ("revenue", "returns")
_TOLERANCE = (
    "An importer that splits the order's Taxes, rounded to the cent, over taxable lines and "
    "shipping may differ by half a cent per order; one that splits the discount over lines, by "
    "a cent per line."
)
_PREFIXES = ("", "guest_", "new_", "returning_", "first_order_", "later_order_")


def truth(
    tally: Tally, without_gift_cards: Tally, *, spending: Sequence[Spend], planted: Counter[str]
) -> Facts:
    """Everything known about the shop as of the end of its history, ready for JSON.

    Money is in euros without tax, rounded to four decimals; spending as invoiced. The same
    figures are given again under `without_gift_card_orders`, for a reading that does not count
    an order of gift cards alone.
    """
    calendar = tally.calendar
    return {
        "as_of": calendar.until.isoformat(),
        "start": calendar.start.isoformat(),
        "currency": "EUR",
        "timezone": "Europe/Paris",
        **_figures(tally, spending),
        "without_gift_card_orders": _figures(without_gift_cards, spending),
        "planted": dict(sorted(planted.items())),
        "channel_marks": {
            "tags": channels.tag_marks(),
            "utm": {f"{s} / {m}": name for (s, m), name in channels.utm_marks().items()},
        },
        "process": _process(),
        "tolerance": {"per_order": 0.005, "note": _TOLERANCE},
    }


def _figures(tally: Tally, spending: Sequence[Spend]) -> Facts:
    return {
        "kpis": kpis(tally),
        "by_month": _by_month(tally),
        "by_channel": _by_channel(tally, spending),
        "cohorts": _cohorts(tally),
    }


def _sum(tally: Tally, name: str) -> int:
    return int(tally.months[name].sum())


def _euros(ten_thousandths: int) -> float:
    return round(ten_thousandths / 10_000, 4)


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 10) if whole else None


def _net(tally: Tally, prefix: str = "") -> int:
    return _sum(tally, f"{prefix}revenue") - _sum(tally, f"{prefix}returns")


def _margin(tally: Tally, prefix: str = "") -> int:
    cost = _sum(tally, f"{prefix}cost") - _sum(tally, f"{prefix}returned_cost")
    return _net(tally, prefix) - 100 * cost


def kpis(tally: Tally) -> Facts:
    """Figures over all history, as of its end."""
    orders, revenue = _sum(tally, "orders"), _sum(tally, "revenue")
    net, margin = _net(tally), _margin(tally)
    return {
        "orders": orders,
        "product_revenue": _euros(revenue),
        "returns": _euros(_sum(tally, "returns")),
        "net_revenue": _euros(net),
        "average_order_value": _ratio(_euros(revenue), orders),
        "first_order_revenue": _euros(_net(tally, "first_order_")),
        "later_order_revenue": _euros(_net(tally, "later_order_")),
        "guest_revenue": _euros(_net(tally, "guest_")),
        "guest_orders": _sum(tally, "guest_orders"),
        "guest_order_share": _ratio(_sum(tally, "guest_orders"), orders),
        "margin": _euros(margin),
        "margin_rate": _ratio(margin, net),
        "margin_per_order": _ratio(_euros(revenue - 100 * _sum(tally, "cost")), orders),
        "net_margin_per_order": _ratio(_euros(margin), orders),
        "return_rate": _ratio(_sum(tally, "returns"), revenue),
        "returned_order_share": _ratio(tally.totals["orders_with_returns"], orders),
        "discount_share": _ratio(tally.totals["discount"], tally.totals["gross_revenue"]),
        "discounted_order_share": _ratio(tally.totals["discounted_orders"], orders),
        "gift_card_only_orders": tally.totals["gift_card_only_orders"],
        "gift_card_sales": tally.totals["gift_card_revenue_cents"] / 100,
        "free_orders": tally.totals["free_orders"],
        **_customer_kpis(tally),
    }


def _customer_kpis(tally: Tally) -> Facts:
    depth = tally.depth.tolist()
    customers = sum(depth[1:])
    recent = tally.totals
    identified = _net(tally, "new_") + _net(tally, "returning_")
    margin = _margin(tally, "new_") + _margin(tally, "returning_")
    return {
        "simulated_people": sum(depth),
        "customers": customers,
        "customers_with_repeat": sum(depth[2:]),
        "repeat_purchase_rate": _ratio(sum(depth[2:]), customers),
        "one_order_share": _ratio(depth[1], customers),
        "orders_per_customer": _ratio(
            _sum(tally, "new_orders") + _sum(tally, "returning_orders"), customers
        ),
        "order_n_to_next": {
            str(n): _ratio(sum(depth[n + 1 :]), sum(depth[n:])) for n in range(1, 6)
        },
        "purchase_frequency": _ratio(
            recent["orders_last_365_days"], recent["buyers_last_365_days"]
        ),
        "days_to_second_order": median(tally.second),
        "days_between_orders": median(_apart(tally.gaps)),
        "days_between_orders_mean": _mean(_apart(tally.gaps)),
        "days_between_orders_with_same_day": median(tally.gaps),
        "historical_clv": _ratio(_euros(identified), customers),
        "historical_clv_margin": _ratio(_euros(margin), customers),
    }


def _apart(gaps: Ints) -> Ints:
    """Gaps between different days: orders of one day count as one visit."""
    apart = gaps.copy()
    apart[0] = 0
    return apart


def median(counts: Ints) -> float | None:
    """The median of whole days, from how often each occurs."""
    total = int(counts.sum())
    if not total:
        return None
    reached = counts.cumsum()
    low = int((reached <= (total - 1) // 2).sum())
    high = int((reached <= total // 2).sum())
    return (low + high) / 2


def _mean(counts: Ints) -> float | None:
    return _ratio(float(sum(d * n for d, n in enumerate(counts.tolist()))), int(counts.sum()))


def _by_month(tally: Tally) -> list[Facts]:
    return [
        _one_month(tally, place, month) for place, month in enumerate(month_names(tally.calendar))
    ]


def _one_month(tally: Tally, place: int, month: str) -> Facts:
    value = {name: int(values[place]) for name, values in tally.months.items()}
    facts: Facts = {"month": month, "new_customers": value["first_order_orders"]}
    for prefix in _PREFIXES:
        facts[f"{prefix}orders"] = value[f"{prefix}orders"]
        for name in _MONEY:
            facts[f"{prefix}{name}"] = _euros(value[f"{prefix}{name}"])
        net = value[f"{prefix}revenue"] - value[f"{prefix}returns"]
        facts[f"{prefix}net_revenue"] = _euros(net)
    cost = value["cost"] - value["returned_cost"]
    facts["margin"] = _euros(value["revenue"] - value["returns"] - 100 * cost)
    return facts


def _by_channel(tally: Tally, spending: Sequence[Spend]) -> list[Facts]:
    """True channel of acquisition, and the channel that the first order shows in the exports."""
    rows = []
    for place, name in enumerate((*channels.NAMES, "unknown")):
        known = place < len(channels.NAMES)
        acquired = int(tally.acquired[place]) if known else 0
        visible = int(tally.visible[place])
        spent = {ACQUISITION: 0, "retention": 0}
        for spend in spending:
            if spend.channel == name:
                spent[spend.kind] += spend.cents
        cost = spent[ACQUISITION] / 100
        rows.append(
            {
                "channel": name,
                "customers_acquired": acquired,
                "customers_visible": visible,
                "acquisition_spend": cost,
                "retention_spend": spent["retention"] / 100,
                "cac": _ratio(cost, acquired) if cost else None,
                "cac_visible": _ratio(cost, visible) if cost else None,
            }
        )
    return rows


def _cohorts(tally: Tally) -> Facts:
    """Monthly cohorts: buyers by months since the first order; the first cell is the size."""
    months = month_names(tally.calendar)
    triangle = tally.cohorts.tolist()
    return {month: triangle[place][place:] for place, month in enumerate(months)}


def _process() -> Facts:
    base = {"r": channels.R, "alpha": channels.ALPHA, "s": channels.S, "beta": channels.BETA}
    factors = {
        channel.name: {"rate": channel.rate, "dropout": channel.dropout}
        for channel in channels.CHANNELS
    }
    return {
        "model": "Pareto/NBD in operational time, days",
        **base,
        "channel_factors": factors,
        "yearly_growth": season.YEARLY_GROWTH,
        "future_days": season.FUTURE_DAYS,
    }


__all__ = ["Calendar", "Facts", "kpis", "median", "truth"]
