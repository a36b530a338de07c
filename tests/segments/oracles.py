"""The segments table once more, by loops over customers and from the definitions alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from perenne.core import Period, add_months
from perenne.segments import SegmentSettings
from tests.segments.shop import (
    ZERO,
    Sale,
    Shop,
    age_months,
    continuous_quantile,
    facts_rows,
    in_top,
    margin_of,
    purchase_days,
    quintiles,
    until,
    value_at,
    walk_status,
)

Facts = dict[str, dict[str, Any]]
Rows = dict[str, dict[str, Any]]
CENT_OF_A_CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Oracle:
    """What `assign` should say of `shop` (all of it, later days too) at the end of `as_of`."""

    shop: Shop
    as_of: date
    window: int
    settings: SegmentSettings

    def rows(self) -> Rows:
        facts = facts_at(self.shop, self.as_of)
        named = self.named(facts, self.as_of)
        valued, chance = self.valued(facts), self.chances(named)
        opportunity = self.opportunities(facts, chance)
        days = purchase_days(until(self.shop, self.as_of))
        return {
            customer: {
                **named[customer],
                **valued[customer],
                **chance[customer],
                **opportunity[customer],
                "revenue_12m": facts[customer]["historical_clv_12m"],
                "status": walk_status(days[customer], as_of=self.as_of, window=self.window)[0],
            }
            for customer in facts
        }

    def named(self, facts: Facts, as_of: date) -> Rows:
        recency = quintiles({c: -row["days_since_last_order"] for c, row in facts.items()})
        frequency = quintiles({c: row["orders"] for c, row in facts.items()})
        monetary = quintiles({c: row["revenue"] for c, row in facts.items()})
        named: Rows = {}
        for customer, row in facts.items():
            scores = {
                "recency": recency[customer],
                "frequency": frequency[customer],
                "monetary": monetary[customer],
            }
            inactive = row["days_since_last_order"] > self.window
            seen = {**row, **scores, "inactive": inactive}
            segment = next(rule.id for rule in self.settings.rules if rule.fits(seen))
            named[customer] = {**{f"rfm_{k}": v for k, v in scores.items()}, "segment": segment}
        return named

    def valued(self, facts: Facts) -> Rows:
        n, shop = len(facts), until(self.shop, self.as_of)
        revenue = {c: row["historical_clv_12m"] for c, row in facts.items()}
        margin = {c: row["historical_clv_margin_12m"] for c, row in facts.items()}
        is_known = None not in margin.values()
        best = in_top(margin if is_known else revenue, tenths=2, among=n)
        large, upper = in_top(revenue, tenths=2, among=n), in_top(revenue, tenths=5, among=n)
        basis = "revenue" if margin_of(e for e in shop if e.customer_id) is None else "margin"
        return {
            customer: {
                "size": "large"
                if customer in large
                else "medium"
                if customer in upper
                else "small",
                "is_hvc": customer in best,
                "hvc_basis": "margin" if is_known else "revenue",
                "is_hpc": customer not in best and self.is_ahead(customer, facts, best, basis),
                "hpc_basis": basis,
            }
            for customer in facts
        }

    def is_ahead(self, customer: str, facts: Facts, best: set[str], basis: str) -> bool:
        age = age_months(facts[customer]["first_order_on"], self.as_of)
        reached = [c for c in best if age_months(facts[c]["first_order_on"], self.as_of) >= age]
        if not reached:
            return False
        theirs = [self.value(c, facts, age, basis) for c in reached]
        median = rounded(continuous_quantile(theirs, Decimal("0.5")))
        return self.value(customer, facts, age, basis) > median

    def value(self, customer: str, facts: Facts, age: int, basis: str) -> Decimal:
        own = [e for e in until(self.shop, self.as_of) if e.customer_id == customer]
        return value_at(own, facts[customer]["first_order_on"], age, basis=basis)

    def scored_on(self) -> date | None:
        first = min(each.day for each in self.shop if each.customer_id and each.is_order)
        if first <= add_months(self.as_of, -24):
            return add_months(self.as_of, -12)
        window = timedelta(days=self.window)
        return self.as_of - window if first <= self.as_of - window - window else None

    def chances(self, named: Rows) -> Rows:
        day = self.scored_on()
        if day is None:
            missing = {"chance_of_another_order": None, "opportunity_note": "history_too_short"}
            return dict.fromkeys(named, missing)
        then = self.named(facts_at(self.shop, day), day)
        later = {e.customer_id for e in self.shop if day < e.day <= self.as_of and e.is_order}
        return {customer: self.chance(row, then, later) for customer, row in named.items()}

    def chance(self, row: dict[str, Any], then: Rows, later: set[str | None]) -> dict[str, object]:
        scores = ("rfm_recency", "rfm_frequency", "rfm_monetary")
        cell = [c for c, old in then.items() if all(old[s] == row[s] for s in scores)]
        segment = [c for c, old in then.items() if old["segment"] == row["segment"]]
        for group in (cell, segment):
            if len(group) >= self.settings.min_customers:
                share = sum(c in later for c in group) / len(group)
                return {"chance_of_another_order": share, "opportunity_note": None}
        return {"chance_of_another_order": None, "opportunity_note": "too_few_customers"}

    def opportunities(self, facts: Facts, chance: Rows) -> Rows:
        gaps = {customer: self.gap(customer, facts) for customer in facts}
        worth: dict[str, Decimal] = {}
        for customer, gap in gaps.items():
            if (share := chance[customer]["chance_of_another_order"]) is not None:
                worth[customer] = rounded(Decimal(float(gap) * share))
        top = in_top(worth, tenths=2, among=len(facts))
        return {
            customer: {
                "opportunity_gap": gap,
                "opportunity": worth.get(customer),
                "is_top_opportunity": customer in top if customer in worth else None,
            }
            for customer, gap in gaps.items()
        }

    def gap(self, customer: str, facts: Facts) -> Decimal:
        first = facts[customer]["first_order_on"]
        cohort = cohort_of(facts, Period.of(first, "month"))
        if len(cohort) < self.settings.min_customers:
            cohort = cohort_of(facts, Period.of(first, "quarter"))
        aim = rounded(continuous_quantile(cohort, Decimal("0.75")))
        return max(ZERO, aim - facts[customer]["historical_clv_12m"])


def facts_at(shop: Shop, as_of: date) -> Facts:
    rows = facts_rows([sale for sale in shop if is_known(sale)], as_of)
    return {str(row["customer_id"]): row for row in rows}


def is_known(sale: Sale) -> bool:
    return sale.customer_id is not None


def cohort_of(facts: Facts, period: Period) -> list[Decimal]:
    return [r["historical_clv_12m"] for r in facts.values() if r["first_order_on"] in period]


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT_OF_A_CENT, rounding=ROUND_HALF_UP)
