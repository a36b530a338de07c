"""KPIs, cohorts and historical CLV: one catalogue, one compiler, one value everywhere."""

from perenne.metrics.cohorts import CohortCell, CohortRequest, CohortRow, CohortTable
from perenne.metrics.compute import compute
from perenne.metrics.definitions import Catalogue, Metric, load_catalogue
from perenne.metrics.follow import cohorts
from perenne.metrics.learn import describe_window, learn_context, learn_inactivity
from perenne.metrics.lenses import LENSES, AuditRequest, AuditTable, Lens, audit
from perenne.metrics.levels import account_level
from perenne.metrics.requests import Compared, Figure, Interval, Request
from perenne.metrics.settings import INTERACTIONS, Context, MetricSettings, Spend
from perenne.metrics.tables.marts import MARTS, Earlier, build_marts
from perenne.metrics.tables.narrow import order_values
from perenne.metrics.tables.recurring import in_force
from perenne.metrics.tables.runs import customer_runs
from perenne.metrics.taxes import files_named, tax_exception

__all__ = [
    "INTERACTIONS",
    "LENSES",
    "MARTS",
    "AuditRequest",
    "AuditTable",
    "Catalogue",
    "CohortCell",
    "CohortRequest",
    "CohortRow",
    "CohortTable",
    "Compared",
    "Context",
    "Earlier",
    "Figure",
    "Interval",
    "Lens",
    "Metric",
    "MetricSettings",
    "Request",
    "Spend",
    "account_level",
    "audit",
    "build_marts",
    "cohorts",
    "compute",
    "customer_runs",
    "describe_window",
    "files_named",
    "in_force",
    "learn_context",
    "learn_inactivity",
    "load_catalogue",
    "order_values",
    "tax_exception",
]
