"""The tables that this part owns: predictions, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from perenne.warehouse import MONEY, Column, TableSchema

HORIZONS = (12, 24, 36)
"""Months ahead."""


INTERVALS = ("lo50", "hi50", "lo90", "hi90")
"""Ends of the intervals that are told."""


def _per_horizon() -> Iterator[Column]:
    for months in HORIZONS:
        end = f"{months}m"
        within = f"within {months} months"
        yield Column(f"expected_orders_{end}", "float64", f"purchase days expected {within}")
        yield Column(f"p_order_{end}", "float64", f"chance of a further order {within}")
        yield Column(f"clv_{end}", MONEY, f"expected revenue {within}, net of returns, discounted")
        yield Column(f"clv_{end}_median", MONEY, "as likely to be exceeded as not")
        yield from _ends(f"clv_{end}")
        yield Column(f"clv_margin_{end}", MONEY, f"expected margin {within}; null: cost unknown")
        yield from _ends(f"clv_margin_{end}")
        yield Column(f"clv_net_{end}", MONEY, "the margin less retention spend; null: unknown")


def _totals(stem: str) -> Iterator[Column]:
    for end in INTERVALS:
        yield Column(f"{stem}_{end}", "float64", "")


def _ends(stem: str) -> Iterator[Column]:
    for end in INTERVALS:
        side = "lower" if end.startswith("lo") else "upper"
        yield Column(f"{stem}_{end}", MONEY, f"{side} end of the {end[2:]}% interval")


def _schema(name: str, meaning: str, columns: Iterable[Column], *, key: str) -> TableSchema:
    return TableSchema(name, meaning, tuple(columns), tuple(key.split()))


PREDICTIONS = _schema(
    "predictions",
    "one row per known customer: what is expected of them after the date of the snapshot",
    (
        Column("customer_id", "string", "", True),
        Column("model", "string", "contender that predicts; simple_clv below the gate", True),
        Column(
            "p_alive",
            "float64",
            "chance of still being a customer, at least that of an order; null without meaning",
        ),
        *_per_horizon(),
        Column(
            "next_order_by",
            "date",
            "day by which a further order is as likely as not, given the chances above",
        ),
        Column("next_order_note", "string", "code of why there is no such day"),
        Column("why", "string", "JSON: reasons as [code, arguments]", True),
    ),
    key="customer_id",
)
_TOGETHER = (
    Column("horizon_months", "int64", "", True),
    Column("customers", "int64", "", True),
    Column("mean", "float64", "", True),
    Column("median", "float64", "null without draws"),
    *(Column(f"{end}{level}", "float64", "") for level in (50, 90) for end in ("lo", "hi")),
    Column("margin_mean", "float64", "null where a cost is unknown"),
    Column("margin_median", "float64", "null without draws too"),
    *_totals("margin"),
    Column("margin_unknown", "int64", "customers of whom a cost is unknown"),
    Column("net_mean", "float64", "the margin less retention spend; null: unknown"),
    Column("net_median", "float64", "null without draws too"),
    *_totals("net"),
    Column("expected_orders", "float64", "", True),
)
TOTALS = _schema(
    "prediction_totals",
    "one row per group and horizon: value and margin of the group, from joint draws of customers",
    (
        Column("dimension", "string", "all | segment | channel | cohort_quarter | country", True),
        Column("value", "string", "the group; null for all customers, or unknown"),
        *_TOGETHER,
        Column("learnt_days", "int64", "days of the past forecasts that set the level and width"),
    ),
    key="dimension value horizon_months",
)
ACCOUNTS = _schema(
    "account_predictions",
    "one row per account of several customers who bought, and horizon: as `prediction_totals`",
    (Column("account_id", "string", "", True), *_TOGETHER),
    key="account_id horizon_months",
)
MONTHS = _schema(
    "prediction_months",
    "revenue and margin per month: past as it was, future by present and by new customers",
    (
        Column("month", "date", "first day of the month", True),
        Column("part", "string", "actual | existing | new | all", True),
        Column("revenue", "float64", "net of returns; the mean for a month to come", True),
        *(
            Column(f"revenue_{end}{level}", "float64", "null for the past")
            for level in (50, 90)
            for end in ("lo", "hi")
        ),
        Column("margin", "float64", "null where a cost is unknown"),
        Column("margin_lo90", "float64", ""),
        Column("margin_hi90", "float64", ""),
        Column("orders", "float64", "purchase days; of months to come, of present customers only"),
    ),
    key="month part",
)
SCORES = _schema(
    "model_scores",
    "backtest: one row per origin, horizon, contender, group and measure",
    (
        Column("origin", "date", "last day that the contender knew", True),
        Column("horizon_days", "int64", "", True),
        Column("contender", "string", "", True),
        Column("dimension", "string", "all, or what the group is of", True),
        Column("value_of_dimension", "string", "the group; null for all"),
        Column("measure", "string", "`refused` for a contender that could not be fitted", True),
        Column("value", "float64", ""),
        Column("note_en", "string", "reason of a refusal, in English"),
        Column("note_fr", "string", "the same in French"),
    ),
    key="origin horizon_days contender dimension value_of_dimension measure",
)
DECILES = _schema(
    "model_deciles",
    "backtest: customers by tenth of their prediction, predicted and actual value per customer",
    (
        Column("origin", "date", "", True),
        Column("horizon_days", "int64", "", True),
        Column("contender", "string", "", True),
        Column("decile", "int64", "1 = lowest prediction", True),
        Column("customers", "int64", "", True),
        Column("predicted", "float64", "", True),
        Column("actual", "float64", "", True),
        Column("actual_lo90", "float64", "90% interval of the actual mean; null: too few"),
        Column("actual_hi90", "float64", ""),
    ),
    key="origin horizon_days contender decile",
)
TRACKING = _schema(
    "model_tracking",
    "cumulative repeat purchase days per week, actual and expected by the champion",
    (
        Column("week", "date", "last day of the week", True),
        Column("actual", "float64", "", True),
        Column("expected", "float64", "", True),
        Column("is_holdout", "boolean", "after the last day that the model knew", True),
    ),
    key="week",
)
FREQUENCY = _schema(
    "model_frequency",
    "holdout purchase days per customer by past frequency, actual and expected",
    (
        Column("contender", "string", "", True),
        Column("frequency", "int64", "repeat purchase days until the origin; 7 = 7 or more", True),
        Column("customers", "int64", "", True),
        Column("actual", "float64", "", True),
        Column("expected", "float64", "", True),
    ),
    key="contender frequency",
)
MAP = _schema(
    "model_map",
    "what the purchase model says of a customer of the usual age, by past orders",
    (
        Column("contender", "string", "", True),
        Column("frequency", "int64", "repeat purchase days so far", True),
        Column("recency_weeks", "float64", "age at the last of them", True),
        Column("tenure_weeks", "float64", "age today: the median of the shop", True),
        Column("expected_52w", "float64", "purchase days within 52 weeks", True),
        Column("p_alive", "float64", "null where the model cannot doubt it"),
    ),
    key="contender frequency recency_weeks",
)

SUBSCRIBED = _schema(
    "subscription_predictions",
    "one row per paid subscription in force: how long it will last and what it will bring",
    (
        Column("subscription_id", "string", "", True),
        Column("customer_id", "string", "null when the source names nobody"),
        Column("plan", "string", ""),
        Column(
            "interval", "string", "billed at once: month, 3 month …; +: older than records", True
        ),
        Column("tenure", "int64", "renewals survived so far", True),
        Column("mrr", MONEY, "what it pays a month", True),
        Column("churn_next", "float64", "chance that it is not renewed next time", True),
        Column("churn_12m", "float64", "chance that it is gone in 12 months", True),
        Column("remaining_months_60m", "float64", "months expected within the next 60", True),
        Column("residual_value", "float64", "revenue still to come, discounted", True),
        Column("residual_value_lo90", "float64", "lower end of the 90% interval", True),
        Column("residual_value_hi90", "float64", "upper end of the 90% interval", True),
    ),
    key="subscription_id",
)
SUBSCRIPTION_SURVIVAL = _schema(
    "subscription_survival",
    "share of subscriptions still there after each renewal, as seen (Kaplan-Meier)",
    (
        Column("interval", "string", "", True),
        Column("cohort", "string", "all, or the year in which payment began", True),
        Column("period", "int64", "renewal, from 1", True),
        Column("at_risk", "float64", "subscriptions that faced it", True),
        Column("left", "float64", "those that ended at it", True),
        Column("survival", "float64", "", True),
        Column("low", "float64", "lower end of the 90% interval; null where nobody is left"),
        Column("high", "float64", "upper end"),
        Column("hazard", "float64", "churn at that renewal", True),
        Column("hazard_low", "float64", "lower end of the 90% interval", True),
        Column("hazard_high", "float64", "upper end", True),
    ),
    key="interval cohort period",
)
SUBSCRIPTION_SCORES = _schema(
    "subscription_scores",
    "backtest: subscriptions in force on past days, how many were expected to stay, and did",
    (
        Column("interval", "string", "", True),
        Column("origin", "date", "last day that was known", True),
        Column("renewals", "int64", "ahead of it", True),
        Column("cohort", "string", "all, or the year in which payment began", True),
        Column("in_force", "int64", "on that day", True),
        Column("expected", "float64", "of them, those expected to be there after it", True),
        Column("expected_lo90", "float64", "lower end of the 90% interval", True),
        Column("expected_hi90", "float64", "upper end", True),
        Column("last_year", "float64", "the same, if as many renewed as in the year before", True),
        Column("actual", "int64", "those who were", True),
    ),
    key="interval origin cohort",
)

PREDICTED: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (PREDICTIONS, TOTALS, ACCOUNTS, MONTHS, SCORES, DECILES, TRACKING, FREQUENCY, MAP)
}
