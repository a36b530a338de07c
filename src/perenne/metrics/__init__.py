"""KPIs, cohorts and historical CLV: one catalogue, one compiler, one value everywhere."""

from perenne.metrics.cohorts import CohortCell, CohortRequest, CohortRow, CohortTable
from perenne.metrics.compute import compute
from perenne.metrics.definitions import Catalogue, Metric, load_catalogue
from perenne.metrics.follow import cohorts
from perenne.metrics.learn import describe_window, learn_context, learn_inactivity
from perenne.metrics.lenses import LENSES, AuditRequest, AuditTable, Lens, audit
from perenne.metrics.requests import Compared, Figure, Request
from perenne.metrics.settings import Context, MetricSettings, Spend
from perenne.metrics.tables.marts import MARTS, build_marts

__all__ = [
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
    "Figure",
    "Lens",
    "Metric",
    "MetricSettings",
    "Request",
    "Spend",
    "audit",
    "build_marts",
    "cohorts",
    "compute",
    "describe_window",
    "learn_context",
    "learn_inactivity",
    "load_catalogue",
]
